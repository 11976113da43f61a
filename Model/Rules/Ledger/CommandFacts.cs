using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Rules;

/// <summary>One attach call of the command at hand.</summary>
public readonly record struct AttachCall(int Device, DomainId Domain, DomainId Old, Errno Errno);

/// <summary>One PASID call of the command at hand.</summary>
public readonly record struct PasidCall(int Device, uint Pasid, DomainId Domain, DomainId Old, Errno Errno);

/// <summary>What the trace has shown of the command at hand, and how things stood before it.</summary>
public sealed class CommandFacts
{
    /// <summary>Number of the command since the start of the run, from 1.</summary>
    public int Number { get; internal set; }

    public Command Command { get; internal set; }

    public Op Op => Command.Op;

    /// <summary>The group it is about, -1 for none.</summary>
    public int Group { get; internal set; }

    /// <summary>The device it is about, -1 for none.</summary>
    public int Device { get; internal set; }

    /// <summary>The domain it names, NULL for none.</summary>
    public DomainId Named { get; internal set; }

    public bool Ended { get; internal set; }

    public Errno Errno { get; internal set; }

    public bool NoOp { get; internal set; }

    /// <summary>It ended without error and was no no-op.</summary>
    public bool Done => Ended && !NoOp && Errno == Errno.OK;

    /// <summary>It ended with an error and was no no-op.</summary>
    public bool Refused => Ended && !NoOp && Errno != Errno.OK;

    // ---- before it ----

    public DomainId DomainBefore { get; internal set; }

    public DomainId DefaultBefore { get; internal set; }

    public DomainType DefaultTypeBefore { get; internal set; }

    public DomainId BlockingBefore { get; internal set; }

    public int OwnerBefore { get; internal set; }

    public int OwnerCountBefore { get; internal set; }

    public int BoundBefore { get; internal set; }

    public bool MisusedBefore { get; internal set; }

    public int MembersBefore { get; internal set; }

    /// <summary>Reset depth of <see cref="Device"/>.</summary>
    public int DepthBefore { get; internal set; }

    // ---- during it ----

    public List<AttachCall> Calls { get; } = [];

    public List<PasidCall> PasidCalls { get; } = [];

    /// <summary>detach_dev and set_platform_dma_ops.</summary>
    public int PlatformCalls { get; internal set; }

    /// <summary>Driver calls that move devices.</summary>
    public int Moves => Calls.Count + PlatformCalls;

    public int FailedAttaches { get; internal set; }

    public int SetDomains { get; internal set; }

    /// <summary>Error of the last failed set-domain.</summary>
    public Errno SetDomainErrno { get; internal set; }

    /// <summary>Bit per WarnCode.</summary>
    public uint Warns { get; internal set; }

    /// <summary>Devices that joined a group.</summary>
    public List<int> Joined { get; } = [];

    /// <summary>Groups with a changed record, a join or an attach.</summary>
    public List<int> Dirty { get; } = [];

    /// <summary>The map request of a map command.</summary>
    public Request Map { get; internal set; }

    /// <summary>The unmap request of an unmap command.</summary>
    public Request Unmap { get; internal set; }

    /// <summary>The look-up of an iova_to_phys command: Bytes is the address found.</summary>
    public Request Lookup { get; internal set; }

    public bool Warned(Tracing.WarnCode code) => (Warns & (1U << (int)code)) != 0;

    internal void Begin(int number, in Command command)
    {
        Number = number;
        Command = command;
        Group = Device = -1;
        Named = DomainId.None;
        Ended = NoOp = MisusedBefore = false;
        Errno = SetDomainErrno = Errno.OK;
        DomainBefore = DefaultBefore = BlockingBefore = DomainId.None;
        DefaultTypeBefore = default;
        OwnerBefore = OwnerCountBefore = BoundBefore = MembersBefore = DepthBefore = 0;
        PlatformCalls = FailedAttaches = SetDomains = 0;
        Warns = 0;
        Map = Unmap = Lookup = default;
        Calls.Clear();
        PasidCalls.Clear();
        Joined.Clear();
        Dirty.Clear();
    }
}

/// <summary>
/// One request of iommu_map, iommu_unmap or iommu_iova_to_phys. Domain NULL: there was none.
/// </summary>
public readonly record struct Request(
    DomainId Domain, ulong Iova, ulong Size, ulong Bytes, Errno Errno, bool Fast)
{
    /// <summary>
    /// The range goes round the end of the address space: no caller's request, nothing is promised.
    /// </summary>
    public bool Wraps => Size != 0 && Size - 1 > ulong.MaxValue - Iova;

    /// <summary>
    /// Last byte of the range, cut at the end of the address space; meaningless for size 0.
    /// </summary>
    public ulong Last => End(Iova, Size);

    public bool Holds(ulong iova) => Size != 0 && iova >= Iova && iova <= Last;

    /// <summary>Among the first <see cref="Bytes"/> bytes.</summary>
    public bool Removed(ulong iova) => Bytes != 0 && iova >= Iova && iova <= End(Iova, Bytes);

    public static ulong End(ulong first, ulong size) =>
        size - 1 > ulong.MaxValue - first ? ulong.MaxValue : first + (size - 1);
}

/// <summary>The set-domain operation in progress, or the last one.</summary>
public sealed class SetDomainFacts
{
    public bool Active { get; internal set; }

    public int Group { get; internal set; } = -1;

    public DomainId Target { get; internal set; }

    public DomainId Old { get; internal set; }

    public bool Must { get; internal set; }

    /// <summary>Index of its first call among the calls of the command.</summary>
    public int FirstCall { get; internal set; }
}
