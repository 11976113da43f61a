using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// What 6.x derives from all units of the machine together, and what its identity table covers.
/// </summary>
/// <param name="Units">Capabilities of every unit of this driver.</param>
/// <param name="Regions">Firmware regions (RMRR) of all devices.</param>
internal sealed record Machine(IReadOnlyList<VtdCapabilities> Units, IReadOnlyList<ResvRegion> Regions)
{
    /// <summary>What the simulated machine has as RAM, from address 0.</summary>
    public const ulong RamBytes = 64UL << 20;

    public static Machine Of(Topology topology) => Of(topology, VtdVariants.Of);

    public static Machine Of(Topology topology, Func<string, VtdCapabilities> capabilitiesOf) =>
        new(
            [.. topology.InstancesOf(IntelVtdFactory.DriverName)
                .Select(i => capabilitiesOf(topology.Instances[i.Index].Variant))],
            [.. topology.Devices
                .Where(d => string.Equals(
                    topology.InstanceOf(d).Driver, IntelVtdFactory.DriverName, StringComparison.Ordinal))
                .SelectMany(d => d.Regions)
                .Where(r => r.Type is ResvType.Direct or ResvType.DirectRelaxable)]);

    public bool All(Predicate<VtdCapabilities> test)
    {
        foreach (var unit in Units)
        {
            if (!test(unit))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Large leaves that all units have: 0 none, 1 2 MiB, 2 also 1 GiB (domain_update_iommu_superpage).
    /// </summary>
    public int CommonLargeLevels(bool firstStage)
    {
        if (firstStage)
        {
            return All(u => u.HasFirstStage1G) ? 2 : 1;
        }

        var common = 3u;
        foreach (var unit in Units)
        {
            common &= unit.LargePages;
        }

        return common == 0 ? 0 : System.Numerics.BitOperations.Log2(common) + 1;
    }

    /// <summary>
    /// First stage when every unit is scalable and either all have only that stage, or all have both and the
    /// domain is not UNMANAGED (first_level_by_default).
    /// </summary>
    public bool UsesFirstStage(DomainType type)
    {
        if (!All(u => u.IsScalable))
        {
            return false;
        }

        var first = All(u => u.HasFirstStage);
        var second = All(u => u.HasSecondStage);
        return first != second ? first : type != DomainType.Unmanaged;
    }

    /// <summary>
    /// RAM and firmware regions in whole pages, ascending, without overlaps (6.1: si_domain_init).
    /// </summary>
    public IReadOnlyList<(ulong First, ulong Last)> IdentityRanges()
    {
        var ranges = new List<(ulong First, ulong Last)> { (0, RamBytes - 1) };
        foreach (var region in Regions.OrderBy(r => r.Start.Value))
        {
            var first = region.Start.Value & ~0xfffUL;
            var last = region.End | 0xfff;
            var (before, end) = ranges[^1];
            if (first > end + 1)
            {
                ranges.Add((first, last));
            }
            else if (last > end)
            {
                ranges[^1] = (before, last);
            }
        }

        return ranges;
    }
}
