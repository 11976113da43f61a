using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>Allocation, PASIDs, regions, windows and generic page tables of the abstract driver.</summary>
public sealed class AbstractDriverProperties
{
    [Fact]
    public void Domain_alloc_offers_its_types_and_null_for_others()
    {
        var profile = Abstract.Plain with { AllocTypes = [DomainType.Dma, DomainType.Identity] };
        var driver = new Abstract(profile).Driver;
        Assert.Equal(DomainType.Dma, driver.DomainAlloc(DomainType.Dma).Domain!.Type);
        Assert.Equal(Abstract.Plain.PagingOps, driver.DomainAlloc(DomainType.Identity).Domain!.Ops);
        Assert.Equal(AllocResult.Null, driver.DomainAlloc(DomainType.DmaFq));
        Assert.Equal(AllocResult.Null, driver.DomainAlloc(DomainType.Blocked));
    }

    [Fact]
    public void Unknown_or_refused_flags_are_not_supported()
    {
        var system = new Abstract(Abstract.Plain with
        {
            AllocFlags = AllocFlags.Pasid | AllocFlags.DirtyTracking,
            RefusedAllocFlags = [AllocFlags.Pasid | AllocFlags.DirtyTracking],
        });
        foreach (var (flags, errno) in new[]
                 {
                     (AllocFlags.None, Errno.OK),
                     (AllocFlags.Pasid, Errno.OK),
                     (AllocFlags.NestParent, Errno.EOPNOTSUPP),
                     (AllocFlags.Pasid | AllocFlags.DirtyTracking, Errno.EOPNOTSUPP),
                 })
        {
            Assert.Equal(errno, system.Driver.DomainAllocPagingFlags(system.Devices[0], flags).Errno);
        }
    }

    [Fact]
    public void A_domain_can_follow_a_profile_of_its_own()
    {
        var second = Abstract.Plain with
        {
            PageSizes = new PageSizes(0x1000),
            Aperture = Aperture.OfBits(30),
            WriteOnly = WriteOnlyRule.BecomesReadWrite,
            ReadOnly = Errno.EINVAL,
        };
        var system = new Abstract(Abstract.Plain with
        {
            AllocFlags = AllocFlags.NestParent,
            ForDomain = (_, flags) => flags == AllocFlags.NestParent ? second : Abstract.Plain,
        });
        Assert.Equal(Abstract.Plain.PageSizes, system.Paging().PageSizes);
        var domain = system.Paging(flags: AllocFlags.NestParent);
        Assert.Equal(second.PageSizes, domain.PageSizes);
        Assert.Equal(second.Aperture, domain.Aperture);
        var mapped = 0UL;
        Assert.Equal(Errno.EINVAL, domain.MapPages(
            new Iova(0), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped));
    }

    [Fact]
    public void A_domain_can_be_final_at_allocation_although_the_driver_s_others_are_not()
    {
        var late = Abstract.Plain with { Finalise = FinaliseRule.AtFirstAttach };
        var system = new Abstract(late with
        {
            AllocFlags = AllocFlags.DirtyTracking,
            ForDomain = (_, flags) => flags == AllocFlags.None ? late : Abstract.Plain,
        });
        var mapped = 0UL;
        foreach (var (flags, errno) in new[]
                 { (AllocFlags.None, Errno.ENODEV), (AllocFlags.DirtyTracking, Errno.OK) })
        {
            Assert.Equal(errno, system.Paging(flags: flags).MapPages(
                new Iova(0), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped));
        }
    }

    [Fact]
    public void A_pasid_has_a_context_of_its_own()
    {
        var system = new Abstract(Abstract.Plain);
        var device = system.Devices[0];
        var domain = AttachRuleProperties.Mapped(system);
        Assert.Equal(Errno.OK, domain.SetDevPasid(device, new Pasid(3), null));
        Assert.Equal("blocked", system.State());
        Assert.Equal(0x8000UL, system.Dma(0, 0x5000, pasid: 3).Pa.Value);
        Assert.False(system.Dma(0, 0x5000, pasid: 2).Landed);
        Assert.Single(system.Walk(pasid: 3));
        Assert.Empty(system.Walk());
        system.Driver.IdentityDomain!.AttachDev(device, null);
        Assert.Equal("bypass", system.State());
        Assert.Equal(Errno.OK, system.Driver.BlockedDomain!.SetDevPasid(device, new Pasid(3), domain));
        Assert.False(system.Dma(0, 0x5000, pasid: 3).Landed);
        Assert.Equal("bypass", system.State());
    }

