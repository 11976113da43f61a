using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>What is not promised must not be reported, and what is reported must have one name.</summary>
public sealed class LatitudeTests
{
    private static readonly int Slot = DomainRef.Slot(0).Packed;

    [Fact]
    public void A_rescue_after_a_failed_rollback_is_no_ordinary_blocking_attach()
    {
        var bench = new RuleBench("v6.7").Start();
        bench.Begin(Op.Sync).Direct(1, 0x1_0000, 0x1000, RuleBench.Default).End()
            .Begin(Op.ClaimGroup, 1, 0).Note(0, r => r with { Blocking = RuleBench.Blocked })
            .SetBegin(0, RuleBench.Blocked).Attach(0, RuleBench.Blocked)
            .Attach(0, RuleBench.Default).Attach(1, RuleBench.Default, Errno.ENOMEM)
            .Attach(1, RuleBench.Blocked)
            .Warn(WarnCode.RollbackFailed)
            .SetEnd(0, RuleBench.Blocked, errno: Errno.EINVAL).End(Errno.EINVAL)
            .Dma(1, 0x1_0000, null);
        Assert.Empty(bench.Violations);
    }

    [Theory]
    [InlineData("v6.5")]
    [InlineData("v7.2")]
    public void The_record_of_a_deferred_device_may_name_the_former_default_while_its_type_changes(string era)
    {
        var setting = new BenchSetting().Kdump().With(0, d => d with { Deferred = true });
        var bench = new RuleBench(era, setting).Begin(Op.Register)
            .OfDevice(EventKind.ProbeDevice, 0).Join(0, 0).OfDevice(EventKind.Deferred, 0, flag: true)
            .Note(0, _ => new Record(RuleBench.Default, RuleBench.Default, DomainId.None, 0, 0)).End();
        bench.Begin(Op.SetType, 0).Note(0, r => r with { Default = RuleBench.Identity })
            .SetBegin(0, RuleBench.Identity).Note(0, r => r with { Domain = RuleBench.Identity })
            .SetEnd(0, RuleBench.Identity).End();
        bench.Begin(Op.SetType, 0).Note(0, r => r with { Default = RuleBench.OtherDefault })
            .SetBegin(0, RuleBench.OtherDefault).Note(0, r => r with { Domain = RuleBench.OtherDefault })
            .SetEnd(0, RuleBench.OtherDefault).End();
        Assert.False(bench.Breaks(25));
        bench.Begin(Op.Sync).Note(0, r => r with { Domain = RuleBench.Identity }).End();
        Assert.True(bench.Breaks(25));
    }

    [Fact]
    public void After_a_claim_without_owner_counts_and_types_are_not_judged()
    {
        var bench = new RuleBench("v5.19").Start();
        bench.Begin(Op.ClaimGroup, 0, 0).Note(0, r => r with { Blocking = RuleBench.Blocked })
            .Move(0, RuleBench.Blocked).Note(0, r => r with { Count = 1 }).End()
            .Begin(Op.SetType, 0).Note(0, r => r with { Default = RuleBench.Identity }).End();
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void A_group_split_by_an_attach_that_is_not_undone_has_its_users_domain()
    {
        var bench = new RuleBench("v5.19").Start().Claim().AllocSlot().Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.AttachGroup, Slot, 0).SetBegin(0, RuleBench.User).Attach(0, RuleBench.User)
            .Attach(1, RuleBench.User, Errno.EINVAL).SetEnd(0, RuleBench.User, errno: Errno.EINVAL)
            .End(Errno.EINVAL).Dma(0, 0x1000, 0x9000);
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void A_detach_that_moves_nobody_leaves_the_split_as_it_was()
    {
        var bench = new RuleBench("v5.19").Start().Claim().AllocSlot().Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.AttachGroup, Slot, 0).SetBegin(0, RuleBench.User).Attach(0, RuleBench.User)
            .Attach(1, RuleBench.User, Errno.EINVAL).SetEnd(0, RuleBench.User, errno: Errno.EINVAL)
            .End(Errno.EINVAL).Begin(Op.DetachGroup, Slot, 0).End().Dma(0, 0x1000, 0x9000);
        Assert.Empty(bench.Violations);
    }

