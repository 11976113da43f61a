using Conformance.Drivers.ArmSmmuV3;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>Attach rules, caches, faults and quirks of arm-smmu-v3, against its own silicon.</summary>
public class ArmSmmuV3BehaviourTests
{
    private const ulong Page = 0x1000;
    private const ulong Iova = 0x40_0000;
    private const ulong Pa = 0x1234_0000;

    private static readonly string[] S1 = [ArmSmmuV3Factory.Stage1];

    public static TheoryData<KernelTree> Trees => ArmSmmuV3Rig.Trees;

    public static TheoryData<KernelTree> ModernTrees => ArmSmmuV3Rig.ModernTrees;

    public static TheoryData<KernelTree, string> TreesAndVariants
    {
        get
        {
            var data = new TheoryData<KernelTree, string>();
            foreach (var tree in new[] { KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2 })
            {
                foreach (var variant in new ArmSmmuV3Factory().Variants)
                {
                    data.Add(tree, variant);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TreesAndVariants))]
    public void A_mapping_lives_from_map_to_unmap(KernelTree tree, string variant)
    {
        var rig = new ArmSmmuV3Rig(tree, [variant], [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Attached();
        var page = domain.PageSizes.Min;
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, 4 * page));
        for (var i = 0UL; i < 4; i++)
        {
            rig.AssertLands(Pa + (i * page) + 8, Iova + (i * page) + 8);
        }

        Assert.Equal(2 * page, ArmSmmuV3Rig.Unmap(domain, Iova + page, 2 * page));
        rig.AssertLands(Pa, Iova);
        rig.AssertRefused(SmmuEvent.Translation, Iova + page);
        rig.AssertRefused(SmmuEvent.Translation, Iova + (2 * page));
        rig.AssertLands(Pa + (3 * page), Iova + (3 * page));
    }

    [Theory]
    [MemberData(nameof(TreesAndVariants))]
    public void A_removed_table_is_gone_from_the_walk_cache_before_it_is_freed(KernelTree tree,
        string variant)
    {
        var rig = new ArmSmmuV3Rig(tree, [variant], [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Attached();
        var page = domain.PageSizes.Min;
        var block = variant == ArmSmmuV3Factory.Granule64 ? 0x2000_0000UL : 0x20_0000UL;
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, block, Pa, page));
        rig.AssertLands(Pa, block);
        Assert.Equal(block, ArmSmmuV3Rig.Unmap(domain, block, block));
        rig.AssertRefused(SmmuEvent.Translation, block + page);
        Assert.DoesNotContain(rig.Trace.Events.ToArray(), e => e.Kind == EventKind.WalkThroughFreed);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Before_start_DMA_bypasses_and_after_it_streams_abort_silently(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)], start: false);
        rig.AssertLands(Pa, Pa);
        Assert.Equal(Errno.OK, rig.Stack.StartInstance(new InstanceId(0)));
        rig.AssertRefused(SmmuEvent.BadStreamId, Pa);
        Assert.Equal(Errno.OK, rig.Driver.ProbeDevice(rig[0]));
        var events = rig.Unit.EventsSeen;
        rig.AssertRefused(SmmuEvent.None, Pa);
        Assert.Equal(events, rig.Unit.EventsSeen);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void GBPA_decides_while_the_unit_is_off(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)], start: false);
        rig.Hardware.Write32(SmmuReg.Gbpa, SmmuReg.GbpaAbort);
        rig.AssertLands(Pa, Pa);
        rig.Hardware.Write32(SmmuReg.Gbpa, SmmuReg.GbpaAbort | SmmuReg.GbpaUpdate);
        rig.AssertRefused(SmmuEvent.None, Pa);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Streams_that_firmware_keeps_in_use_start_in_bypass(KernelTree tree)
    {
        var region = new ResvRegion(ResvType.Direct, new Iova(Pa), Page, ArmSmmuV3Rig.Rw);
        var spec = ArmSmmuV3Rig.Device(0x18) with { Regions = [region] };
        var rig = new ArmSmmuV3Rig(tree, S1, [spec, ArmSmmuV3Rig.Device(0x19)]);
        rig.AssertLands(Pa, Pa);
        rig.AssertRefused(SmmuEvent.None, Pa, device: 1);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Every_stream_of_a_device_is_switched(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18, 0x1018, 0x18)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        rig.AssertLands(Pa, Iova, requester: 0);
        rig.AssertLands(Pa, Iova, requester: 1);
        Assert.Equal(rig.Entry(0x18), rig.Entry(0x1018));
    }

    [Theory]
    [InlineData(KernelTree.V6_1, Errno.ENXIO)]
    [InlineData(KernelTree.V6_12, Errno.EINVAL)]
    [InlineData(KernelTree.V7_2, Errno.EINVAL)]
    public void A_domain_lives_on_one_unit(KernelTree tree, Errno refusal)
    {
        var rig = new ArmSmmuV3Rig(
            tree, [.. S1, .. S1], [ArmSmmuV3Rig.Device(0x18), ArmSmmuV3Rig.On(1, 0x18)]);
        var domain = rig.Attached();
        var other = rig.Attached(1);
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(other, Iova, Pa, Page));
        Assert.Equal(refusal, rig.Attach(domain, 1));
        if (tree == KernelTree.V6_1)
        {
            rig.AssertRefused(SmmuEvent.None, Iova, device: 1);
        }
        else
        {
            rig.AssertLands(Pa, Iova, device: 1);
        }
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_late_failure_leaves_the_tree_s_state(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var old = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(old, Iova, Pa, Page));
        var next = rig.Alloc();
        rig.Faults.ArmAttach(rig[0].Id, 0, Errno.ENOMEM);
        Assert.Equal(Errno.ENOMEM, rig.Attach(next));
        var expected = tree == KernelTree.V6_1 ? DmaOutcome.Refused(0) : DmaOutcome.At(Pa);
        Assert.Equal(expected, rig.Dma(Iova));
        Assert.Equal(Errno.OK, rig.Attach(next));
    }

    [Fact]
    public void The_old_tree_finalises_at_attach()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V6_1, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Alloc();
        Assert.Equal(ulong.MaxValue, domain.PageSizes.Bitmap);
        Assert.Equal(Errno.ENODEV, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        Assert.Equal(0UL, ArmSmmuV3Rig.Unmap(domain, Iova, Page));
        Assert.Equal(0UL, domain.IovaToPhys(new Iova(Iova)).Value);
        Assert.Equal(Errno.OK, rig.Attach(domain));
        Assert.Equal(0x4020_1000UL, domain.PageSizes.Bitmap);
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        domain.Free();
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void Identity_and_blocked_need_no_domain(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        rig.AssertLands(Iova, Iova);
        Assert.Equal([0x9, 0x0000_1000_0000_0000, 0, 0, 0, 0, 0, 0], rig.Entry(0x18));
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.BlockedDomain!));
        rig.AssertRefused(SmmuEvent.None, Iova);
        Assert.Equal([0x1, 0, 0, 0, 0, 0, 0, 0], rig.Entry(0x18));
        Assert.Equal(Errno.OK, rig.Attach(domain));
        rig.AssertLands(Pa, Iova);
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void Abort_to_stage_1_is_hitless(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        Assert.All(Watched(rig, domain),
            o => Assert.True(o == DmaOutcome.Refused(0) || o == DmaOutcome.At(Pa)));
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void Another_stage_1_domain_passes_through_an_invalid_context(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var old = rig.Attached();
        var next = rig.Alloc();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(old, Iova, Pa, Page));
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(next, Iova, 2 * Pa, Page));
        rig.AssertLands(Pa, Iova);
        var seen = Watched(rig, next);
        Assert.Contains(DmaOutcome.Refused((uint)SmmuEvent.BadCd), seen);
        Assert.All(seen, o => Assert.True(!o.Landed || o.Pa.Value is Pa or (2 * Pa)));
        Assert.Equal(DmaOutcome.At(2 * Pa), seen[^1]);
    }

    [Fact]
    public void The_old_tree_passes_through_abort()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V6_1, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var old = rig.Attached();
        var next = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(old, Iova, Pa, Page));
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(next, Iova, 2 * Pa, Page));
        var seen = Watched(rig, old);
        Assert.Contains(DmaOutcome.Refused(0), seen);
        Assert.Equal(DmaOutcome.At(Pa), seen[^1]);
    }

    [Theory]
    [InlineData(KernelTree.V6_12, false)]
    [InlineData(KernelTree.V7_2, true)]
    public void Only_the_new_tree_flushes_when_the_last_user_leaves(KernelTree tree, bool flushes)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18), ArmSmmuV3Rig.Device(0x19)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, rig.Attach(domain, 1));
        const ulong FlushAsid = 0x0001_0000_0000_0011;
        Assert.DoesNotContain((FlushAsid, 0UL), rig.Commands(() => rig.Attach(rig.Driver.BlockedDomain!)));
        var last = rig.Commands(() => rig.Attach(rig.Driver.BlockedDomain!, 1));
        Assert.Equal(flushes, last.Contains((FlushAsid, 0UL)));
        var free = rig.Commands(domain.Free);
        Assert.Equal(!flushes, free.Contains((FlushAsid, 0UL)));
    }

    [Fact]
    public void The_new_tree_sends_nothing_for_a_domain_without_devices()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V7_2, S1, [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Alloc();
        Assert.Empty(rig.Commands(() =>
        {
            ArmSmmuV3Rig.Map(domain, Iova, Pa, Page);
            ArmSmmuV3Rig.Unmap(domain, Iova, Page);
        }));
    }

    [Theory]
    [InlineData(KernelTree.V6_12, 512)]
    [InlineData(KernelTree.V7_2, 1)]
    public void Without_ranges_many_pages_are_one_command_in_the_new_tree_only(KernelTree tree, int commands)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Linear], [ArmSmmuV3Rig.Device(0x18)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Page, Pa, 512 * Page));
        var seen = rig.Commands(() => ArmSmmuV3Rig.Unmap(domain, Page, 512 * Page));
        Assert.Equal(commands, seen.Count(c => (c.Q0 & 0xff) is 0x11 or 0x12));
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void PASIDs_translate_beside_every_kind_of_normal_domain(KernelTree tree)
    {
        var spec = ArmSmmuV3Rig.Device(0x18) with { MaxPasids = 4096 };
        var rig = new ArmSmmuV3Rig(tree, S1, [spec]);
        var own = rig.Alloc();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(own, Iova, Pa, Page));
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.BlockedDomain!));
        rig.AssertRefused(SmmuEvent.None, Iova, pasid: 3000);
        Assert.Equal(Errno.OK, rig.AttachPasid(own, 3000));
        rig.AssertLands(Pa, Iova, pasid: 3000);
        rig.AssertRefused(SmmuEvent.StreamDisabled, Iova);
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        rig.AssertLands(Pa, Iova, pasid: 3000);
        rig.AssertLands(Iova, Iova);
        var normal = rig.Attached();
        rig.AssertRefused(SmmuEvent.Translation, Iova);
        rig.AssertLands(Pa, Iova, pasid: 3000);
        Assert.Equal(Errno.OK, rig.AttachPasid(rig.Driver.BlockedDomain!, 3000, own));
        rig.AssertRefused(SmmuEvent.BadCd, Iova, pasid: 3000);
        rig.AssertRefused(SmmuEvent.BadSubstreamId, Iova, pasid: 4096);
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(normal, Iova, 2 * Pa, Page));
        rig.AssertLands(2 * Pa, Iova);
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void The_last_PASID_takes_the_contexts_out_of_the_entry(KernelTree tree)
    {
        var spec = ArmSmmuV3Rig.Device(0x18) with { MaxPasids = 16 };
        var rig = new ArmSmmuV3Rig(tree, S1, [spec]);
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        var own = rig.Alloc();
        Assert.Equal(Errno.OK, rig.AttachPasid(own, 1));
        Assert.Equal(0xBUL, rig.Entry(0x18)[0] & 0xf);
        Assert.Equal(Errno.OK, rig.AttachPasid(rig.Driver.BlockedDomain!, 1, own));
        Assert.Equal(0x9UL, rig.Entry(0x18)[0]);
        rig.AssertLands(Iova, Iova);
    }

    [Theory]
    [MemberData(nameof(ModernTrees))]
    public void Stage_2_has_no_PASIDs(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Stage2], [ArmSmmuV3Rig.Device(0x18)]);
        Assert.Equal(Errno.EINVAL, rig.AttachPasid(rig.Attached(), 1));
        Assert.Equal(0U, rig[0].MaxPasids);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Device_caches_are_told_of_every_change(KernelTree tree)
    {
        var spec = ArmSmmuV3Rig.Device(0x18) with { Ats = true };
        var rig = new ArmSmmuV3Rig(tree, S1, [spec]);
        var domain = rig.Attached();
        Assert.True(rig.Hardware.Function(0x18).Enabled);
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, 2 * Page));
        rig.AssertLands(Pa, Iova);
        rig.AssertLands(Pa + Page, Iova + Page);
        ArmSmmuV3Rig.Unmap(domain, Iova, Page);
        rig.AssertRefused(SmmuEvent.Translation, Iova);
        rig.AssertLands(Pa + Page, Iova + Page);
        rig.Attached();
        rig.AssertRefused(SmmuEvent.Translation, Iova + Page);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, Errno.EINVAL)]
    [InlineData(KernelTree.V6_12, Errno.EINVAL)]
    [InlineData(KernelTree.V7_2, Errno.ENODEV)]
    public void Probe_refuses_what_it_cannot_tell_apart(KernelTree tree, Errno aliased)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Linear], [ArmSmmuV3Rig.Device(0x18)]);
        var twin = new IommuDevice(new DeviceId(1), ArmSmmuV3Rig.Device(0x18));
        var far = new IommuDevice(new DeviceId(2), ArmSmmuV3Rig.Device(0x100));
        Assert.Equal(aliased, rig.Driver.ProbeDevice(twin));
        Assert.Equal(Errno.ERANGE, rig.Driver.ProbeDevice(far));
        Assert.Equal(Errno.EBUSY, rig.Driver.ProbeDevice(rig[0]));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Reserved_regions_and_wishes(KernelTree tree)
    {
        var spec = ArmSmmuV3Rig.Device(0x18) with { Wish = DeviceWish.Identity };
        var rig = new ArmSmmuV3Rig(tree, S1, [spec]);
        var regions = new List<ResvRegion>();
        rig.Driver.GetResvRegions(rig[0], regions);
        Assert.Equal((ResvType.SwMsi, 0x800_0000UL, 0x10_0000UL),
            (regions[0].Type, regions[0].Start.Value, regions[0].Length));
        Assert.Equal(DomainType.Identity, rig.Driver.DefDomainType(rig[0]));
    }

    [Theory]
    [InlineData(KernelTree.V7_2, AllocFlags.NestParent, Errno.EOPNOTSUPP)]
    [InlineData(KernelTree.V7_2, AllocFlags.DirtyTracking | AllocFlags.Pasid, Errno.OK)]
    [InlineData(KernelTree.V6_12, AllocFlags.Pasid, Errno.EOPNOTSUPP)]
    [InlineData(KernelTree.V6_12, AllocFlags.DirtyTracking, Errno.OK)]
    public void Allocation_flags(KernelTree tree, AllocFlags flags, Errno errno)
    {
        var rig = new ArmSmmuV3Rig(tree, S1, [ArmSmmuV3Rig.Device(0x18)]);
        Assert.Equal(errno, rig.Driver.DomainAllocPagingFlags(rig[0], flags).Errno);
    }

    [Fact]
    public void A_command_the_unit_does_not_have_is_replaced_and_the_queue_goes_on()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V7_2, S1, [ArmSmmuV3Rig.Device(0x18)]);
        rig.Trace.Clear();
        rig.Unit.Queue.Add(new SmmuCommand(0xff, 0));
        rig.Unit.Queue.SyncConfig();
        Assert.Contains(rig.Trace.Events.ToArray(), e => e.Kind == EventKind.BadCommand && e.A == 0xff);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, Page));
        rig.AssertLands(Pa, Iova);
    }

    [Fact]
    public void An_event_queue_that_nobody_reads_overflows_once()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V7_2, S1, [ArmSmmuV3Rig.Device(0x18)]);
        rig.Attached();
        for (var i = 0; i < 300; i++)
        {
            rig.Hardware.Dma(0x18, false, 0, Iova, DmaAccess.Read, privileged: true);
        }

        Assert.NotEqual(0U, rig.Hardware.Read32(SmmuReg.EvtqProd) & SmmuReg.QueueOverflow);
        rig.Unit.ServiceEvents();
        Assert.Equal(128, rig.Unit.EventsSeen);
        Assert.False(rig.Hardware.EventInterrupt);
    }

    [Theory]
    [MemberData(nameof(TreesAndVariants))]
    public void Every_domain_gives_back_its_tables(KernelTree tree, string variant)
    {
        var rig = new ArmSmmuV3Rig(tree, [variant], [ArmSmmuV3Rig.Device(0x18)]);
        rig.Trace.Clear();
        for (var i = 0; i < 3; i++)
        {
            var domain = rig.Attached();
            Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, Iova, Pa, 0x100_0000));
            rig.Driver.ReleaseDevice(rig[0]);
            domain.Free();
            Assert.Equal(Errno.OK, rig.Driver.ProbeDevice(rig[0]));
        }

        var events = rig.Trace.Events.ToArray();
        var made = events.Where(e => e.Kind == EventKind.TableAlloc).Sum(e => (long)e.C);
        var freed = events.Where(e => e.Kind == EventKind.TableFree).Sum(e => (long)e.C);
        Assert.Equal(made, freed);
        Assert.NotEqual(0, made);
    }

    /// <summary>What the device gets after each command of an attach.</summary>
    private static List<DmaOutcome> Watched(ArmSmmuV3Rig rig, IommuDomain domain)
    {
        var seen = new List<DmaOutcome>();
        rig.Hardware.CommandDone = (_, _) => seen.Add(rig.Dma(Iova));
        Assert.Equal(Errno.OK, rig.Attach(domain));
        rig.Hardware.CommandDone = null;
        seen.Add(rig.Dma(Iova));
        return seen;
    }
}
