using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// Width, depth and page sizes that 7.2 derives from a unit for a new domain (intel/iommu.c:
/// intel_iommu_domain_alloc_first_stage, intel_iommu_domain_alloc_second_stage), and the test of other units
/// against them (paging_domain_compatible).
/// </summary>
/// <param name="FirstStage">First stage, else second.</param>
/// <param name="Levels">Depth, 3 to 5.</param>
/// <param name="Width">Bits of IOVA.</param>
/// <param name="Sizes">Leaf sizes.</param>
public readonly record struct VtdTableShape(bool FirstStage, int Levels, int Width, PageSizes Sizes)
{
    private const ulong Size4K = 1UL << 12;
    private const ulong Size2M = 1UL << 21;
    private const ulong Size1G = 1UL << 30;

    /// <summary>The shape for a unit; no levels when the unit has no usable depth (-EINVAL).</summary>
    public static VtdTableShape Of(VtdCapabilities capabilities, bool firstStage) =>
        firstStage ? OfFirst(capabilities) : OfSecond(capabilities);

    /// <summary>
    /// Can a table of this shape serve the unit? Coherency and page sizes bind one way only: a table cleaned
    /// to
    /// memory serves a snooping unit, a table without large leaves serves a unit that has them.
    /// </summary>
    public bool Suits(VtdCapabilities capabilities, bool builtCoherent, bool builtWithSyncMap)
    {
        if ((builtCoherent && !capabilities.IsPagingCoherent)
            || (Sizes.Bitmap & ~SizesOf(capabilities, FirstStage)) != 0)
        {
            return false;
        }

        if (FirstStage)
        {
            return capabilities.HasFirstStage
                && (Levels < 5 || capabilities.HasFirstStage5Level)
                && (builtWithSyncMap || !capabilities.HasWriteBuffer);
        }

        return capabilities.HasSecondStage
            && capabilities.Mgaw >= Width
            && capabilities.SupportsAw(Levels - 2)
            && (builtWithSyncMap || !(capabilities.HasWriteBuffer || capabilities.IsCaching));
    }

    private static VtdTableShape OfFirst(VtdCapabilities capabilities)
    {
        var five = capabilities.Mgaw > 48 && capabilities.HasFirstStage5Level;
        return new VtdTableShape(
            FirstStage: true, five ? 5 : 4, five ? 57 : Math.Min(48, capabilities.Mgaw),
            new PageSizes(SizesOf(capabilities, firstStage: true)));
    }

    /// <summary>
    /// The exact depth is taken only when the unit has no deeper one; otherwise the next deeper it has.
    /// </summary>
    private static VtdTableShape OfSecond(VtdCapabilities capabilities)
    {
        for (var aw = 3; aw >= 1; aw--)
        {
            var enough = aw == 3 ? capabilities.SupportsAw(3) : capabilities.Sagaw >> aw != 0;
            if (capabilities.Mgaw <= 21 + (9 * aw) || !enough)
            {
                continue;
            }

            var depth = aw;
            var deeper = capabilities.Sagaw >> (aw + 1);
            if (deeper != 0)
            {
                depth += 1 + System.Numerics.BitOperations.TrailingZeroCount(deeper);
            }

            return new VtdTableShape(
                FirstStage: false, depth + 2, Math.Min(VtdCapabilities.WidthOfAw(aw), capabilities.Mgaw),
                new PageSizes(SizesOf(capabilities, firstStage: false)));
        }

        return default;
    }

    private static ulong SizesOf(VtdCapabilities capabilities, bool firstStage)
    {
        if (firstStage)
        {
            return Size4K | Size2M | (capabilities.HasFirstStage1G ? Size1G : 0);
        }

        return Size4K | ((capabilities.LargePages & 1) != 0 ? Size2M : 0)
            | ((capabilities.LargePages & 2) != 0 ? Size1G : 0);
    }
}