    /// <summary>What still lands is what the present domain has unmapped: R12's alone.</summary>
    [Fact]
    public void An_old_translation_of_the_present_domain_is_not_one_of_a_domain_left_or_freed()
    {
        var bench = new RuleBench().Start().AllocSlot(1).AttachSlot(1)
            .Map(DomainRef.Slot(1), new DomainId(6), 0x1000, 0x9000, 0x1000).Detach(1)
            .AllocSlot().AttachSlot().Map(0x1000, 0x9000, 0x1000).Unmap(0x1000, 0x1000);
        bench.Dma(0, 0x1000, 0x9000);
        Assert.True(bench.Breaks(12));
        Assert.False(bench.Breaks(2));
        bench.Begin(Op.Free, DomainRef.Slot(1).Packed).OfDomain(EventKind.DomainFree, new DomainId(6)).End()
            .Dma(1, 0x1000, 0x9000);
        Assert.False(bench.Breaks(5));
    }

    [Fact]
    public void An_old_translation_that_lands_after_a_PASID_was_detached_is_not_the_detach_s_doing()
    {
        var bench = new RuleBench().Start().AllocSlot(device: 2).AttachSlot(group: 1)
            .Map(0x1000, 0x9000, 0x1000).Unmap(0x1000, 0x1000)
            .Begin(Op.DetachPasid, Slot, 2, extra: 1).SetPasid(2, 1, RuleBench.Blocked).End()
            .Dma(2, 0x1000, 0x9000);
        Assert.True(bench.Breaks(12));
        Assert.False(bench.Breaks(23));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_detach_that_calls_no_driver_affects_no_requests(bool calls)
    {
        var bench = new RuleBench().Start().AllocSlot(device: 2).AttachSlot(group: 1)
            .Map(0x1000, 0x9000, 0x1000).Begin(Op.DetachPasid, Slot, 2, extra: 1);
        bench = calls ? bench.SetPasid(2, 1, RuleBench.Blocked) : bench;
        bench.End().Dma(2, 0x1000, null);
        Assert.Equal(calls, bench.Breaks(23));
    }

    /// <summary>
    /// The unmap says to have removed the rest of a large page inside which it began. If the driver kept the
    /// page, R12 and R40 say so, and no other rule.
    /// </summary>
    [Fact]
    public void What_is_mapped_into_a_large_page_that_was_cut_is_R39_s_alone()
    {
        var bench = new RuleBench().Start().AllocSlot(1).AttachSlot(1)
            .Map(DomainRef.Slot(1), new DomainId(6), 0x2000, 0x2000, 0x1000).Detach(1)
            .AllocSlot().AttachSlot().Map(0, 0, 0x20_0000, page: 0x20_0000)
            .Unmap(0x1000, 0x1000, 0x20_0000).Dma(0, 0x2fff, 0x2fff);
        Assert.Equal([12, 40], bench.Violations.Select(v => v.Rule.Number).Distinct());
        bench.Map(0x1000, 0x10_0000, 0x2000).Dma(1, 0x2ffe, 0x2ffe);
        Assert.Equal([12, 40, 39], bench.Violations.Select(v => v.Rule.Number).Distinct());
    }

    [Fact]
    public void A_size_that_is_no_whole_page_promises_nothing_beyond()
    {
        var bench = new RuleBench().Start().AllocSlot().AttachSlot()
            .Begin(Op.Map, Slot, 0, 0x1000, 0x1001)
            .Pages(EventKind.MapRange, RuleBench.User, 0x1000, 0x9000, 0x1000, 2, 0x2000)
            .Event(EventKind.CoreMap, (ref TraceEvent e) =>
            {
                (e.Domain, e.A, e.B, e.C) = (RuleBench.User, 0x1000, 0x9000, 0x1001);
                e.Extra = (byte)(Prot.Read | Prot.Write);
            }).End().Dma(0, 0x2001, 0xa001);
        Assert.Empty(bench.Violations);
    }

    /// <summary>Even where an earlier mark has cut the entry of the large page in two.</summary>
    [Fact]
    public void A_large_page_that_goes_with_its_first_bytes_is_stale_as_a_whole()
    {
        var bench = new RuleBench().Start().AllocSlot().AttachSlot().Map(0x1000, 0x9000, 0x1000)
            .Unmap(0x1000, 0x1000, fast: true).Map(0, 0, 0x20_0000, page: 0x20_0000)
            .Unmap(0, 0x1000, 0x20_0000, fast: true).Map(0x1000, 0x9000, 0x2000)
            .Dma(0, 0x2fff, 0x2fff);
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void A_region_that_a_caller_has_unmapped_need_not_be_there_at_a_deferred_attach()
    {
        var setting = new BenchSetting().Kdump().With(0, d => d with { Deferred = true });
        var bench = new RuleBench("v7.2", setting).Begin(Op.Register).OfDevice(EventKind.ProbeDevice, 0)
            .Join(0, 0).OfDevice(EventKind.Deferred, 0, flag: true).Alloc(RuleBench.Default, DomainType.Dma)
            .Direct(0, 0x1_0000, 0x1000, RuleBench.Default)
            .Note(0, _ => new Record(RuleBench.Default, RuleBench.Default, DomainId.None, 0, 0)).End()
            .Begin(Op.Unmap, DomainRef.DefaultOf(new GroupId(0)).Packed, 0, 0x1_0000, 0x1000)
            .Event(EventKind.CoreUnmap, (ref TraceEvent e) =>
                (e.Domain, e.A, e.C, e.E) = (RuleBench.Default, 0x1_0000, 0x1000, 0x1000)).End()
            .Begin(Op.DeferredAttach, 0).Attach(0, RuleBench.Default)
            .OfDevice(EventKind.Deferred, 0).End();
        Assert.False(bench.Breaks(33));
        Assert.Equal(1, bench.Exercised(33));
    }

    [Theory]
    [InlineData("v6.3", false)]
    [InlineData("v6.5", true)]
    public void Before_v6_5_a_device_joins_an_owned_group_that_was_on_nothing_without_attach(
        string era, bool breaks)
    {
        var bench = new RuleBench(era).StartAlone().Claim()
            .Begin(Op.Sync).Note(0, r => r with { Domain = DomainId.None, Default = DomainId.None }).End()
            .Begin(Op.Probe, 1).OfDevice(EventKind.ProbeDevice, 1).Join(1, 0)
            .Note(0, r => r with { Domain = RuleBench.Default, Default = RuleBench.Default })
            .OfDevice(EventKind.ProbeFinalize, 1).End();
        Assert.Equal(breaks, bench.Breaks(34));
        Assert.False(bench.Breaks(11));
    }

    [Fact]
    public void A_map_beyond_the_declared_width_promises_nothing()
    {
        var bench = new RuleBench().Start().AllocSlot().Map(0x1000, 1UL << 50, 0x1000).AttachSlot()
            .Dma(0, 0x1000, 0x0);
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void A_request_that_wraps_promises_nothing()
    {
        var bench = new RuleBench().Start().AllocSlot().AttachSlot();
        bench.Map(0xffff_ffff_ffff_f000, 0x9000, 0x2000)
            .Dma(0, 0x0, 0xa000).Dma(0, 0xffff_ffff_ffff_f000, null)
            .Unmap(0xffff_ffff_ffff_f000, 0x2000, 0).Dma(0, 0x0, 0xa000);
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void An_ignored_type_is_told_by_R63_alone()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with { KnownTypes = [DomainType.Dma], IgnoresUnknownTypes = true };
        var bench = new RuleBench("v6.5", setting with { Profile = profile }).Start()
            .AllocSlot().AttachSlot().Dma(0, 0x1000, 0x1000);
        Assert.All(bench.Violations, v => Assert.Equal(63, v.Rule.Number));
        Assert.NotEmpty(bench.Violations);
    }

    [Fact]
    public void A_driver_that_declares_to_block_after_a_refusal_is_judged_by_R7_alone()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with { RefusedAttach = RefusedAttach.Blocked };
        var bench = new RuleBench("v7.2", setting with { Profile = profile }).Start().AllocSlot(1)
            .Begin(Op.Map, DomainRef.DefaultOf(new GroupId(1)).Packed, 0, 0x1000, 0x1000)
            .Event(EventKind.CoreMap, (ref TraceEvent e) =>
            {
                (e.Domain, e.A, e.B, e.C) = (RuleBench.OtherDefault, 0x1000, 0x9000, 0x1000);
                e.Extra = (byte)(Prot.Read | Prot.Write);
            }).End()
            .Begin(Op.AttachGroup, DomainRef.Slot(1).Packed, 1).SetBegin(1, new DomainId(6))
            .Attach(2, new DomainId(6), Errno.ENOMEM, RuleBench.OtherDefault)
            .SetEnd(1, new DomainId(6), errno: Errno.ENOMEM).End(Errno.ENOMEM)
            .Dma(2, 0x1000, null);
        Assert.Equal([7], bench.Violations.Select(v => v.Rule.Number));
        bench.Begin(Op.Sync).End().Dma(2, 0x1000, null);
        Assert.Single(bench.Violations);
    }

    [Fact]
    public void Untranslated_windows_and_addresses_outside_the_fabric_are_left_out()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with
        {
            Untranslated = (0xfee0_0000, 0xfeef_ffff),
            DmaWindow = (0x1000, 0xffff_ffff),
        };
        var bench = new RuleBench("v7.2", setting with { Profile = profile }).Start(DomainType.Identity)
            .Dma(0, 0xfee0_0000, null).Dma(0, 0x1_0000_0000, null).Dma(0, 0x5000, 0x5000)
            .AllocSlot().AttachSlot().Map(0x1_0000_0000, 0x9000, 0x1000).Dma(0, 0x1_0000_0000, null);
        Assert.Empty(bench.Violations);
    }

    [Fact]
    public void Walks_that_drop_high_bits_alias_what_is_mapped()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with { Masks = IovaMasking.Dma };
        var bench = new RuleBench("v7.2", setting with { Profile = profile }).Start()
            .AllocSlot().AttachSlot().Map(0x1000, 0x9000, 0x1000).Dma(0, 0x1_0000_0000_1000, 0x9000);
        Assert.Empty(bench.Violations);
        Assert.Equal(1, bench.Exercised(39));
    }

