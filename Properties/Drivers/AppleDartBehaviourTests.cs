using Conformance.Drivers.AppleDart;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// What the apple-dart sheet says beyond bytes: attach rules, caches, faults, locked units, groups.
/// </summary>
public class AppleDartBehaviourTests
{
    private const ulong Page = 0x4000;

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    [Theory]
    [MemberData(nameof(Trees))]
    public void Nothing_passes_before_start_nor_before_the_first_attach(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)], start: false);
        Assert.False(rig.Dma(0).Landed);
        Assert.Equal(Errno.ENODEV, rig.Driver.ProbeDevice(rig[0]));
        Assert.Equal(Errno.OK, rig.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal(Errno.OK, rig.Driver.ProbeDevice(rig[0]));
        Assert.False(rig.Dma(0).Landed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_locked_unit_does_not_start(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["locked"], [AppleDartRig.OneStream(1)], start: false);
        Assert.Equal(Errno.EINVAL, rig.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal(Errno.ENODEV, rig.Driver.ProbeDevice(rig[0]));
        Assert.Equal(Errno.EINVAL, new AppleDartFactory().Profile(tree, "locked").StartResult);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, "t8110", Errno.ENODEV)]
    [InlineData(KernelTree.V6_1, "t8110-42bit", Errno.ENODEV)]
    [InlineData(KernelTree.V6_12, "t8110", Errno.OK)]
    [InlineData(KernelTree.V6_12, "t8110-42bit", Errno.ENODEV)]
    [InlineData(KernelTree.V7_2, "t8110-42bit", Errno.OK)]
    public void Newer_units_are_unknown_to_older_trees(KernelTree tree, string variant, Errno expected)
    {
        var rig = new AppleDartRig(tree, [variant], [AppleDartRig.OneStream(1)], start: false);
        Assert.Equal(expected, rig.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal(expected, new AppleDartFactory().Profile(tree, variant).StartResult);
    }

    [Fact]
    public void Before_the_first_attach_6_1_cannot_map_and_crashes_on_unmap()
    {
        var rig = new AppleDartRig(KernelTree.V6_1, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Alloc();
        var mapped = 0UL;
        Assert.Equal(ulong.MaxValue, domain.PageSizes.Bitmap);
        Assert.Equal(
            Errno.ENODEV, domain.MapPages(new Iova(0), new PhysAddr(0), Page, 1, Prot.Read, ref mapped));
        Assert.Equal(0UL, domain.IovaToPhys(new Iova(0)).Value);
        Assert.Throws<InvalidOperationException>(
            () => domain.UnmapPages(new Iova(0), Page, 1, new IotlbGather()));

        Assert.Equal(Errno.OK, domain.AttachDev(rig[0], old: null));
        Assert.Equal(Page, domain.PageSizes.Bitmap);
        Assert.Equal(Aperture.OfBits(32), domain.Aperture);
        Assert.Equal(Errno.OK, rig.Map(domain, 0, 0x10_0000, Page));
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Later_trees_map_before_the_first_attach(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, rig.Map(domain, Page, 0x10_0000, Page));
        Assert.False(rig.Dma(Page).Landed);
        Assert.Equal(Errno.OK, domain.AttachDev(rig[0], old: null));
        Assert.Equal(0x10_0000UL, rig.Dma(Page).Pa.Value);
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_16K_unit_under_4K_pages_refuses_paging_and_wishes_identity(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)], cpuPageShift: 12);
        Assert.Equal(DomainType.Identity, rig.Driver.DefDomainType(rig[0]));
        Assert.Equal(Errno.EINVAL, rig.Alloc().AttachDev(rig[0], old: null));
        Assert.Equal(Errno.OK, rig.Identity().AttachDev(rig[0], old: null));
        Assert.True(rig.Dma(0x1234).Landed);

        var blocked = rig.Blocked().AttachDev(rig[0], old: null);
        Assert.Equal(tree == KernelTree.V6_1 ? Errno.EINVAL : Errno.OK, blocked);
        Assert.Equal(tree == KernelTree.V6_1, rig.Dma(0x1234).Landed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Without_bypass_dma_is_wished_and_identity_refused(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["no-bypass"], [AppleDartRig.OneStream(1)]);
        Assert.Equal(DomainType.Dma, rig.Driver.DefDomainType(rig[0]));
        Assert.Equal(Errno.EINVAL, rig.Identity().AttachDev(rig[0], old: null));
        Assert.False(rig.Dma(0).Landed);
    }

    [Fact]
    public void Unknown_types_are_accepted_by_6_1_and_leave_the_hardware_alone()
    {
        var rig = new AppleDartRig(KernelTree.V6_1, ["t8103"], [AppleDartRig.OneStream(1)]);
        Assert.Equal(AllocResult.Null, rig.Driver.DomainAlloc(DomainType.DmaFq));
        var domain = rig.Alloc(0, DomainType.Dma);
        domain.Type = DomainType.DmaFq;
        Assert.Equal(Errno.OK, domain.AttachDev(rig[0], old: null));
        Assert.Equal(Errno.OK, rig.Map(domain, Page, 0x10_0000, Page));
        Assert.Equal(0u, rig.Silicon().Read32(T8020.Tcr + 4));
        Assert.False(rig.Dma(Page).Landed);
    }

    [Fact]
    public void The_cure_of_v6_6_attaches_them()
    {
        var cure = AppleDartFactory.WithDmaFqCure();
        var topology = new Topology(
            14,
            KernelOptions.Default,
            [new InstanceSpec("apple-dart", "t8103")],
            [AppleDartRig.OneStream(1)]);
        var stack = cure.Create(new DriverContext(
            topology, KernelTree.V6_1, [new InstanceId(0)], new FaultPlan(), new Trace()));
        var device = new IommuDevice(new DeviceId(0), topology.Devices[0]);
        Assert.Equal(Errno.OK, stack.StartInstance(new InstanceId(0)));
        Assert.Equal(Errno.OK, stack.Driver.ProbeDevice(device));
        var domain = stack.Driver.DomainAlloc(DomainType.Dma).Domain!;
        domain.Type = DomainType.DmaFq;
        Assert.Equal(Errno.OK, domain.AttachDev(device, old: null));
        var mapped = 0UL;
        Assert.Equal(Errno.OK, domain.MapPages(
            new Iova(0), new PhysAddr(0x10_0000), Page, 1, Prot.Read, ref mapped));
        var requester = topology.Devices[0].Requesters[0];
        Assert.True(stack.Dma(requester, Pasid.None, new Iova(4), DmaAccess.Read).Landed);
        Assert.Contains(DomainType.DmaFq, cure.Profile(KernelTree.V6_1, "t8103").KnownTypes);
        Assert.False(cure.Profile(KernelTree.V6_1, "t8103").IgnoresUnknownTypes);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_domain_serves_one_set_of_units(KernelTree tree)
    {
        var rig = new AppleDartRig(
            tree,
            ["t8103", "t8103"],
            [
                AppleDartRig.Device([1], [1]),
                AppleDartRig.Device([2]),
                AppleDartRig.Device([3], [4, 5]),
            ]);
        var domain = rig.Attached();
        Assert.Equal(Errno.EINVAL, domain.AttachDev(rig[1], old: null));
        Assert.Equal(Errno.OK, domain.AttachDev(rig[2], old: null));
        Assert.Equal(Errno.OK, rig.Map(domain, 0, 0x10_0000, Page));
        Assert.True(rig.Dma(0, stream: 5, instance: 1).Landed);
        Assert.Equal(Page, AppleDartRig.Unmap(domain, 0, Page));
        Assert.False(rig.Dma(0, stream: 5, instance: 1).Landed);
        Assert.False(rig.Dma(0, stream: 3).Landed);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, "no-bypass", Errno.EINVAL)]
    [InlineData(KernelTree.V6_12, "no-bypass", Errno.EINVAL)]
    [InlineData(KernelTree.V7_2, "no-bypass", Errno.OK)]
    [InlineData(KernelTree.V7_2, "t8103-4k", Errno.EINVAL)]
    public void Units_of_a_device_must_agree(KernelTree tree, string second, Errno expected)
    {
        var rig = new AppleDartRig(tree, ["t8103", second], [AppleDartRig.Device([1], [1])], start: false);
        Assert.Equal(Errno.OK, rig.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal(Errno.ENODEV, rig.Driver.ProbeDevice(rig[0]));
        Assert.Equal(Errno.OK, rig.Stack.StartInstance(new InstanceId(1)));
        Assert.Equal(expected, rig.Driver.ProbeDevice(rig[0]));
        var profile = new AppleDartFactory().Profile(tree, "t8103").InTopology!(rig.Topology);
        Assert.Equal(expected, profile.CheckProbe!(rig[0].Spec));
        if (expected == Errno.OK)
        {
            Assert.Equal(Errno.EINVAL, rig.Identity().AttachDev(rig[0], old: null));
            Assert.Equal(Errno.EINVAL, profile.CheckAttach!(null, rig[0].Spec, DomainType.Identity));
        }
    }

    [Theory]
    [InlineData("t8103")]
    [InlineData("t8103-4k")]
    [InlineData("t8110")]
    [InlineData("t8110-42bit")]
    [InlineData("t6000")]
    public void Absence_is_cached_until_the_streams_are_invalidated(string variant)
    {
        var rig = new AppleDartRig(KernelTree.V7_2, [variant], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        var page = domain.PageSizes.Min;
        Assert.False(rig.Dma(page).Landed);
        var mapped = 0UL;
        Assert.Equal(Errno.OK, domain.MapPages(
            new Iova(page), new PhysAddr(0x10_0000), page, 1, Prot.Read, ref mapped));
        Assert.False(rig.Dma(page).Landed);
        Assert.Equal(Errno.OK, domain.IotlbSyncMap(new Iova(page), page));
        Assert.True(rig.Dma(page).Landed);
        Assert.Equal(page, AppleDartRig.Unmap(domain, page, page, sync: false));
        Assert.True(rig.Dma(page).Landed);
        domain.IotlbSync(new IotlbGather());
        Assert.False(rig.Dma(page).Landed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Blocked_and_identity_touch_the_control_register_only(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 0, 0x10_0000, Page));
        Assert.True(rig.Dma(0).Landed);
        rig.Trace.Clear();
        Assert.Equal(Errno.OK, rig.Blocked().AttachDev(rig[0], old: null));
        Assert.Equal(0, rig.CountOf(EventKind.Invalidate));
        Assert.NotEqual(0u, rig.Silicon().Read32(T8020.Ttbr + 16));
        Assert.False(rig.Dma(0).Landed);
        domain.FlushIotlbAll();
        var e = Assert.Single(rig.Trace.Events.ToArray(), x => x.Kind == EventKind.Invalidate);
        Assert.Equal(0x2UL, e.A);
    }

    [Fact]
    public void Only_detach_dev_of_6_1_takes_streams_out_of_a_domain()
    {
        var rig = new AppleDartRig(KernelTree.V6_1, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        domain.DetachDev(rig[0]);
        rig.Trace.Clear();
        domain.FlushIotlbAll();
        var e = Assert.Single(rig.Trace.Events.ToArray(), x => x.Kind == EventKind.Invalidate);
        Assert.Equal(0UL, e.A);
        Assert.False(rig.Dma(0).Landed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_refused_attach_leaves_the_old_domain(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var old = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(old, 0, 0x10_0000, Page));
        var next = rig.Alloc();
        rig.Faults.ArmAttach(rig[0].Id, 0, Errno.ENOMEM);
        Assert.Equal(Errno.ENOMEM, next.AttachDev(rig[0], old));
        Assert.Equal(0x10_0000UL, rig.Dma(0).Pa.Value);
        Assert.Equal(Errno.OK, next.AttachDev(rig[0], old));
        Assert.False(rig.Dma(0).Landed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Map_and_unmap_stop_at_the_end_of_a_leaf_table(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        const ulong lastPage = (1UL << 25) - Page;
        var mapped = 0UL;
        Assert.Equal(Errno.OK, domain.MapPages(
            new Iova(lastPage), new PhysAddr(0x10_0000), Page, 4, Prot.Read, ref mapped));
        Assert.Equal(Page, mapped);
        Assert.Equal(Errno.OK, rig.Map(domain, lastPage + Page, 0x20_0000, 3 * Page));
        Assert.Equal(Page, domain.UnmapPages(new Iova(lastPage), Page, 4, new IotlbGather()));
        Assert.Equal(3 * Page, AppleDartRig.Unmap(domain, lastPage + Page, 8 * Page));
        Assert.Empty(rig.Walk());
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Map_errors_are_those_of_the_sheet(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 2 * Page, 0x10_0000, Page));
        Assert.Equal(Errno.EEXIST, rig.Map(domain, 0, 0x20_0000, 4 * Page));
        Assert.Single(rig.Walk());
        Assert.Equal(Errno.ERANGE, rig.Map(domain, 0, 1UL << 36, Page, Prot.None));
        Assert.Equal(Errno.EINVAL, rig.Map(domain, 0, 0, Page, Prot.None));
        var mapped = 0UL;
        Assert.Equal(
            Errno.EINVAL, domain.MapPages(new Iova(0), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped));
    }

    [Fact]
    public void Beyond_the_tables_6_x_aliases_and_7_2_refuses()
    {
        foreach (var tree in Enum.GetValues<KernelTree>())
        {
            var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
            var domain = rig.Attached();
            Assert.Equal(Errno.OK, rig.Map(domain, (1UL << 36) - Page, 0x10_0000, Page));
            Assert.True(rig.Dma((1UL << 36) - 1).Landed);
            var expected = tree == KernelTree.V7_2 ? Errno.ENOMEM : Errno.OK;
            Assert.Equal(expected, rig.Map(domain, 1UL << 36, 0x20_0000, Page));
            Assert.Equal(tree != KernelTree.V7_2, rig.Dma(0).Landed);
            Assert.False(rig.Dma(1UL << 36).Landed);

            // The index of 7.2 has eleven bits: the next alias is at 2^47.
            Assert.Equal(Errno.OK, rig.Map(domain, (1UL << 47) + Page, 0x30_0000, Page));
            Assert.True(rig.Dma(Page).Landed);
        }
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Only_the_first_page_of_a_call_is_held_against_the_address_width(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 0, (1UL << 36) - Page, 2 * Page));
        Assert.Equal((1UL << 36) - Page, rig.Dma(0).Pa.Value);
        Assert.Equal(0UL, rig.Dma(Page).Pa.Value);
        Assert.Equal(Errno.ERANGE, rig.Map(domain, 2 * Page, 1UL << 36, Page));
    }

    [Fact]
    public void Faults_land_in_the_one_error_register_and_the_handler_clears_it()
    {
        var rig = new AppleDartRig(KernelTree.V7_2, ["t8103", "t8110"],
            [AppleDartRig.OneStream(1), new DeviceSpec { Requesters = [new(new InstanceId(1), new(200))] }]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 0x8000, 0x10_0000, Page, Prot.Read));
        Assert.Equal(T8020.ErrorWrite, rig.Dma(0x8004, DmaAccess.Write).Code);
        Assert.Equal(
            new DartFault(1, T8020.ErrorWrite, 0x8004), rig.Stack.Unit(new InstanceId(0))!.LastFault);
        Assert.Equal(0u, rig.Silicon().Read32(T8020.Error));

        rig.Attached(1);
        Assert.Equal(T8110.ErrorNoPmd, rig.Dma(0x1_2345_6789, stream: 200, instance: 1).Code);
        Assert.Equal(
            new DartFault(200, T8110.ErrorNoPmd, 0x1_2345_6789),
            rig.Stack.Unit(new InstanceId(1))!.LastFault);
        Assert.Equal(0u, rig.Silicon(1).Read32(T8110.ErrorStreams + 24));
    }

    [Fact]
    public void An_invalidation_is_done_only_once_the_busy_bit_has_been_waited_for()
    {
        var rig = new AppleDartRig(KernelTree.V7_2, ["t8103"], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        Assert.False(rig.Dma(0).Landed);
        var mapped = 0UL;
        Assert.Equal(Errno.OK, domain.MapPages(new Iova(0), new PhysAddr(0), Page, 1, Prot.Read, ref mapped));
        rig.Silicon().Write32(T8020.StreamSelect, 0x2);
        rig.Silicon().Write32(T8020.StreamCommand, T8020.CommandInvalidate);
        Assert.False(rig.Dma(0).Landed);
        Assert.NotEqual(0u, rig.Silicon().Read32(T8020.StreamCommand) & T8020.CommandBusy);
        Assert.Equal(0u, rig.Silicon().Read32(T8020.StreamCommand) & T8020.CommandBusy);
        Assert.True(rig.Dma(0).Landed);
        rig.Trace.Clear();
        rig.Silicon().Write32(T8020.StreamCommand, 1);
        Assert.Equal(1, rig.CountOf(EventKind.BadCommand));
    }

    [Fact]
    public void Devices_that_share_a_stream_share_a_group()
    {
        var rig = new AppleDartRig(KernelTree.V7_2, ["t8103"],
            [
                AppleDartRig.Device([1, 2]) with { Group = 7 },
                AppleDartRig.Device([2]) with { Group = 8 },
                AppleDartRig.Device([3]) with { Group = 9 },
                AppleDartRig.Device([2, 3]) with { Group = 10 },
            ]);
        Assert.Equal(7, rig.Driver.DeviceGroup(rig[0]));
        Assert.Equal(7, rig.Driver.DeviceGroup(rig[1]));
        Assert.Equal(9, rig.Driver.DeviceGroup(rig[2]));
        Assert.True(rig.Driver.DeviceGroup(rig[3]) < 0);
        rig.Driver.ReleaseDevice(rig[0]);
        rig.Driver.ReleaseDevice(rig[1]);
        Assert.Equal(9, rig.Driver.DeviceGroup(rig[3]));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Release_leaves_the_registers_as_they_are(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103"], [AppleDartRig.OneStream(1)]);
        rig.Driver.DeviceGroup(rig[0]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 0, 0x10_0000, Page));
        Assert.Null(rig.Driver.ReleaseDomain);
        rig.Driver.ReleaseDevice(rig[0]);
        Assert.True(rig.Dma(0).Landed);

        domain.Free();
        rig.Trace.Clear();
        Assert.False(rig.Dma(1UL << 30).Landed);
        Assert.NotEqual(0, rig.CountOf(EventKind.WalkThroughFreed));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Free_gives_every_table_back(KernelTree tree)
    {
        var rig = new AppleDartRig(tree, ["t8103-4k"], [AppleDartRig.OneStream(1)]);
        rig.Trace.Clear();
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Map(domain, 0x1f_f000, 0, 0x40_2000));
        Assert.Equal(Errno.OK, rig.Blocked().AttachDev(rig[0], domain));
        domain.Free();
        Assert.Equal(4 + 4, rig.CountOf(EventKind.TableAlloc));
        Assert.Equal(4 + 4, rig.CountOf(EventKind.TableFree));
    }

    [Fact]
    public void Pci_devices_reserve_the_doorbell_page()
    {
        var rig = new AppleDartRig(
            KernelTree.V7_2,
            ["t8103"],
            [AppleDartRig.OneStream(1) with { Pci = true }, AppleDartRig.OneStream(2)]);
        var regions = new List<ResvRegion>();
        rig.Driver.GetResvRegions(rig[0], regions);
        var region = Assert.Single(regions);
        Assert.Equal((ResvType.Msi, 0xffff_c000UL, Page), (region.Type, region.Start.Value, region.Length));
        regions.Clear();
        rig.Driver.GetResvRegions(rig[1], regions);
        Assert.Empty(regions);
    }
}
