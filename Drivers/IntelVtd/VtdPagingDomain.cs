using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// A domain with a page table (struct dmar_domain): its ids on each unit, the caches that may hold it, and
/// the
/// invalidations that follow from changes. What the table does is the sub-class's affair.
/// </summary>
internal abstract class VtdPagingDomain : IommuDomain
{
    private const ulong PageMask = ~0xfffUL;

    private readonly IntelVtdDriver driver;
    private readonly int[] users;
    private readonly ushort[] ids;
    private readonly List<CacheTag> tags = [];

    protected VtdPagingDomain(IntelVtdDriver driver, bool firstStage)
    {
        this.driver = driver;
        IsFirstStage = firstStage;
        users = new int[driver.UnitCount];
        ids = new ushort[driver.UnitCount];
    }

    public bool IsFirstStage { get; }

    /// <summary>Physical address of the top table.</summary>
    public abstract ulong Root { get; }

    public abstract int Levels { get; }

    /// <summary>Flags of the allocation.</summary>
    public AllocFlags Flags { get; protected init; }

    public bool IsNestParent => (Flags & AllocFlags.NestParent) != 0;

    public bool TracksDirty => (Flags & AllocFlags.DirtyTracking) != 0;

    /// <summary>6.1: the shared identity domain on hardware that passes through.</summary>
    public bool IsPassThrough { get; set; }

    /// <summary>Forced snooping is on.</summary>
    public bool ForcesSnoop { get; private set; }

    /// <summary>Fresh mappings must be announced: caching mode or a write buffer.</summary>
    public bool NeedsSyncMap { get; set; }

    /// <summary>Devices attached without PASID.</summary>
    protected List<VtdDevice> Devices { get; } = [];

    protected VtdRules Rules => driver.Rules;

    protected VtdSteps Steps => driver.Steps;

    protected PhysicalMemory Memory => driver.Memory;

    protected IntelVtdDriver Driver => driver;

    /// <summary>
    /// The domain can be put on devices of a unit: 0, or the errno of the tree for what does not fit.
    /// </summary>
    public abstract Errno Check(VtdUnit unit);

    /// <summary>6.x: fits width and depth to a unit that passed <see cref="Check"/>.</summary>
    public virtual void Fit(VtdUnit unit)
    {
    }

    /// <summary>The unit serves the domain from now on, under an id of its own: 0 or -ENOSPC.</summary>
    public Errno JoinUnit(VtdUnit unit, out ushort did)
    {
        did = ids[unit.Index];
        if (users[unit.Index] == 0)
        {
            var errno = unit.TakeDomainId(out did);
            if (errno != Errno.OK)
            {
                return errno;
            }

            ids[unit.Index] = did;
        }

        if (users[unit.Index]++ == 0)
        {
            UnitsChanged();
        }

        return Errno.OK;
    }

    public void LeaveUnit(VtdUnit unit)
    {
        if (--users[unit.Index] == 0)
        {
            unit.GiveDomainId(ids[unit.Index]);
            UnitsChanged();
        }
    }

    public void AddDevice(VtdDevice device) => Devices.Add(device);

    public void RemoveDevice(VtdDevice device) => Devices.Remove(device);

    /// <summary>From now on invalidations reach what the device and PASID may have cached.</summary>
    public void AddTags(VtdDevice device, uint pasid)
    {
        Tag(new CacheTag(device.Unit, ids[device.Unit.Index], pasid, null, 1));
        AddDeviceTags(device, pasid);
    }

    /// <summary>As <see cref="AddTags"/>, for the caches inside a device that has ATS on.</summary>
    public void AddDeviceTags(VtdDevice device, uint pasid)
    {
        for (var i = 0; device.AtsEnabled && i < device.Sids.Length; i++)
        {
            Tag(new CacheTag(device.Unit, ids[device.Unit.Index], pasid, device.Sids[i], 1));
        }
    }