    [Fact]
    public void A_refused_pasid_stays_as_it_was()
    {
        var system = new Abstract(Abstract.Plain with
        {
            CheckPasid = c =>
                c.Type == DomainType.Dma ? Errno.EINVAL : c.Rid is null ? Errno.OK : Errno.EBUSY,
        });
        var domain = AttachRuleProperties.Mapped(system);
        domain.SetDevPasid(system.Devices[0], new Pasid(1), null);
        var other = system.Paging();
        other.Type = DomainType.Dma;
        Assert.Equal(Errno.EINVAL, other.SetDevPasid(system.Devices[0], new Pasid(1), domain));
        Assert.True(system.Dma(0, 0x5000, pasid: 1).Landed);
        domain.AttachDev(system.Devices[0], null);
        Assert.Equal(Errno.EBUSY, domain.SetDevPasid(system.Devices[0], new Pasid(2), null));
    }

    [Fact]
    public void Regions_are_those_of_the_device_then_those_of_the_driver()
    {
        var direct = new ResvRegion(ResvType.Direct, new Iova(0x1000), 0x1000, Prot.Read);
        var msi = new ResvRegion(ResvType.Msi, new Iova(0x2000), 0x1000, Prot.Write);
        var whilePaging = new ResvRegion(ResvType.Reserved, new Iova(0x8000), 0x1000, Prot.None);
        var own = new ResvRegion(ResvType.SwMsi, new Iova(0x4000), 0x1000, Prot.None);
        var system = new Abstract(
            Abstract.Plain with
            {
                ReportsRegions = [ResvType.Direct],
                DriverRegions = [msi],
                RegionsFor = spec => spec.Pci ? [own] : [],
                DriverRegionsWhilePaging = [whilePaging],
            },
            Abstract.Device(8) with { Regions = [direct, direct with { Type = ResvType.DirectRelaxable }] });
        var regions = new List<ResvRegion>();
        system.Driver.GetResvRegions(system.Devices[0], regions);
        Assert.Equal([direct, msi, own], regions);
        system.Paging().AttachDev(system.Devices[0], null);
        regions.Clear();
        system.Driver.GetResvRegions(system.Devices[0], regions);
        Assert.Equal([direct, msi, own, whilePaging], regions);
    }

    [Fact]
    public void Deferral_lasts_while_no_domain_is_attached()
    {
        var system = new Abstract(Abstract.Plain, Abstract.Device(8) with { Deferred = true });
        Assert.True(system.Driver.IsAttachDeferred(system.Devices[0]));
        system.Paging().AttachDev(system.Devices[0], null);
        Assert.False(system.Driver.IsAttachDeferred(system.Devices[0]));
    }

    [Fact]
    public void The_window_bounds_translated_dma_and_the_interrupt_range_is_never_translated()
    {
        var system = new Abstract(Abstract.Plain with
        {
            DmaWindow = (0x4000, 0xbfff),
            IdentityOffset = 0x4000,
            Untranslated = (0xa000, 0xafff),
        });
        var domain = system.Paging();
        var mapped = 0UL;
        domain.MapPages(new Iova(0), new PhysAddr(0x10_0000), 0x4000, 4, Prot.Read, ref mapped);
        domain.AttachDev(system.Devices[0], null);
        ulong[] probes = [0x3fff, 0x4000, 0x9fff, 0xa000, 0xb000, 0xc000];
        Assert.Equal([0x4000UL, 0x9fff, 0xb000], probes.Where(iova => system.Dma(0, iova).Landed));

        system.Driver.IdentityDomain!.AttachDev(system.Devices[0], null);
        Assert.True(system.Dma(0, 0).Landed);
        Assert.True(system.Dma(0, 0x7fff).Landed);
        Assert.False(system.Dma(0, 0x8000).Landed);
    }

