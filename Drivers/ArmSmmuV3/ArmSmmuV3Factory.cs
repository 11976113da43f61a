using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>arm-smmu-v3 as the suite knows it.</summary>
/// <param name="steps">Single steps; a specimen passes its own.</param>
public sealed class ArmSmmuV3Factory(SmmuSteps steps) : IDriverFactory
{
    public const string DriverName = "arm-smmu-v3";

    public const string Stage1 = "s1";
    public const string Stage2 = "s2";
    public const string Linear = "s1-noril-linear";
    public const string Granule64 = "s1-64k";
    public const string NonCoherent = "s1-noncoherent";

    public ArmSmmuV3Factory()
        : this(SmmuSteps.Normal)
    {
    }

    public string Name => DriverName;

    public IReadOnlyList<string> Variants { get; } = [Stage1, Stage2, Linear, Granule64, NonCoherent];

    public DriverProfile Profile(KernelTree tree, string variant) =>
        ArmSmmuV3Profile.Of(tree, variant, BuildOf(variant));

    public IDriverStack Create(DriverContext context) => new ArmSmmuV3Stack(context, steps);

    /// <summary>The hardware of a variant.</summary>
    public static SmmuBuild BuildOf(string variant) => variant switch
    {
        Stage1 => SmmuBuild.Stage1,
        Stage2 => SmmuBuild.Stage2,
        Linear => SmmuBuild.Linear,
        Granule64 => SmmuBuild.Granule64,
        NonCoherent => SmmuBuild.NonCoherent,
        _ => throw new ArgumentException($"arm-smmu-v3 has no variant {variant}", nameof(variant)),
    };
}
