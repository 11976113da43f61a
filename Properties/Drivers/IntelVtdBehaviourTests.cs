using Conformance.Drivers.IntelVtd;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>Rules of the sheet that the driver and the silicon show together, each on its own.</summary>
public sealed class IntelVtdBehaviourTests
{
    private const ulong Iova = 0x80_8060_4000;
    private const ulong Pa = 0x1_2345_6000;

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    [Theory]
    [InlineData(KernelTree.V6_1, 0x5_00f2UL, 0x80_8060_4000UL)]
    [InlineData(KernelTree.V6_12, 0x5_00f2UL, 0x80_8060_4040UL)]
    [InlineData(KernelTree.V7_2, 0x5_00f2UL, 0x80_8060_4040UL)]
    public void Unmap_of_one_leaf_sends_the_descriptor_of_the_example(KernelTree tree, ulong q0, ulong q1)
    {
        var rig = new IntelVtdRig(tree, ["legacy"], IntelVtdVectorTests.FiveDevices());
        var domain = IntelVtdVectorTests.AttachedElsewhere(rig, [1, 2, 3, 4]);
        rig.Map(domain, Iova, Pa, 0x1000);
        rig.Trace.Clear();

        Assert.Equal(0x1000UL, rig.Unmap(domain, Iova, 0x1000));
        Assert.Equal([(q0, q1)], rig.Invalidations());
    }

    [Fact]
    public void Blocking_sends_the_descriptors_of_the_example()
    {
        var rig = new IntelVtdRig(KernelTree.V7_2, ["legacy"], IntelVtdVectorTests.FiveDevices());
        var domain = IntelVtdVectorTests.AttachedElsewhere(rig, [1, 2, 3, 4]);
        rig.Probe(0);
        rig.Attach(domain);
        rig.Trace.Clear();

        rig.Attach(rig.Driver.BlockedDomain!);
        Assert.Equal([(0x18_0005_0031UL, 0UL), (0x5_00e2UL, 0UL)], rig.Invalidations());
    }

    [Fact]
    public void Blocking_in_scalable_mode_flushes_pasid_cache_then_translations()
    {
        var rig = new IntelVtdRig(KernelTree.V7_2, ["scalable-first-stage"],
            IntelVtdVectorTests.FiveDevices());
        var domain = IntelVtdVectorTests.AttachedElsewhere(rig, [1, 2, 3, 4]);
        rig.Probe(0);
        rig.Attach(domain);
        rig.Trace.Clear();

        rig.Attach(rig.Driver.BlockedDomain!);
        Assert.Equal([(0x5_0017UL, 0UL), (0x5_0026UL, 0UL)], rig.Invalidations());
        rig.Map(domain, 0x1000, Pa, 0x1000);
        rig.Trace.Clear();
        rig.Unmap(domain, 0x1000, 0x1000);
        Assert.Equal([(0x5_0036UL, 0x1040UL)], rig.Invalidations());
    }

    [Fact]
    public void A_device_with_ats_has_its_own_cache_flushed()
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { Ats = true };
        var rig = new IntelVtdRig(KernelTree.V7_2, ["legacy"], [spec]);
        rig.Probe(0);
        var domain = rig.Alloc();
        rig.Attach(domain);
        rig.Map(domain, Iova, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(Iova));
        rig.Trace.Clear();

