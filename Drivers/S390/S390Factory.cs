using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>The driver as the suite builds it.</summary>
/// <param name="build">Makes the software half; null for the real one of the tree. Specimens pass their
/// own.</param>
public sealed class S390Factory(Func<S390Zpci, S390Driver>? build = null) : IDriverFactory
{
    public string Name => S390Driver.DriverName;

    public IReadOnlyList<string> Variants => S390Firmware.Variants;

    public DriverProfile Profile(KernelTree tree, string variant) => S390Profile.Of(tree, variant);

    public IDriverStack Create(DriverContext context) => CreateStack(context);

    /// <summary>
    /// The same, for tests that look at registers and memory or bring firmware of their own.
    /// </summary>
    public S390Stack CreateStack(
        DriverContext context,
        ulong tableMemory = S390Zpci.TableMemory,
        Func<string, S390Firmware>? firmwareOf = null)
    {
        var zpci = new S390Zpci(context, tableMemory, firmwareOf);
        return new S390Stack(zpci, build is null ? Real(zpci) : build(zpci));
    }

    private static S390Driver Real(S390Zpci zpci) => zpci.Context.Tree switch
    {
        KernelTree.V6_1 => new S390Driver61(zpci),
        KernelTree.V6_12 => new S390Driver612(zpci),
        _ => new S390Driver72(zpci),
    };
}
