using Conformance.Drivers.PageTables;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>Attach, window and map rules of s390-iommu in each tree, seen from outside.</summary>
public sealed class S390BehaviourTests
{
    private const ulong Start = 0x1_0000_0000;
    private const ulong LastPage = 0x1_ffff_f000;
    private const ulong Pa = 0x7_0000_0000;

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Nothing_gets_through_before_the_instance_starts(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci"]);
        Assert.Null(bench.Dma(Start));
        Assert.Empty(bench.Walk());
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_started_function_is_blocked(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci"]).Started();
        Assert.Null(bench.Dma(Start));
        Assert.Empty(bench.Walk());
    }

    [Fact]
    public void A_started_function_of_6_1_is_on_the_platform_table()
    {
        var bench = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var content = S390PlatformTable.Content(Start);
        Assert.Equal(content.Pa + 0x2345, bench.Dma(Start + 0x2345));
        Assert.Null(bench.Dma(Start + content.Length));
        Assert.Equal([content], bench.Walk());
    }

    [Fact]
    public void Detach_of_6_1_goes_to_a_new_platform_table_and_release_to_none()
    {
        var bench = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var first = bench.Function().PlatformTable!.Root;
        var domain = bench.Attached();
        S390Bench.Map(domain, Start, Pa);
        Assert.Equal(Pa, bench.Dma(Start));

        domain.DetachDev(bench.Device());

        Assert.NotEqual(first, bench.Function().PlatformTable!.Root);
        Assert.Equal(S390PlatformTable.Buffer, bench.Dma(Start));
        bench.Driver.ReleaseDevice(bench.Device());
        Assert.Null(bench.Dma(Start));
        bench.Driver.ProbeDevice(bench.Device());
        Assert.Equal(S390PlatformTable.Buffer, bench.Dma(Start));
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_refused_attach_leaves_the_function_unregistered(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci"]).Started();
        var old = bench.Attached();
        S390Bench.Map(old, Start, Pa);
        bench.Faults.ArmAttach(bench.Device().Id, 0, Errno.ENOMEM);

        Assert.Equal(Errno.ENOMEM, bench.Alloc().AttachDev(bench.Device(), old));

        Assert.Null(bench.Dma(Start));
        Assert.False(bench.Silicon().Registered);
        Assert.Null(bench.Function().PlatformTable);
        Assert.Equal(Errno.OK, old.AttachDev(bench.Device(), null));
        Assert.Equal(Pa, bench.Dma(Start));
    }

    [Fact]
    public void Another_window_is_refused_by_6_1_only_after_the_switch()
    {
        var bench = new S390Bench(KernelTree.V6_1, ["zpci", "zpci-tlb-refresh"]).Started();
        var domain = bench.Attached();
        Assert.Equal(S390PlatformTable.Buffer, bench.Dma(0, 1));

        Assert.Equal(Errno.EINVAL, domain.AttachDev(bench.Device(1), null));

        Assert.Null(bench.Dma(0, 1));
        Assert.False(bench.Silicon(1).Registered);
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_window_disjoint_with_the_aperture_is_refused_before_any_change(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci", "far"], firmwareOf: Far).Started();
        var old = bench.Attached(1);
        S390Bench.Map(old, Start, Pa);
        var other = bench.Alloc();
        other.SetAperture(0, 0xffff);

        Assert.Equal(Errno.EINVAL, other.AttachDev(bench.Device(1), old));
        Assert.Equal(Pa, bench.Dma(Start, 1));
    }

    [Fact]
    public void Other_windows_share_a_domain_from_6_12_on()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci", "zpci-tlb-refresh"]).Started();
        var domain = bench.Attached();
        Assert.Equal(Errno.OK, domain.AttachDev(bench.Device(1), null));
        Assert.Equal(Errno.OK, S390Bench.Map(domain, 0x1000, Pa));

        Assert.Equal(Pa, bench.Dma(0x1000, 1));
        Assert.Null(bench.Dma(0x1000));
    }

    [Fact]
    public void Only_pci_functions_are_ours()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]);
        var device = bench.Device();
        var platform = new IommuDevice(device.Id, device.Spec with { Pci = false });
        Assert.Equal(Errno.ENODEV, bench.Driver.ProbeDevice(platform));
        Assert.Equal(Errno.ENODEV, S390Profile.Of(KernelTree.V7_2, "zpci").CheckProbe!(platform.Spec));
    }

    [Fact]
    public void A_domain_of_6_1_can_be_mapped_only_after_its_first_attach()
    {
        var bench = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var domain = bench.Alloc();
        Assert.Equal(new Aperture(0, 0, Force: false), domain.Aperture);
        Assert.Equal(Errno.EINVAL, S390Bench.Map(domain, Start, Pa));

        domain.AttachDev(bench.Device(), null);

        Assert.Equal(new Aperture(Start, 0x1_ffff_ffff, Force: true), domain.Aperture);
        Assert.Equal(Errno.OK, S390Bench.Map(domain, Start, Pa));
    }

    [Fact]
    public void The_last_page_of_the_aperture_is_lost_in_6_1_and_found_later()
    {
        var old = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var oldDomain = old.Attached();
        Assert.Equal(Errno.EINVAL, S390Bench.Map(oldDomain, LastPage, Pa));
        Assert.Equal(Errno.OK, S390Bench.Map(oldDomain, LastPage - 0x1000, Pa));
        Assert.Equal(0UL, S390Bench.Unmap(oldDomain, LastPage));

        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Attached();
        Assert.Equal(Errno.OK, S390Bench.Map(domain, LastPage, Pa));
        Assert.Equal(Pa + 0xfff, bench.Dma(LastPage + 0xfff));
        Assert.Equal(Errno.OK, S390Bench.Map(domain, 0x3ff_ffff_f000, Pa));
        Assert.Equal(Errno.EINVAL, S390Bench.Map(domain, 0x400_0000_0000, Pa));
        Assert.Equal(0UL, S390Bench.Unmap(domain, 0x3ff_ffff_f000, 2));
    }

    [Fact]
    public void Map_beyond_the_window_succeeds_from_6_12_on_but_no_dma_gets_there()
    {
        var bench = new S390Bench(KernelTree.V6_12, ["zpci"]).Started();
        var domain = bench.Attached();
        Assert.Equal(Errno.OK, S390Bench.Map(domain, Start - 0x1000, Pa, 2));
        Assert.Equal(Errno.OK, S390Bench.Map(domain, LastPage, Pa, 2));

        Assert.Null(bench.Dma(Start - 1));
        Assert.Equal(Pa + 0x1000, bench.Dma(Start));
        Assert.Equal(Pa + 0xfff, bench.Dma(LastPage + 0xfff));
        Assert.Null(bench.Dma(LastPage + 0x1000));
        Assert.Equal((uint)S390EventCode.OutOfRange, (uint)bench.Stack.Zpci.Hardware.LastEvent!.Value.Code);
    }

    [Fact]
    public void Permissions_of_a_map_per_tree()
    {
        var old = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var oldDomain = old.Attached();
        Assert.Equal(Errno.EINVAL, S390Bench.Map(oldDomain, Start, Pa, prot: Prot.Write));
        Assert.Equal(Errno.EINVAL, S390Bench.Map(oldDomain, Start, Pa, prot: Prot.None));

        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Attached();
        Assert.Equal(Errno.OK, S390Bench.Map(domain, Start, Pa, prot: Prot.Write));
        Assert.Equal(Errno.OK, S390Bench.Map(domain, Start + 0x1000, Pa, prot: Prot.None));
        Assert.Equal(Pa, bench.Dma(Start));
        Assert.Equal(Pa, bench.Dma(Start, access: DmaAccess.Write));
        Assert.Equal(Pa, bench.Dma(Start + 0x1000));
        Assert.Null(bench.Dma(Start + 0x1000, access: DmaAccess.Write));
    }

    [Fact]
    public void Unmap_of_6_1_looks_at_the_first_page_of_each_unit_only()
    {
        var bench = new S390Bench(KernelTree.V6_1, ["zpci"]).Started();
        var domain = bench.Attached();
        var gather = new IotlbGather();
        S390Bench.Map(domain, Start, Pa);
        S390Bench.Map(domain, Start + 0x3000, Pa);
        Assert.Equal(0x4000UL, domain.UnmapPages(new Iova(Start), 0x4000, 1, gather));
        Assert.Null(bench.Dma(Start + 0x3000));

        S390Bench.Map(domain, Start + 0x1000, Pa);
        Assert.Equal(0UL, domain.UnmapPages(new Iova(Start), 0x2000, 1, gather));
        Assert.Equal(Pa, bench.Dma(Start + 0x1000));

        S390Bench.Map(domain, Start, 0);
        Assert.Equal(0UL, S390Bench.Unmap(domain, Start));
        Assert.Equal(0UL, bench.Dma(Start));
    }

    [Fact]
    public void Unmap_counts_holes_in_full_from_6_12_on()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"]).Started();
        var domain = bench.Attached();
        Assert.Equal(0x3000UL, S390Bench.Unmap(domain, Start, 3));
        S390Bench.Map(domain, Start + 0x1000, Pa);
        Assert.Equal(0x3000UL, S390Bench.Unmap(domain, Start, 3));
        Assert.Null(bench.Dma(Start + 0x1000));
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V7_2)]
    public void Iova_to_phys_forgets_the_offset_in_the_page(KernelTree tree)
    {
        var domain = new S390Bench(tree, ["zpci"]).Started().Attached();
        S390Bench.Map(domain, Start, Pa);
        Assert.Equal(new PhysAddr(Pa), domain.IovaToPhys(new Iova(Start + 0x123)));
        Assert.Equal(new PhysAddr(0), domain.IovaToPhys(new Iova(Start + 0x1000)));
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void The_blocking_attach_halts_all_dma(KernelTree tree)
    {
        var bench = new S390Bench(tree, ["zpci"]).Started();
        S390Bench.Map(bench.Attached(), Start, Pa);
        Assert.Equal(Pa, bench.Dma(Start));

        Assert.Equal(Errno.OK, bench.Driver.BlockedDomain!.AttachDev(bench.Device(), null));
        Assert.Null(bench.Dma(Start));
        Assert.Equal(Errno.OK, bench.Driver.BlockedDomain!.AttachDev(bench.Device(), null));
    }

    [Fact]
    public void Identity_reaches_the_size_of_the_window()
    {
        var bench = new S390Bench(KernelTree.V7_2, ["zpci-rtr"]).Started();
        Assert.Equal(Errno.OK, bench.Driver.IdentityDomain!.AttachDev(bench.Device(), null));
        var profile = S390Profile.Of(KernelTree.V7_2, "zpci-rtr");

        foreach (var pa in new ulong[] { 0, 0x1234, Start, 0x3fe_ffff_ffff, 0x3ff_0000_0000, ulong.MaxValue })
        {
            Assert.Equal(profile.IdentityReaches(new Iova(pa)) ? pa : null, bench.Dma(pa));
        }

        Assert.Equal(0x3fe_ffff_ffffUL, bench.Dma(0x3fe_ffff_ffff));
        Assert.Null(bench.Dma(0x3ff_0000_0000));
        Assert.Equal([new TranslationRun(0, 0, 0, Read: true, Write: true)], bench.Walk());
    }

    [Fact]
    public void Identity_exists_only_with_relaxed_translation_in_7_2()
    {
        Assert.Null(new S390Bench(KernelTree.V7_2, ["zpci"]).Driver.IdentityDomain);
        Assert.Null(new S390Bench(KernelTree.V6_12, ["zpci-rtr"]).Driver.IdentityDomain);
        Assert.NotNull(new S390Bench(KernelTree.V7_2, ["zpci-rtr"]).Driver.IdentityDomain);
    }

    [Theory]
    [InlineData("zpci-rsx", S390Format.RegionSecond, (1UL << 53) - 1, 0x8_0001_2345_6000UL)]
    [InlineData("zpci-rfx", S390Format.RegionFirst, ulong.MaxValue, 0x2008_0001_2345_6000UL)]
    public void Wide_windows_get_deep_tables(string variant, int level, ulong last, ulong iova)
    {
        var bench = new S390Bench(KernelTree.V7_2, [variant]).Started();
        var domain = bench.Attached();
        Assert.Equal((level, last), (domain.Table.RootLevel, domain.Aperture.End));
        var top = last & ~0xfffUL;
        S390Bench.Map(domain, iova, Pa);
        S390Bench.Map(domain, top, Pa + 0x1000);

        Assert.Equal(Pa, bench.Dma(iova));
        Assert.Equal(Pa + 0x1fff, bench.Dma(last));
        Assert.Null(bench.Dma(iova & ((1UL << 42) - 1)));
        Assert.Equal(2, bench.Walk().Count);
    }

    [Fact]
    public void A_window_too_wide_for_the_tables_is_cut_at_allocation()
    {
        var wide = new S390Firmware(Start, (1UL << 57) - 1);
        var bench = new S390Bench(KernelTree.V7_2, ["zpci"], firmwareOf: _ => wide).Started();
        Assert.Equal((1UL << 57) - 1, bench.Function().EndDma);
        bench.Attached();
        Assert.Equal((1UL << 42) - 1, bench.Function().EndDma);
        Assert.Equal((1UL << 42) - 1, bench.Silicon().Limit);
    }

    private static S390Firmware Far(string variant) =>
        variant == "far" ? new S390Firmware(Start, LastPage + 0xfff) : S390Firmware.Of(variant);
}