        rig.UnmapFast(domain, Iova, 0x1000);
        Assert.Equal(Pa, rig.Dma(Iova));
        rig.Sync(domain);
        Assert.Null(rig.Dma(Iova));
        Assert.Contains((0x18_0000_0003UL, Iova), rig.Invalidations());
        Assert.Equal(5UL, rig.Stack.Memory.Read(IntelVtdVectorTests.ContextOf(rig, 0x180)) & 0xf);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Every_device_is_blocked_from_the_start_of_its_unit(KernelTree tree)
    {
        var rig = IntelVtdRig.Of(tree, "legacy");
        Assert.Null(rig.Dma(0x1000));
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, rig.Attach(domain));
        Assert.Null(rig.Dma(0x1000));
        rig.Map(domain, 0x1000, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_late_failure_leaves_the_device_blocked(KernelTree tree)
    {
        var rig = IntelVtdRig.Of(tree, "legacy");
        var old = rig.Alloc();
        rig.Map(old, 0x1000, Pa, 0x1000);
        rig.Attach(old);
        Assert.Equal(Pa, rig.Dma(0x1000));

        rig.Faults.ArmAttach(new DeviceId(0), 0, Errno.ENOMEM);
        Assert.Equal(Errno.ENOMEM, rig.Attach(rig.Alloc(), old: old));
        Assert.Null(rig.Dma(0x1000));
    }

    [Fact]
    public void A_locked_region_refuses_unmanaged_domains_of_6_1_before_any_change()
    {
        var region = new ResvRegion(ResvType.Direct, new Iova(0x8000), 0x1000, Prot.Read | Prot.Write);
        var rig = new IntelVtdRig(
            KernelTree.V6_1, ["legacy"], [IntelVtdRig.Device(0, 0x18) with { Regions = [region] }]);
        rig.Probe(0);
        var old = rig.Alloc(type: DomainType.Dma);
        rig.Map(old, 0x1000, Pa, 0x1000);
        Assert.Equal(Errno.OK, rig.Attach(old));

        Assert.Equal(Errno.EPERM, rig.Attach(rig.Alloc()));
        Assert.Equal(Pa, rig.Dma(0x1000));
    }

    [Fact]
    public void Compatibility_of_7_2_binds_one_way()
    {
        DeviceSpec[] specs = [IntelVtdRig.Device(0, 0x18), IntelVtdRig.Device(1, 0x18)];
        var rig = new IntelVtdRig(KernelTree.V7_2, ["legacy", "legacy-noncoherent"], specs);
        rig.ProbeAll();

        //// Built coherent, with 1 GiB leaves, without map flush: not for the early chipset.
        Assert.Equal(Errno.EINVAL, rig.Attach(rig.Alloc(0), 1));
        var plain = rig.Alloc(1);
        Assert.Equal(Errno.OK, rig.Attach(plain, 0));
        Assert.Equal(Errno.OK, rig.Attach(plain, 1));
        Assert.Equal(Errno.OK, rig.Map(plain, 0x1000, Pa, 0x1000));
        Assert.Equal(Pa, rig.Dma(0x1000));
        Assert.Equal(Pa, rig.Dma(0x1000, device: 1));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Domain_ids_run_out_at_14_on_a_unit_with_the_smallest_space(KernelTree tree)
    {
        var rig = IntelVtdRig.Of(tree, "legacy-noncoherent", 15);
        for (var i = 0; i < 14; i++)
        {
            Assert.Equal(Errno.OK, rig.Attach(rig.Alloc(i), i));
        }

        var last = rig.Alloc(14);
        Assert.Equal(Errno.ENOSPC, rig.Attach(last, 14));
        Assert.Null(rig.Dma(0x1000, device: 14));
        Assert.Equal(Errno.OK, rig.Attach(rig.Alloc(0), 0));
    }

    [Fact]
    public void Map_over_a_live_leaf_is_in_use_in_7_2_and_kept_in_6_x()
    {
        foreach (var tree in Enum.GetValues<KernelTree>())
        {
            var rig = IntelVtdRig.Of(tree, "legacy");
            var domain = rig.Alloc();
            rig.Attach(domain);
            rig.Map(domain, 0x1000, Pa, 0x1000);

            var errno = rig.Map(domain, 0x1000, 0x5000, 0x1000);
            Assert.Equal(tree == KernelTree.V7_2 ? Errno.EADDRINUSE : Errno.OK, errno);
            Assert.Equal(Pa, domain.IovaToPhys(new Iova(0x1000)).Value);
            Assert.Equal(Pa, rig.Dma(0x1000));
        }
    }

    [Fact]
    public void Unmap_of_a_hole_counts_an_entry_in_6_x_and_nothing_in_7_2()
    {
        foreach (var tree in Enum.GetValues<KernelTree>())
        {
            var rig = IntelVtdRig.Of(tree, "legacy");
            var domain = rig.Alloc();
            rig.Attach(domain);
            rig.Map(domain, 0x4000_0000, Pa, 0x1000);

            Assert.Equal(tree == KernelTree.V7_2 ? 0UL : 0x20_0000UL, rig.Unmap(domain, 0x4020_0000, 0x1000));
            Assert.Equal(tree == KernelTree.V7_2 ? 0UL
                : 0x4000_0000UL, rig.Unmap(domain, 0x8000_0000, 0x1000));
        }
    }

    [Fact]
    public void A_large_leaf_over_small_ones_replaces_them_in_6_x_and_needs_them_gone_in_7_2()
    {
        foreach (var tree in Enum.GetValues<KernelTree>())
        {
            var rig = IntelVtdRig.Of(tree, "legacy");
            var domain = rig.Alloc();
            rig.Attach(domain);
            rig.Map(domain, 0x20_1000, Pa, 0x1000);
            Assert.Equal(Pa, rig.Dma(0x20_1000));

            var errno = rig.Map(domain, 0x20_0000, 0x40_0000, 0x20_0000);
            Assert.Equal(tree == KernelTree.V7_2 ? Errno.EADDRINUSE : Errno.OK, errno);
            Assert.Equal(tree == KernelTree.V7_2 ? Pa : 0x40_1000, rig.Dma(0x20_1000));
        }
    }

    [Fact]
    public void Empty_tables_give_way_to_a_large_leaf_and_are_freed_after_the_flush()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "legacy");
        var domain = rig.Alloc();
        rig.Attach(domain);
        rig.Map(domain, 0x20_1000, Pa, 0x1000);
        rig.Dma(0x20_1000);
        rig.Unmap(domain, 0x20_1000, 0x1000);
        rig.Trace.Clear();

        Assert.Equal(Errno.OK, rig.Map(domain, 0x20_0000, 0x40_0000, 0x20_0000));
        Assert.Equal(1, rig.Count(EventKind.TableFree));
        Assert.Equal(0x40_1000UL, rig.Dma(0x20_1000));
        Assert.Equal(0, rig.Count(EventKind.WalkThroughFreed));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Mapped_before_attach_shows_after_it(KernelTree tree)
    {
        foreach (var variant in VtdVariants.All)
        {
            var rig = IntelVtdRig.Of(tree, variant);
            var domain = rig.Alloc();
            Assert.Equal(Errno.OK, rig.Map(domain, 0x1000, Pa, 0x3000));
            Assert.Equal(Errno.OK, rig.Attach(domain));
            Assert.Equal(Pa + 0x2000, rig.Dma(0x3000));
            Assert.Equal(0x3000UL, rig.Unmap(domain, 0x1000, 0x3000));
            Assert.Null(rig.Dma(0x3000));
        }
    }

    [Theory]
    [InlineData(KernelTree.V6_1, Errno.EFAULT)]
    [InlineData(KernelTree.V6_12, Errno.EINVAL)]
    public void High_mappings_refuse_a_narrower_unit_until_the_top_was_unmapped_exactly(KernelTree tree,
        Errno refused)
    {
        var rig = IntelVtdRig.Of(tree, "legacy");
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, rig.Map(domain, 1UL << 50, Pa, 0x1000));
        Assert.Equal(refused, rig.Attach(domain));
        Assert.Equal(Errno.EFAULT, rig.Map(domain, 1UL << 57, Pa, 0x1000));
    }