    public void RemoveTags(VtdDevice device, uint pasid)
    {
        Untag(device.Unit, pasid, null);
        foreach (var sid in device.Sids)
        {
            Untag(device.Unit, pasid, sid);
        }
    }

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old) => driver.AttachPaging(this, dev);

    public override void DetachDev(IommuDevice dev) => driver.DetachDevice(dev);

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        driver.AttachPasid(this, dev, pasid.Value, old);

    public override void FlushIotlbAll()
    {
        foreach (var tag in tags)
        {
            FlushTagWhole(tag);
        }
    }

    public override Errno IotlbSyncMap(Iova iova, ulong size)
    {
        if (NeedsSyncMap && Steps.FlushesAfterMap)
        {
            foreach (var tag in tags)
            {
                FlushTagAfterMap(tag, iova.Value, iova.Value + size - 1);
            }
        }

        return Errno.OK;
    }

    public override void IotlbSync(IotlbGather gather)
    {
        FlushRange(gather.Start, gather.End, Steps.LeafOnly(gather.Freelist.Count == 0));
        FreePages(gather.Freelist);
        gather.Freelist.Clear();
    }

    public override bool EnforceCacheCoherency()
    {
        foreach (var device in Devices)
        {
            if (!device.Unit.Capabilities.HasSnoopControl)
            {
                return ForcesSnoop;
            }
        }

        if (ForcesSnoop || !SnoopsFromNowOn())
        {
            return ForcesSnoop;
        }

        ForcesSnoop = true;
        for (var i = 0; IsFirstStage && i < Devices.Count; i++)
        {
            VtdContexts.SetPageSnoop(Devices[i]);
        }

        return true;
    }

    /// <summary>Second stage: leaves written from now on snoop. False when it is too late for that.</summary>
    protected abstract bool SnoopsFromNowOn();

    /// <summary>The set of units changed.</summary>
    protected virtual void UnitsChanged()
    {
    }

    /// <summary>Is the domain in use on a unit?</summary>
    protected bool IsOn(int unit) => users[unit] != 0;

    /// <summary>Pages taken out of the table: freed after the invalidation.</summary>
    protected void Retire(List<PhysAddr> pages)
    {
        if (!Steps.FreesAfterFlush)
        {
            FreePages(pages);
            pages.Clear();
        }
    }

    protected void FreePages(List<PhysAddr> pages)
    {
        foreach (var page in pages)
        {
            Memory.Free(page, 4096);
        }
    }

    /// <summary>Invalidates first to last byte in every cache of the domain.</summary>
    protected void FlushRange(ulong first, ulong last, bool leafOnly)
    {
        if (last < first)
        {
            /// / An empty gather: the kernel's arithmetic wraps and asks for the page of the first byte or
            /// more.
            last = first;
        }

        if (first == 0 && last == ulong.MaxValue)
        {
            FlushIotlbAll();
            return;
        }

        foreach (var tag in tags)
        {
            FlushTag(tag, first, last, leafOnly && Rules.SendsHint);
        }
    }

    internal static ulong AlignDown(ulong address, int mask) =>
        mask >= 52 ? 0 : address & ~((1UL << (12 + mask)) - 1);

    private void FlushTag(in CacheTag tag, ulong first, ulong last, bool leafOnly)
    {
        var flush = tag.Unit.Flush;
        var mask = Steps.MaskOf(first, last);
        if (tag.Sid is { } sid)
        {
            if (Steps.FlushesDeviceTlb)
            {
                flush.DeviceTlb(sid, tag.Pasid, AlignDown(first, mask), mask);
            }
        }
        else if (!IsFirstStage)
        {
            flush.Pages(tag.Did, Rules.SendsHint ? AlignDown(first, mask) : first & PageMask, mask, leafOnly);
        }
        else
        {
            mask = Rules.WidensFirstStage ? mask : MaskOfSize(first, last);
            flush.PasidPages(tag.Did, tag.Pasid, AlignDown(first, mask), mask, leafOnly);
        }
    }

    /// <summary>6.1 first stage: the size alone decides the mask.</summary>
    internal static int MaskOfSize(ulong first, ulong last)
    {
        var pages = (last >> 12) - (first >> 12) + 1;
        return System.Numerics.BitOperations.Log2(System.Numerics.BitOperations.RoundUpToPowerOf2(pages));
    }

    private void FlushTagWhole(in CacheTag tag)
    {
        if (tag.Sid is { } sid)
        {
            if (Steps.FlushesDeviceTlb && (Rules.StaticDomains || !tag.Unit.Capabilities.IsCaching))
            {
                tag.Unit.Flush.DeviceTlb(sid, tag.Pasid, 0, VtdCommands.WholeDeviceTlb);
            }
        }
        else if (IsFirstStage)
        {
            tag.Unit.Flush.PasidIotlb(tag.Did, tag.Pasid);
        }
        else
        {
            tag.Unit.Flush.Iotlb(VtdCommands.DomainSelective, tag.Did);
        }
    }

    /// <summary>Misses that the unit cached are dropped; a device never caches one.</summary>
    private void FlushTagAfterMap(in CacheTag tag, ulong first, ulong last)
    {
        if (!tag.Unit.Capabilities.IsCaching || IsFirstStage)
        {
            tag.Unit.Flush.WriteBuffer();
        }
        else if (tag.Sid is null)
        {
            var mask = Steps.MaskOf(first, last);
            tag.Unit.Flush.Pages(tag.Did, AlignDown(first, mask), mask, leafOnly: false);
        }
    }

    private void Tag(CacheTag added)
    {
        for (var i = 0; i < tags.Count; i++)
        {
            if (tags[i].Same(added.Unit, added.Pasid, added.Sid))
            {
                tags[i] = tags[i] with { Users = tags[i].Users + 1 };
                return;
            }
        }

        tags.Add(added);
    }

    private void Untag(VtdUnit unit, uint pasid, ushort? sid)
    {
        for (var i = 0; i < tags.Count; i++)
        {
            if (!tags[i].Same(unit, pasid, sid))
            {
                continue;
            }

            if (tags[i].Users > 1)
            {
                tags[i] = tags[i] with { Users = tags[i].Users - 1 };
            }
            else
            {
                tags.RemoveAt(i);
            }

            return;
        }
    }

    /// <summary>A cache that may hold the domain: a unit's IOTLB, or the device TLB of a source-id.</summary>
    private readonly record struct CacheTag(VtdUnit Unit, ushort Did, uint Pasid, ushort? Sid, int Users)
    {
        public bool Same(VtdUnit unit, uint pasid, ushort? sid) =>
            ReferenceEquals(Unit, unit) && Pasid == pasid && Sid == sid;
    }
}