    [Theory]
    [InlineData(0x1000UL, 0x1000UL, 0x1000UL, Prot.None, Errno.EINVAL)]
    [InlineData(0x1000UL, 0x100_0000_0000UL, 0x1000UL, Prot.Read, Errno.ERANGE)]
    [InlineData(0x1000UL, 0x1000UL, 0UL, Prot.Read, Errno.EINVAL)]
    [InlineData(0xffff_ffff_ffff_f000UL, 0x1000UL, 0x2000UL, Prot.Read, Errno.EOVERFLOW)]
    [InlineData(0x1800UL, 0x1000UL, 0x1000UL, Prot.Read, Errno.ENXIO)]
    [InlineData(0x1000UL, 0x1800UL, 0x1000UL, Prot.Read, Errno.ENXIO)]
    [InlineData(0xf_f000UL, 0x1000UL, 0x2000UL, Prot.Read, Errno.ERANGE)]
    [InlineData(0x1000UL, 0x1000UL, 0x5000UL, Prot.Read, Errno.EADDRINUSE)]
    [InlineData(0x1000UL, 0x1000UL, 0x4000UL, Prot.Read, Errno.OK)]
    public void A_generic_page_table_has_its_own_order_of_checks(
        ulong iova, ulong pa, ulong size, Prot prot, Errno errno)
    {
        var domain = Generic();
        var mapped = 0UL;
        domain.MapRange(new Iova(0x5000), new PhysAddr(0), 0x1000, Prot.Read, ref mapped);
        mapped = 0;
        Assert.Equal(errno, domain.MapRange(new Iova(iova), new PhysAddr(pa), size, prot, ref mapped));
        Assert.Equal(errno is Errno.OK or Errno.EADDRINUSE ? 0x4000UL : 0, mapped);
    }

    [Fact]
    public void A_generic_page_table_unmaps_whole_leaves_up_to_the_first_hole()
    {
        var domain = Generic();
        var mapped = 0UL;
        domain.MapRange(new Iova(0x4000), new PhysAddr(0x4000), 0xc000, Prot.Read, ref mapped);
        domain.MapRange(new Iova(0x1_8000), new PhysAddr(0x8000), 0x4000, Prot.Read, ref mapped);
        var gather = new IotlbGather();
        Assert.Equal(0UL, domain.UnmapRange(new Iova(0x5000), 0x3000, gather));
        Assert.Equal(0UL, domain.UnmapRange(new Iova(0x4000), 0, gather));
        Assert.Equal(0UL, domain.UnmapRange(new Iova(0x4000), ulong.MaxValue - 0xfff, gather));
        Assert.True(gather.IsEmpty);
        Assert.Equal(0x8000UL, domain.UnmapRange(new Iova(0x4000), 0x5000, gather));
        Assert.Equal(0x4000UL, domain.UnmapRange(new Iova(0xc000), 0x1_0000, gather));
        Assert.Equal(0x4000UL, domain.UnmapPages(new Iova(0x1_8000), 0x1000, 1, gather));
        Assert.Equal((0x4000UL, 0x1_bfffUL), (gather.Start, gather.End));
    }

    [Fact]
    public void A_generic_page_table_chooses_the_leaves_of_the_page_size_rule()
    {
        var domain = Generic();
        var mapped = 0UL;
        domain.MapRange(new Iova(0x3000), new PhysAddr(0x1_3000), 0x2_e000, Prot.Read, ref mapped);
        Assert.Equal(0x2_e000UL, mapped);
        var leaves = new List<(ulong Start, ulong Leaf)>();
        foreach (var run in domain.Space)
        {
            leaves.Add((run.Start, run.LeafSize));
        }

        Assert.Equal(
            [(0x3000, 0x1000), (0x4000, 0x4000), (0x1_0000, 0x1_0000), (0x3_0000, 0x1000)], leaves);
    }

    private static AbstractDomain Generic() => new Abstract(Abstract.Plain with
    {
        IsGenericPageTable = true,
        OverlapErrno = Errno.EADDRINUSE,
        PartialUnmap = PartialUnmapRule.WholeFromStart,
    }).Paging();
}