    [Fact]
    public void A_miss_is_cached_in_caching_mode_until_the_map_flush()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "legacy-caching");
        var domain = rig.Alloc();
        rig.Attach(domain);
        Assert.Null(rig.Dma(0x1000));
        var mapped = 0UL;
        Assert.Equal(Errno.OK,
            domain.MapRange(new Iova(0x1000), new PhysAddr(Pa), 0x1000, Prot.Read, ref mapped));
        Assert.Null(rig.Dma(0x1000));
        domain.IotlbSyncMap(new Iova(0x1000), 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000));
        Assert.True(rig.Stack.ForcesStrict(new InstanceId(0)));
    }

    [Fact]
    public void A_write_buffer_hides_a_mapping_until_it_is_flushed()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "legacy-noncoherent");
        var domain = rig.Alloc();
        rig.Attach(domain);
        var mapped = 0UL;
        Assert.Equal(Errno.OK,
            domain.MapRange(new Iova(0x1000), new PhysAddr(Pa), 0x1000, Prot.Read, ref mapped));
        Assert.Null(rig.Dma(0x1000));
        domain.IotlbSyncMap(new Iova(0x1000), 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Aliases_follow_their_device(KernelTree tree)
    {
        var rig = new IntelVtdRig(tree, ["legacy"], [IntelVtdRig.Device(0, 0x18, 0x100)]);
        rig.Probe(0);
        var domain = rig.Alloc();
        rig.Attach(domain);
        rig.Map(domain, 0x1000, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000, requester: 1));
        Assert.Equal(0x1000UL, rig.Unmap(domain, 0x1000, 0x1000));
        Assert.Null(rig.Dma(0x1000, requester: 1));
    }

    [Fact]
    public void The_first_stage_of_6_12_maps_its_upper_half_without_the_sign()
    {
        var rig = IntelVtdRig.Of(KernelTree.V6_12, "scalable-first-stage");
        var domain = rig.Alloc(type: DomainType.Dma);
        rig.Attach(domain);
        Assert.Equal((1UL << 47) - 1, domain.Aperture.End);
        Assert.Equal(Errno.OK, rig.Map(domain, 1UL << 47, Pa, 0x1000));
        Assert.Null(rig.Dma(1UL << 47));
        Assert.Equal(Pa, rig.Dma(0xffff_8000_0000_0000));
        rig.Unmap(domain, 1UL << 47, 0x1000);
        Assert.Null(rig.Dma(0xffff_8000_0000_0000));
    }

    [Fact]
    public void Nest_parents_are_second_stage_and_refuse_read_only_pages()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "scalable-first-stage");
        var domain = rig.Alloc(flags: AllocFlags.NestParent);
        Assert.Equal((1UL << 48) - 1, domain.Aperture.End);
        Assert.Equal(Errno.EINVAL, rig.Map(domain, 0x1000, Pa, 0x1000, Prot.Read));
        Assert.Equal(Errno.OK, rig.Map(domain, 0x1000, Pa, 0x1000, Prot.Write));
        Assert.Equal(Errno.OK, rig.Attach(domain));
        Assert.Null(rig.Dma(0x1000));
        Assert.Equal(Pa, rig.Dma(0x1000, DmaAccess.Write));
        var legacy = IntelVtdRig.Of(KernelTree.V7_2, "legacy");
        Assert.Equal(
            Errno.EOPNOTSUPP, legacy.Driver.DomainAllocPagingFlags(legacy[0], AllocFlags.NestParent).Errno);
    }

    [Fact]
    public void The_first_stage_of_7_2_maps_its_sign_extended_half()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "scalable-first-stage");
        var domain = rig.Alloc();
        rig.Attach(domain);
        Assert.Equal((1UL << 47) - 1, domain.Aperture.End);
        Assert.Equal(Errno.ERANGE, rig.Map(domain, 1UL << 47, Pa, 0x1000));
        Assert.Equal(Errno.OK, rig.Map(domain, 0xffff_8000_0000_0000, Pa, 0x1000));
        Assert.Equal(Pa, rig.Dma(0xffff_8000_0000_0000));
    }

    [Fact]
    public void Identity_of_6_1_without_pass_through_reaches_ram_and_regions_only()
    {
        var region = new ResvRegion(ResvType.Direct, new Iova(0x7fff_f000), 0x1000, Prot.Read | Prot.Write);
        var rig = new IntelVtdRig(
            KernelTree.V6_1, ["no-passthrough"], [IntelVtdRig.Device(0, 0x18) with { Regions = [region] }]);
        rig.Probe(0);
        var identity = rig.Driver.DomainAlloc(DomainType.Identity).Domain!;
        identity.Type = DomainType.Identity;
        Assert.Equal(Errno.OK, rig.Attach(identity));
        Assert.Equal(0x1000UL, rig.Dma(0x1000));
        Assert.Equal(0x3ff_f000UL, rig.Dma(0x3ff_f000));
        Assert.Null(rig.Dma(0x400_0000));
        Assert.Equal(0x7fff_f000UL, rig.Dma(0x7fff_f000));
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Without_pass_through_every_device_wishes_dma_and_identity_does_not_pass(KernelTree tree)
    {
        var rig = IntelVtdRig.Of(tree, "no-passthrough");
        Assert.Equal(DomainType.Dma, rig.Driver.DefDomainType(rig[0]));
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        Assert.Null(rig.Dma(0x1000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Interrupt_window_and_regions_are_reported(KernelTree tree)
    {
        var region = new ResvRegion(ResvType.DirectRelaxable, new Iova(0x8000), 0x1000, Prot.Read
            | Prot.Write);
        var rig = new IntelVtdRig(tree, ["legacy"],
            [IntelVtdRig.Device(0, 0x18) with { Regions = [region] }]);
        rig.Probe(0);
        List<ResvRegion> found = [];
        rig.Driver.GetResvRegions(rig[0], found);
        Assert.Equal(region, found[0]);
        Assert.Equal((ResvType.Msi, 0xfee0_0000UL, 0xfeef_ffffUL),
            (found[1].Type, found[1].Start.Value, found[1].End));
        rig.Attach(rig.Alloc());
        Assert.Null(rig.Dma(0xfee0_0000, DmaAccess.Write));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_crash_kernel_defers_and_then_replaces_the_old_entry(KernelTree tree)
    {
        foreach (var variant in new[] { "legacy", "scalable-second-stage" })
        {
            var spec = IntelVtdRig.Device(0, 0x18) with { Deferred = true };
            var rig = new IntelVtdRig(tree, [variant], [spec], kdump: true);
            rig.Probe(0);
            Assert.True(rig.Driver.IsAttachDeferred(rig[0]));
            Assert.Null(rig.Dma(0x1000));
            var domain = rig.Alloc();
            rig.Map(domain, 0x1000, Pa, 0x1000);
            Assert.Equal(Errno.OK, rig.Attach(domain));
            Assert.Equal(Pa, rig.Dma(0x1000));
            Assert.False(rig.Driver.IsAttachDeferred(rig[0]));
        }
    }

    [Fact]
    public void An_attach_after_release_on_identity_is_lost_in_legacy_mode()
    {
        var rig = IntelVtdRig.Of(KernelTree.V7_2, "legacy");
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        rig.Driver.ReleaseDevice(rig[0]);
        rig.Probe(0);
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, rig.Attach(domain));
        Assert.Equal(0x1000UL, rig.Dma(0x1000));
        Assert.Equal(Errno.OK, rig.Attach(domain, old: domain));
        Assert.Null(rig.Dma(0x1000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Release_leaves_the_device_blocked_and_its_tables_unreachable(KernelTree tree)
    {
        foreach (var variant in VtdVariants.All)
        {
            var rig = IntelVtdRig.Of(tree, variant);
            var domain = rig.Alloc();
            rig.Attach(domain);
            rig.Map(domain, 0x1000, Pa, 0x1000);
            Assert.Equal(Pa, rig.Dma(0x1000));
            if (rig.Driver.ReleaseDomain is { } release)
            {
                rig.Attach(release, old: domain);
            }

            rig.Driver.ReleaseDevice(rig[0]);
            domain.Free();
            Assert.Null(rig.Dma(0x1000));
            Assert.Equal(0, rig.Count(EventKind.WalkThroughFreed));
            Assert.Equal(0, rig.Count(EventKind.BadCommand));
        }
    }
}
