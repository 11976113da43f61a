using C = Conformance.Drivers.IntelVtd.VtdCapabilities;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The hardware variants that scenarios can name, as register values.</summary>
public static class VtdVariants
{
    public const string Legacy = "legacy";
    public const string LegacyCaching = "legacy-caching";
    public const string ScalableFirstStage = "scalable-first-stage";
    public const string ScalableSecondStage = "scalable-second-stage";
    public const string LegacyNoncoherent = "legacy-noncoherent";
    public const string NoPassthrough = "no-passthrough";

    /// <summary>Tables of 39 and 48 bits.</summary>
    private const uint Sagaw48 = 0b00110;

    private const ulong Large = C.Large2M | C.Large1G;
    private const ulong Server = C.Coherent | C.Queue | C.DeviceTlb | C.PassThrough | C.SnoopControl;
    private const ulong Pasids = C.PasidSupport | (19UL << 35);
    private const ulong ScalableServer = Server | C.Scalable | C.ScalableCoherent | Pasids;

    /// <summary>In the order scenarios offer them; the first is the default.</summary>
    public static readonly IReadOnlyList<string> All =
        [Legacy, LegacyCaching, ScalableFirstStage, ScalableSecondStage, LegacyNoncoherent, NoPassthrough];

    private static readonly C[] Capabilities =
    [
        new(C.CapOf(2, Sagaw48, 48, Large | C.PageSelective), C.EcapOf(Server)),
        new(C.CapOf(2, Sagaw48, 48, Large | C.PageSelective | C.Caching), C.EcapOf(Server)),
        new(C.CapOf(6, Sagaw48, 48, Large | C.PageSelective | C.FirstStage1G | C.RootInvalidates),
            C.EcapOf(ScalableServer | C.FirstStage | C.SecondStage | C.Nesting | C.SecondStageDirty)),
        new(C.CapOf(6, Sagaw48, 48, Large | C.PageSelective | C.RootInvalidates),
            C.EcapOf(ScalableServer | C.SecondStage)),
        //// An early chipset: no queue, no snooping of the walker, 14 usable domain ids, a write buffer.
        new(C.CapOf(0, Sagaw48, 48, C.Large2M | C.WriteBuffer), C.EcapOf(C.PassThrough)),
        new(C.CapOf(2, Sagaw48, 48, Large | C.PageSelective), C.EcapOf(Server & ~C.PassThrough)),
    ];

    /// <summary>Register values of a variant; an unknown word is an error of the scenario.</summary>
    public static C Of(string variant)
    {
        for (var i = 0; i < All.Count; i++)
        {
            if (string.Equals(All[i], variant, StringComparison.Ordinal))
            {
                return Capabilities[i];
            }
        }

        throw new ArgumentException($"intel-vtd has no variant {variant}", nameof(variant));
    }
}
