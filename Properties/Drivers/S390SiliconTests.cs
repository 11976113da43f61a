using Conformance.Drivers.PageTables;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>Caches, condition codes, recovery, freed tables, and what the profile says of them.</summary>
public sealed class S390SiliconTests
{
    private const ulong Start = 0x1_0000_0000;
    private const ulong Pa = 0x7_0000_0000;

    [Fact]
    public void A_cached_translation_survives_unmap_until_the_sync()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Attached();
        S390Bench.Map(domain, Start, Pa, 2);
        Assert.Equal(Pa, bench.Dma(Start));

        var gather = new IotlbGather();
        domain.UnmapPages(new Iova(Start), 0x1000, 2, gather);
        Assert.Equal(Pa, bench.Dma(Start));
        Assert.Null(bench.Dma(Start + 0x1000));
        domain.IotlbSync(gather);
        Assert.Null(bench.Dma(Start));
    }

    [Fact]
    public void Flush_all_drops_the_whole_window()
    {
        var bench = new S390Bench(KernelTree.V6_12, ["zpci"]).Started();
        var domain = bench.Attached();
        S390Bench.Map(domain, 0x1_ffff_f000, Pa);
        Assert.Equal(Pa, bench.Dma(0x1_ffff_f000));
        domain.UnmapPages(new Iova(0x1_ffff_f000), 0x1000, 1, new IotlbGather());
        Assert.Equal(Pa, bench.Dma(0x1_ffff_f000));
        domain.FlushIotlbAll();
        Assert.Null(bench.Dma(0x1_ffff_f000));
    }

    [Fact]
    public void A_replaced_page_stays_cached_unless_the_map_refreshes()
    {
        foreach (var (tree, variant, start) in new[]
        {
            (KernelTree.V6_1, "zpci", Start),
            (KernelTree.V7_2, "zpci", Start),
            (KernelTree.V7_2, "zpci-tlb-refresh", 0x1000UL),
        })
        {
            var bench = new S390Bench(tree, [variant]).Started();
            var domain = bench.Attached();
            S390Bench.Map(domain, start, Pa);
            bench.Dma(start);
            S390Bench.Map(domain, start, Pa + 0x5000);
            var isStale = S390Profile.Of(tree, variant).Overlap == OverlapRule.ReplaceUntilFlushed;
            Assert.Equal(isStale ? Pa : Pa + 0x5000, bench.Dma(start));
        }
    }

    [Fact]
    public void Only_functions_with_tlb_refresh_cache_what_is_not_there()
    {
        foreach (var (variant, start, cached) in new[]
        {
            ("zpci", Start, false),
            ("zpci-tlb-refresh", 0UL, true),
        })
        {
            var bench = new S390Bench(KernelTree.V7_2, [variant]).Started();
            var domain = bench.Attached();
            Assert.Null(bench.Dma(start));
            var mapped = 0UL;
            domain.MapPages(new Iova(start), new PhysAddr(Pa), 0x1000, 1, Prot.Read, ref mapped);
            Assert.Equal(cached ? null : Pa, bench.Dma(start));
            domain.IotlbSyncMap(new Iova(start), 0x1000);
            Assert.Equal(Pa, bench.Dma(start));
        }
    }

    [Fact]
    public void Attach_and_detach_leave_nothing_cached()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var first = bench.Attached();
        S390Bench.Map(first, Start, Pa);
        bench.Dma(Start);
        var second = bench.Attached();
        Assert.Null(bench.Dma(Start));
        S390Bench.Map(second, Start, Pa + 0x1000);
        Assert.Equal(Pa + 0x1000, bench.Dma(Start));
    }

    [Theory]
    [InlineData(KernelTree.V6_1, 0x1_fffe_ffffUL, 0x1_ffff_efffUL)]
    [InlineData(KernelTree.V6_12, 0x1_ffff_ffffUL, 0x1_ffff_ffffUL)]
    [InlineData(KernelTree.V7_2, 0x1_ffff_ffffUL, 0x1_ffff_ffffUL)]
    public void Ism_firmware_stops_a_page_early_and_later_trees_make_up_for_it(
        KernelTree tree, ulong reachable, ulong last)
    {
        var bench = new S390Bench(tree, ["ism"]).Started();
        var domain = bench.Attached();
        Assert.Equal(Errno.OK, S390Bench.Map(domain, reachable & ~0xfffUL, Pa));
        Assert.Equal(Pa + 0xfff, bench.Dma(reachable));
        Assert.Equal(last, bench.Silicon().LastUsable);
        Assert.Equal((Start, last), S390Profile.Of(tree, "ism").DmaWindow);
        Assert.False(bench.Driver.Capable(bench.Device()).HasFlag(Capabilities.DeferredFlush));
    }

    [Fact]
    public void Busy_is_retried()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        bench.Silicon().BusyFor = 5;
        S390Bench.Map(bench.Attached(), Start, Pa);
        Assert.Equal(Pa, bench.Dma(Start));
        Assert.Equal(0, bench.Silicon().BusyFor);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, Errno.EIO, Errno.EIO)]
    [InlineData(KernelTree.V6_12, Errno.EIO, Errno.OK)]
    [InlineData(KernelTree.V7_2, Errno.OK, Errno.OK)]
    public void A_removed_or_failed_function_counts_as_attached_in_later_trees(
        KernelTree tree, Errno removed, Errno failed)
    {
        var bench = new S390Bench(tree, ["zpci", "zpci"]).Started();
        bench.Silicon(0).Present = false;
        bench.Stack.Zpci.Hardware.Break(bench.Silicon(1));

        Assert.Equal(removed, bench.Alloc(0).AttachDev(bench.Device(0), null));
        Assert.Equal(failed, bench.Alloc(1).AttachDev(bench.Device(1), null));
        Assert.Null(bench.Dma(Start, 0));
        Assert.Null(bench.Dma(Start, 1));
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Recovery_registers_the_table_again(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci"]).Started();
        S390Bench.Map(bench.Attached(), Start, Pa);
        bench.Stack.Zpci.Hardware.Break(bench.Silicon());
        Assert.Null(bench.Dma(Start));

        bench.Stack.Zpci.Hardware.Reset(bench.Silicon());
        ((S390Driver)bench.Driver).Recover(bench.Function());
        Assert.Equal(Pa, bench.Dma(Start));
    }

    [Fact]
    public void A_table_given_back_is_noticed_and_refuses_dma()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Attached();
        S390Bench.Map(domain, Start, Pa);
        domain.Free();
        bench.Trace.Clear();

        Assert.Null(bench.Dma(Start));
        Assert.Equal(EventKind.WalkThroughFreed, bench.Trace.Events[0].Kind);
    }

    [Fact]
    public void The_machine_refuses_what_it_cannot_understand()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Alloc();
        var instructions = bench.Stack.Zpci.Instructions;
        var handle = bench.Silicon().Handle;
        var root = domain.Table.Root;
        foreach (var anchor in new[] { 0UL, root, root | 0x808, root | 0x80c, root | 0x800, root | 0x824 })
        {
            var condition = instructions.Register(handle, Start, 0x1_ffff_ffff, anchor);
            Assert.NotEqual(S390Condition.Ok, condition.Code);
        }

        Assert.NotEqual(S390Condition.Ok, instructions.Register(handle, Start, Start, root | 0x804).Code);
        Assert.NotEqual(S390Condition.Ok, instructions.Unregister(handle).Code);
        Assert.Equal(S390Condition.HandleGone, instructions.Unregister(0x8000_0777).Code);
        Assert.Equal(Errno.EIO, instructions.Refresh(handle, Start, 0x1000));
        Assert.Equal(9, CountBad(bench));
        Assert.Equal(S390Condition.Done, instructions.Register(handle, Start, 0x1_ffff_ffff, root | 0x804));
        Assert.NotEqual(
            S390Condition.Ok, instructions.Register(handle, Start, 0x1_ffff_ffff, root | 0x804).Code);
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_real_driver_never_sends_what_the_machine_cannot_understand(KernelTree tree)
    {
        foreach (var variant in S390Firmware.Variants)
        {
            var bench = new S390Bench(tree, [variant]).Started();
            var first = bench.Attached();
            var second = bench.Attached();
            first.AttachDev(bench.Device(), second);
            bench.Driver.IdentityDomain?.AttachDev(bench.Device(), first);
            bench.Driver.BlockedDomain?.AttachDev(bench.Device(), first);
            if ((first.Ops & DomainOps.DetachDev) != 0) first.DetachDev(bench.Device());
            second.AttachDev(bench.Device(), null);
            S390Bench.Map(second, Start + 0x2000, Pa);
            S390Bench.Unmap(second, Start + 0x2000);
            bench.Driver.ReleaseDomain?.AttachDev(bench.Device(), second);
            bench.Driver.ReleaseDevice(bench.Device());
            Assert.Equal(0, CountBad(bench));
        }
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void The_profile_says_what_the_driver_shows(KernelTree tree)
    {
        foreach (var variant in S390Firmware.Variants)
        {
            var bench = new S390Bench(tree, [variant]).Started();
            var profile = S390Profile.Of(tree, variant);
            Assert.Equal(profile.Ops, bench.Driver.Ops);
            Assert.Equal(profile.HasStaticBlocked, bench.Driver.BlockedDomain is not null);
            Assert.Equal(profile.HasStaticIdentity, bench.Driver.IdentityDomain is not null);
            Assert.Equal(profile.Capabilities, bench.Driver.Capable(bench.Device()));
            var regions = new List<ResvRegion>();
            bench.Driver.GetResvRegions(bench.Device(), regions);
            Assert.Equal(profile.DriverRegions, regions);
            var domain = bench.Attached();
            Assert.Equal(profile.PagingOps, domain.Ops);
            Assert.Equal(profile.PageSizes, domain.PageSizes);
            Assert.Equal(profile.Aperture, domain.Aperture);
            Assert.Equal(profile.DmaWindow, (bench.Silicon().Base, bench.Silicon().LastUsable));
            regions.Clear();
            bench.Driver.GetResvRegions(bench.Device(), regions);
            Assert.Equal([.. profile.DriverRegions, .. profile.DriverRegionsWhilePaging], regions);
        }
    }

    private static int CountBad(S390Bench bench)
    {
        var count = 0;
        foreach (var e in bench.Trace.Events)
        {
            if (e.Kind == EventKind.BadCommand) count++;
        }

        return count;
    }
}
