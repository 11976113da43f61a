using Conformance.Model.Contract;

namespace Conformance.Model.Rules;

/// <summary>A run of an area: IOVA and where in memory. Pa all ones: the memory does not exist.</summary>
public readonly record struct AreaRun(ulong First, ulong Last, ulong Pa);

/// <summary>A range of IOVA that is reserved for a device (index, else -1) or for a domain.</summary>
public readonly record struct ReservedRange(ulong First, ulong Last, int Device, DomainId Domain);

/// <summary>A domain that shows an IOAS.</summary>
public readonly record struct HwptLink(DomainId Domain, bool Automatic);

/// <summary>What the trace has shown of one IOAS.</summary>
public sealed class IoasFacts(int slot)
{
    public int Slot { get; } = slot;

    public List<AreaRun> Areas { get; } = [];

    public List<ReservedRange> Reserved { get; } = [];

    public List<HwptLink> Hwpts { get; } = [];

    internal void Reset()
    {
        Areas.Clear();
        Reserved.Clear();
        Hwpts.Clear();
    }

    public override string ToString() => $"A{Slot}";
}
