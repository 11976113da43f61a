using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The driver as the suite builds it.</summary>
public sealed class IntelVtdFactory : IDriverFactory
{
    public const string DriverName = "intel-vtd";

    /// <summary>
    /// Where tables and queues lie; scenario data rarely goes there, and nothing depends on it.
    /// </summary>
    private const ulong TableMemory = 0x70_0000_0000;

    private readonly VtdSteps steps;

    public IntelVtdFactory()
        : this(new VtdSteps())
    {
    }

    /// <summary>With one step replaced: a specimen.</summary>
    internal IntelVtdFactory(VtdSteps steps) => this.steps = steps;

    public string Name => DriverName;

    public IReadOnlyList<string> Variants => VtdVariants.All;

    public DriverProfile Profile(KernelTree tree, string variant) => IntelVtdProfile.Of(tree, variant);

    public IDriverStack Create(DriverContext context) => CreateStack(context);

    /// <summary>
    /// The same, for tests that look at registers and memory or bring register values of their own.
    /// </summary>
    public IntelVtdStack CreateStack(
        DriverContext context,
        ulong tableMemory = TableMemory,
        Func<string, VtdCapabilities>? capabilitiesOf = null) =>
        new(context, tableMemory, capabilitiesOf ?? VtdVariants.Of, steps);
}
