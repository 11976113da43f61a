using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>What differs between the driver's sources of 6.1, 6.12 and 7.2, apart from the ops.</summary>
internal abstract class AppleDartTree
{
    private static readonly AppleDartTree V61 = new Tree61();
    private static readonly AppleDartTree V612 = new Tree612();
    private static readonly AppleDartTree V72 = new Tree72();

    /// <summary>Units a device may have streams on (MAX_DARTS_PER_DEVICE).</summary>
    public virtual int UnitsPerDevice => 2;

    public static AppleDartTree Of(KernelTree tree) => tree switch
    {
        KernelTree.V6_1 => V61,
        KernelTree.V6_12 => V612,
        _ => V72,
    };

    /// <summary>
    /// 0 when the driver knows units of this kind, else -ENODEV. The four-level unit counts as unknown before
    /// 7.2: the library of 6.12 refuses its 42 bits, so that each paging domain would be -ENOMEM and no scan
    /// could succeed.
    /// </summary>
    public abstract Errno Knows(AppleDartVariant variant);

    /// <summary>How the tables of a unit are cut; null when the library refuses the widths.</summary>
    public virtual DartGeometry? Geometry(in DartTableConfig config) =>
        DartGeometry.TwoLevel(config.PageShift, config.Ias);

    public virtual DartEncoding Encoding(DartFormat format) =>
        format == DartFormat.Dart1 ? new Dart1Encoding() : new Dart2Encoding(alwaysNoCache: true);

    /// <summary>apple_dart_of_xlate: may a device have streams on both units? -EINVAL when not.</summary>
    public abstract Errno CheckPair(DartUnit first, DartUnit next);

    /// <summary>Whether the identity type works for a device.</summary>
    public virtual bool SupportsBypass(AppleDartMaster master) => master.First.SupportsBypass;

    private class Tree612 : AppleDartTree
    {
        public override Errno Knows(AppleDartVariant variant) =>
            variant.Layout == DartLayout.T8110 && variant.Ias > 38 ? Errno.ENODEV : Errno.OK;

        public override Errno CheckPair(DartUnit first, DartUnit next) =>
            first.Config.PageShift == next.Config.PageShift && first.SupportsBypass == next.SupportsBypass
                ? Errno.OK
                : Errno.EINVAL;
    }

    /// <summary>It compares force_bypass too, which the page size already decides.</summary>
    private sealed class Tree61 : Tree612
    {
        public override Errno Knows(AppleDartVariant variant) =>
            variant.Layout == DartLayout.T8110 ? Errno.ENODEV : Errno.OK;
    }

    private sealed class Tree72 : AppleDartTree
    {
        public override int UnitsPerDevice => 3;

        public override Errno Knows(AppleDartVariant variant) => Errno.OK;

        public override DartGeometry? Geometry(in DartTableConfig config) =>
            DartGeometry.Levelled(config.PageShift, config.Ias);

        public override DartEncoding Encoding(DartFormat format) =>
            format == DartFormat.Dart1 ? new Dart1Encoding() : new Dart2Encoding(alwaysNoCache: false);

        public override Errno CheckPair(DartUnit first, DartUnit next) =>
            first.Config.PageShift == next.Config.PageShift && first.Config.Ias == next.Config.Ias
                ? Errno.OK
                : Errno.EINVAL;

        public override bool SupportsBypass(AppleDartMaster master) => master.AllBypass;
    }
}