    [Fact]
    public void The_upper_half_of_a_table_is_mapped_without_its_sign_and_reached_with_it()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with { Masks = IovaMasking.SignedDma };
        var bench = new RuleBench("v7.2", setting with { Profile = profile }).Start()
            .AllocSlot().AttachSlot().Map(0x8000_0000_0000, 0x9000, 0x1000)
            .Dma(0, 0xffff_8000_0000_0000, 0x9000).Dma(0, 0xffff_9000_0000_0000, null);
        Assert.Empty(bench.Violations);
        bench.Dma(0, 0x8000_0000_0000, null);
        Assert.True(bench.Breaks(39));
    }

    [Fact]
    public void Lookups_that_drop_high_bits_alias_what_is_mapped()
    {
        var setting = new BenchSetting();
        var profile = setting.Profile with { Masks = IovaMasking.Lookup };
        var bench = new RuleBench("v7.2", setting with { Profile = profile }).Start()
            .AllocSlot().Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.IovaToPhys, Slot, 0, 0x1_0000_0000_1234)
            .Event(EventKind.CoreIovaToPhys, (ref TraceEvent e) =>
                (e.Domain, e.A, e.B) = (RuleBench.User, 0x1_0000_0000_1234, 0x9234)).End();
        Assert.Empty(bench.Violations);
        Assert.Equal(1, bench.Exercised(44));
    }

    [Fact]
    public void A_PASID_is_judged_by_its_own_domain()
    {
        var bench = new RuleBench().Start().AllocSlot(device: 2).Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.AttachPasid, Slot, 2, extra: 1).SetPasid(2, 1, RuleBench.User).End()
            .Dma(2, 0x1000, 0x9000, pasid: 1).Dma(2, 0x1000, null);
        Assert.Empty(bench.Violations);
        bench.Dma(2, 0x1000, null, pasid: 1);
        Assert.True(bench.Breaks(46));
    }

    [Fact]
    public void A_device_that_never_was_attached_is_not_judged()
    {
        var bench = new RuleBench().Begin(Op.Register).OfDevice(EventKind.ProbeDevice, 0).Join(0, 0).End()
            .Dma(0, 0x1000, 0x1000).Dma(0, 0x2000, null);
        Assert.Empty(bench.Violations);
    }
}
