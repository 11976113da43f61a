using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Rules;

/// <summary>What the last successful calls left a device on.</summary>
public enum AttachState : byte
{
    /// <summary>Not probed, or probed and never attached.</summary>
    Never,

    /// <summary>On the domain of its last successful attach.</summary>
    Attached,

    /// <summary>Handed back by detach_dev or set_platform_dma_ops.</summary>
    Platform,

    /// <summary>release_device was called.</summary>
    Released,
}

/// <summary>Why the place of a device is not what its group's record says, or cannot be told.</summary>
public enum Trouble : byte
{
    None,

    /// <summary>
    /// An ordinary attach failed and the driver declares that it does not keep the old domain then.
    /// </summary>
    Refused,

    /// <summary>
    /// A must-succeed attach or a rollback failed, the driver ignored an unknown type, or it was seen
    /// elsewhere.
    /// </summary>
    Stuck,

    /// <summary>Parked on the group's blocking domain after such a failure.</summary>
    Rescued,
}

/// <summary>A firmware region that is to be mapped to itself.</summary>
public readonly record struct DirectRange(ulong Start, ulong Last, Prot Prot, bool Relaxable);

/// <summary>One PASID of a device. Domain NULL: it was attached and is detached now.</summary>
public readonly record struct PasidFact(uint Pasid, DomainId Domain);

/// <summary>What a profile says of the addresses a device can use.</summary>
public sealed class AddressFacts(DriverProfile profile)
{
    private readonly ulong firstUntranslated = profile.Untranslated?.First ?? 1;
    private readonly ulong lastUntranslated = profile.Untranslated?.Last ?? 0;
    private readonly ulong firstInWindow = profile.DmaWindow?.First ?? 0;
    private readonly ulong lastInWindow = profile.DmaWindow?.Last ?? ulong.MaxValue;
    private readonly ulong mask = (profile.Masks & IovaMasking.Dma) != 0 ? profile.IovaLast : ulong.MaxValue;

    /// <summary>Never translated: nothing can be said.</summary>
    public bool IsUntranslated(ulong iova) => iova >= firstUntranslated && iova <= lastUntranslated;

    /// <summary>The fabric lets the device use the address at all.</summary>
    public bool IsInWindow(ulong iova) => iova >= firstInWindow && iova <= lastInWindow;

    /// <summary>
    /// A physical address that identity is to reach. A unit on which identity reaches nothing at all is not
    /// excused by declaring it.
    /// </summary>
    public bool IsIdentityReach(ulong iova) =>
        iova <= profile.PaLast
        && (profile.IdentityRanges is { Count: 0 } || profile.IdentityReaches(new Iova(iova)));

    /// <summary>The address the hardware's walk uses.</summary>
    public ulong InWalk(ulong iova) => iova & mask;
}

/// <summary>What the trace has shown of one device.</summary>
public sealed class DeviceFacts(int index, DeviceSpec spec, DriverProfile profile, string driver)
{
    public int Index { get; } = index;

    public DeviceSpec Spec { get; } = spec;

    /// <summary>What the driver of its instance declares.</summary>
    public DriverProfile Profile { get; } = profile;

    /// <summary>Name of the driver of its instance.</summary>
    public string Driver { get; } = driver;

    /// <summary>What the profile says of addresses, in a form that is quick to ask.</summary>
    public AddressFacts Addresses { get; } = new(profile);

    /// <summary>Group, -1 for none.</summary>
    public int Group { get; internal set; } = -1;

    public AttachState State { get; internal set; }

    /// <summary>Domain of the last successful attach.</summary>
    public DomainId Domain { get; internal set; }

    /// <summary>Paging domain it was on before that, NULL for none.</summary>
    public DomainId Left { get; internal set; }

    public Trouble Trouble { get; internal set; }

    /// <summary>attach_dev was tried since probe_device.</summary>
    public bool Tried { get; internal set; }

    /// <summary>Number of the command that called attach_dev for it last.</summary>
    public int CalledIn { get; internal set; }

