using Conformance.Drivers.PageTables;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>The inclusive end of the aperture is taken for the first byte behind it.</summary>
internal sealed class S390EndExclusive(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override S390Domain NewDomain(int rootLevel) => new Domain(this, rootLevel);

    private sealed class Domain(S390Driver driver, int rootLevel) : S390Domain612(driver, rootLevel)
    {
        protected override bool IsOutside(ulong iova, ulong size) =>
            iova < Aperture.Start || iova >= Aperture.End || size > Aperture.End - iova;
    }
}

/// <summary>Leaving a domain frees its tables, as was right for the private arch table of 6.1.</summary>
internal sealed class S390FreesOldTable(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override void LeaveCurrent(IommuDevice dev, S390Function function)
    {
        var old = function.Domain;
        base.LeaveCurrent(dev, function);
        old?.Table.Free();
    }
}

/// <summary>The sync tells "nothing gathered" by the start of the range instead of its end.</summary>
internal sealed class S390SyncByStart(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override S390Domain NewDomain(int rootLevel) => new Domain(this, rootLevel);

    private sealed class Domain(S390Driver driver, int rootLevel) : S390Domain612(driver, rootLevel)
    {
        protected override bool IsNothingGathered(IotlbGather gather) => gather.Start == 0;
    }
}

/// <summary>The first function attached sets the bounds of a domain that may have mappings already.</summary>
internal sealed class S390ShrinksAperture(S390Zpci zpci) : S390Driver72(zpci)
{
    public override Errno Attach(IommuDevice dev, S390Domain domain)
    {
        var errno = base.Attach(dev, domain);
        if (errno == Errno.OK && domain.Functions is [var function])
        {
            domain.SetAperture(function.StartDma, function.EndDma);
        }

        return errno;
    }
}

/// <summary>The path of a refused attach does not unregister.</summary>
internal sealed class S390KeepsRefused(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override Errno Refuse(S390Function function, Errno errno) => errno;
}

/// <summary>The designation in the anchor is always that of a region-third root.</summary>
internal sealed class S390AlwaysRegionThird(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override ulong Anchor(S390Domain domain) =>
        S390Format.Anchor(domain.Table.Root, S390Format.RegionThird);
}

/// <summary>New mappings are never announced to functions that cache "not valid".</summary>
internal sealed class S390NoRefreshAfterMap(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override S390Domain NewDomain(int rootLevel) => new Domain(this, rootLevel);

    private sealed class Domain(S390Driver driver, int rootLevel) : S390Domain612(driver, rootLevel)
    {
        public override Errno IotlbSyncMap(Iova iova, ulong size) => Errno.OK;
    }
}

/// <summary>The limit of ISM functions is registered as it is.</summary>
internal sealed class S390IsmLimit(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override ulong Limit(S390Function function) => function.EndDma;
}

/// <summary>
/// The blocking domain's attach is the old detach: the function goes back to the platform's table.
/// </summary>
internal sealed class S390DetachAsBlocking(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override Errno AttachBlocked(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return Errno.OK;
        LeaveCurrent(dev, function);
        function.PlatformTable = S390PlatformTable.Register(Zpci, function);
        return Errno.OK;
    }

    protected override void LeaveCurrent(IommuDevice dev, S390Function function)
    {
        base.AttachBlocked(dev);
        if (function.PlatformTable is not { } table) return;
        Zpci.Instructions.Unregister(function.Handle);
        table.Free();
        function.PlatformTable = null;
    }
}

/// <summary>
/// What is called blocking puts back the boot state of the function, which is no translation at all.
/// </summary>
internal sealed class S390BypassAsBlocking(S390Zpci zpci) : S390Driver72(zpci)
{
    protected override Errno AttachBlocked(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return Errno.OK;
        LeaveCurrent(dev, function);
        function.OnIdentity = true;
        return Register(function, 0);
    }

    protected override void LeaveCurrent(IommuDevice dev, S390Function function) => base.AttachBlocked(dev);
}
