using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// A domain (<c>struct apple_dart_domain</c>): tables once final, and the streams its flushes reach, unit by
/// unit.
/// </summary>
internal abstract class AppleDartDomain(AppleDartDriver driver) : IommuDomain
{
    private readonly DartUnit?[] units = new DartUnit?[driver.Tree.UnitsPerDevice];
    private readonly DartStreams[] streams = [.. Enumerable.Range(0, driver.Tree.UnitsPerDevice)
        .Select(_ => new DartStreams())];

    private DartPageTable? table;

    protected AppleDartDriver Driver => driver;

    /// <summary>Tables exist, or never will (identity and blocked of 6.1).</summary>
    protected bool IsFinal { get; set; }

    /// <summary>-ENODEV before the domain is final.</summary>
    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        table is null ? Errno.ENODEV : table.Map(iova.Value, pa.Value, pgsize, pgcount, prot, ref mapped);

    /// <summary>Crashes before the domain is final, as the kernel does (apple_dart_unmap_pages).</summary>
    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        if (table is null)
        {
            throw new InvalidOperationException("apple_dart_unmap_pages: NULL pgtbl_ops dereferenced");
        }

        return table.Unmap(iova.Value, pgsize, pgcount);
    }

    public override PhysAddr IovaToPhys(Iova iova) => new(table?.IovaToPhys(iova.Value) ?? 0);

    public override void FlushIotlbAll() => InvalidateStreams();

    public override void IotlbSync(IotlbGather gather) => InvalidateStreams();

    public override Errno IotlbSyncMap(Iova iova, ulong size)
    {
        if (Driver.Steps.InvalidatesAfterMap)
        {
            InvalidateStreams();
        }

        return Errno.OK;
    }

    /// <summary>Frees the tables. Nothing is invalidated: the streams must be elsewhere.</summary>
    public override void Free()
    {
        table?.Free();
        table = null;
    }

    /// <summary>
    /// Takes the page size, widths and set of units from a device; once. -ENOMEM when the table library
    /// refuses them.
    /// </summary>
    internal Errno Finalise(AppleDartMaster master)
    {
        if (IsFinal)
        {
            return Errno.OK;
        }

        for (var slot = 0; slot < units.Length; slot++)
        {
            units[slot] = master.Unit(slot);
            streams[slot].Assign(units[slot] is null ? null : master.Streams(slot));
        }

        var config = master.First.Config;
        table = Driver.CreateTable(config, master.First.Format);
        if (table is null)
        {
            return Errno.ENOMEM;
        }

        PageSizes = new PageSizes(table.PageSize);
        Aperture = Aperture.OfBits(config.Ias);
        IsFinal = true;
        return Errno.OK;
    }

    /// <summary>-EINVAL when the device's units are not, slot by slot, those of the domain.</summary>
    protected Errno CheckUnits(AppleDartMaster master)
    {
        for (var slot = 0; slot < units.Length; slot++)
        {
            if (units[slot] != master.Unit(slot))
            {
                return Errno.EINVAL;
            }
        }

        return Errno.OK;
    }

    /// <summary>
    /// Adds the device's streams to those the domain flushes, and makes them translate by it.
    /// </summary>
    protected void Program(AppleDartMaster master)
    {
        for (var slot = 0; slot < units.Length && units[slot] is not null; slot++)
        {
            streams[slot].Add(master.Streams(slot));
        }

        for (var slot = 0; slot < units.Length && units[slot] is not null; slot++)
        {
            units[slot]!.SetupTranslation(master.Streams(slot), table!);
        }
    }

    /// <summary>Takes the device's streams out; nothing when its set of units is another.</summary>
    protected void RemoveStreams(AppleDartMaster master)
    {
        if (CheckUnits(master) != Errno.OK)
        {
            return;
        }

        for (var slot = 0; slot < units.Length && units[slot] is not null; slot++)
        {
            streams[slot].Remove(master.Streams(slot));
        }
    }

    private void InvalidateStreams()
    {
        var reached = Driver.Steps.UnitsInvalidated(units.Length);
        for (var slot = 0; slot < reached && units[slot] is not null; slot++)
        {
            units[slot]!.Invalidate(streams[slot]);
        }
    }
}
