using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The Apple DART driver with its units. Source: drivers/iommu/apple-dart.c, io-pgtable-dart.c.
/// </summary>
public sealed class AppleDartFactory : IDriverFactory
{
    internal const string DriverName = "apple-dart";

    private readonly AppleDartSteps steps;

    public AppleDartFactory()
        : this(AppleDartSteps.Real)
    {
    }

    /// <param name="steps">The driver's steps, one of them changed.</param>
    internal AppleDartFactory(AppleDartSteps steps) => this.steps = steps;

    public string Name => DriverName;

    public IReadOnlyList<string> Variants { get; } = [.. AppleDartVariant.All.Select(v => v.Name)];

    /// <summary>
    /// The driver of 6.1 with the change that Linux made in v6.6 against the DMA_FQ regression: any type that
    /// is neither identity nor blocked is attached as paging. Its profile knows DMA_FQ and ignores nothing.
    /// </summary>
    public static AppleDartFactory WithDmaFqCure() => new(new CuredSteps());

    public DriverProfile Profile(KernelTree tree, string variant)
    {
        var profile = AppleDartProfile.Of(tree, AppleDartVariant.Of(variant));
        return steps.AttachesUnknownTypes ? AppleDartProfile.Cured(profile) : profile;
    }

    public IDriverStack Create(DriverContext context) => new AppleDartStack(context, steps);

    private sealed class CuredSteps : AppleDartSteps
    {
        public override bool AttachesUnknownTypes => true;
    }
}
