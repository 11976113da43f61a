using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The address translation cache of one PCI function (PCIe base specification, ATS): what its translation
/// requests
/// brought, by PASID. Kept until an invalidation request; switching ATS off stops its use but drops nothing.
/// </summary>
public sealed class SmmuAtc
{
    /// <summary>Tag of entries that were asked for without PASID.</summary>
    private const ulong NoPasid = ulong.MaxValue;

    private const int PageShift = 12;

    private readonly TaggedCache<ArmLpaeLeaf> entries = new();
    private readonly List<ulong> tags = [];

    /// <summary>ATS control register of the function: Enable.</summary>
    public bool Enabled { get; set; }

    public bool TryGet(bool ssv, uint ssid, ulong va, out ArmLpaeLeaf leaf) =>
        entries.TryGet(ssv ? ssid : NoPasid, va >> PageShift, out leaf);

    /// <summary>Keeps one 4 KiB page of a translation.</summary>
    public void Put(bool ssv, uint ssid, ulong va, in ArmLpaeLeaf leaf)
    {
        var tag = ssv ? ssid : NoPasid;
        if (!tags.Contains(tag))
        {
            tags.Add(tag);
        }

        var inside = va & ((1UL << leaf.Shift) - 1) & ~((1UL << PageShift) - 1);
        entries.Put(tag, va >> PageShift, leaf with { Base = leaf.Base + inside, Shift = PageShift });
    }

    /// <summary>
    /// Invalidation request for 2^<paramref name="size"/> pages from the aligned address; without PASID it
    /// drops
    /// the pages of every PASID too. Size 52 is everything.
    /// </summary>
    public void Invalidate(bool ssv, uint ssid, ulong address, int size)
    {
        var span = size >= 52 ? ulong.MaxValue : (1UL << size) - 1;
        var first = size >= 52 ? 0 : (address >> PageShift) & ~span;
        foreach (var tag in tags)
        {
            if (!ssv || tag == ssid)
            {
                entries.DropRange(tag, first, size >= 52 ? ulong.MaxValue : first + span);
            }
        }
    }
}