    /// <summary>It was in a group since probe_device.</summary>
    public bool Joined { get; internal set; }

    /// <summary>The first attach waits for the first DMA mapping.</summary>
    public bool Deferred { get; internal set; }

    /// <summary>A kernel driver is bound.</summary>
    public bool Bound { get; internal set; }

    /// <summary>Depth of reset_prepare, from the commands.</summary>
    public int ResetDepth { get; internal set; }

    /// <summary>On the blocking domain for a reset.</summary>
    public bool Staged { get; internal set; }

    /// <summary>It has a DIRECT region that is not relaxable.</summary>
    public bool RequiresDirect { get; internal set; }

    /// <summary>Domains into which its regions could not be mapped.</summary>
    public List<DomainId> DirectFailed { get; } = [];

    public List<DirectRange> Direct { get; } = [];

    public List<PasidFact> Pasids { get; } = [];

    /// <summary>The domain of the HWPT it is attached to, NULL for none.</summary>
    public DomainId Hwpt { get; internal set; }

    /// <summary>The IOAS which that HWPT shows; without meaning when there is none.</summary>
    public int Ioas { get; internal set; }

    /// <summary>It certainly is on <see cref="Domain"/>.</summary>
    public bool IsPlaced => State == AttachState.Attached && Trouble is Trouble.None or Trouble.Rescued;

    /// <summary>Set when the device is probed: nothing of an earlier life counts.</summary>
    internal void Begin()
    {
        State = AttachState.Never;
        Domain = Left = DomainId.None;
        Trouble = Trouble.None;
        Tried = Joined = Deferred = Bound = Staged = RequiresDirect = false;
        ResetDepth = CalledIn = 0;
        Direct.Clear();
        DirectFailed.Clear();
        Pasids.Clear();
    }

    internal void Reset()
    {
        Begin();
        Group = -1;
        Hwpt = DomainId.None;
    }

    public override string ToString() => $"d{Index}";
}

/// <summary>What the trace has shown of one domain.</summary>
public sealed class DomainFacts
{
    public DomainId Id { get; internal set; }

    public DomainType Type { get; internal set; }

    /// <summary>Flags it was allocated with.</summary>
    public AllocFlags Flags { get; internal set; }

    /// <summary>The op with flags made it.</summary>
    public bool ByFlagsOp { get; internal set; }

    /// <summary>Name of the driver that made it; NULL when the trace does not tell.</summary>
    public string? Driver { get; internal set; }

    /// <summary>What that driver declares.</summary>
    public DriverProfile? Profile { get; internal set; }

    public bool Static { get; internal set; }

    public bool Freed { get; internal set; }

    /// <summary>A client had it allocated: only that client maps into it.</summary>
    public bool OfClient { get; internal set; }

    /// <summary>Number of devices and PASIDs whose last successful attach is this domain.</summary>
    public int Attached { get; internal set; }

    /// <summary>Groups (modulo 64) a device of which was attached to it with success.</summary>
    public ulong Groups { get; internal set; }

    /// <summary>Groups (modulo 64) whose users asked for it by name.</summary>
    public ulong AskedFor { get; internal set; }

    /// <summary>
    /// Group (modulo 64) whose core made it for its own use; all when the trace does not tell.
    /// </summary>
    public ulong Home { get; internal set; }

    /// <summary>Expected translation.</summary>
    public TranslationMap Map { get; } = new();

    /// <summary>Ranges unmapped without sync.</summary>
    public List<(ulong First, ulong Last)> Pending { get; } = [];

    public bool IsBlocked => Type == DomainType.Blocked;

    internal void Reset(DomainId id)
    {
        Id = id;
        Type = default;
        Flags = AllocFlags.None;
        Driver = null;
        Profile = null;
        Static = Freed = ByFlagsOp = OfClient = false;
        Attached = 0;
        Groups = AskedFor = 0;
        Home = ulong.MaxValue;
        Map.Reset();
        Pending.Clear();
    }

    public override string ToString() => $"{Id} ({Type.Text()})";
}
