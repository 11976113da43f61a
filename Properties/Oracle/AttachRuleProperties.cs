using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>Where attach, refusal, detach and release leave a device is what the profile says.</summary>
public sealed class AttachRuleProperties
{
    [Fact]
    public void All_requesters_of_a_device_move_together_and_no_others()
    {
        var system = new Abstract(Abstract.Plain, Abstract.Device(8, 9), Abstract.Device(10));
        Mapped(system).AttachDev(system.Devices[0], null);
        foreach (var requester in system.Devices[0].Spec.Requesters)
        {
            Assert.Equal(0x8000UL, Read(system, requester));
        }

        Assert.Null(Read(system, system.Devices[1].Spec.Requesters[0]));
    }

    [Fact]
    public void A_requester_that_two_devices_share_follows_the_last_one_moved()
    {
        var system = new Abstract(Abstract.Plain, Abstract.Device(8, 7), Abstract.Device(9, 7));
        Mapped(system).AttachDev(system.Devices[0], null);
        system.Driver.IdentityDomain!.AttachDev(system.Devices[1], null);
        Assert.Equal("0x8000", system.State());
        Assert.Equal(0x5000UL, Read(system, system.Devices[0].Spec.Requesters[1]));
    }

    [Theory]
    [InlineData(RefusedAttach.Old, false, "0x8000")]
    [InlineData(RefusedAttach.Blocked, false, "blocked")]
    [InlineData(RefusedAttach.Bypass, false, "bypass")]
    [InlineData(RefusedAttach.Blocked, true, "0x8000")]
    public void A_refused_attach_leaves_the_device_where_the_profile_says(
        RefusedAttach leaves, bool checksFirst, string state)
    {
        var system = new Abstract(Abstract.Plain with
        {
            RefusedAttach = leaves,
            ChecksBeforeChange = checksFirst,
            CheckAttach = (_, _, type) => type == DomainType.Dma ? Errno.EINVAL : Errno.OK,
        });
        var old = Mapped(system);
        old.AttachDev(system.Devices[0], null);
        var wanted = system.Paging();
        wanted.Type = DomainType.Dma;
        Assert.Equal(Errno.EINVAL, wanted.AttachDev(system.Devices[0], old));
        Assert.Equal(state, system.State());
    }

    [Fact]
    public void Some_refusals_can_come_before_any_change()
    {
        var system = new Abstract(Abstract.Plain with
        {
            RefusedAttach = RefusedAttach.Blocked,
            RefusedBeforeChange = [Errno.EPERM],
            CheckCompatible = c =>
                c.Type == DomainType.Dma ? Errno.EPERM : c.HasPasids ? Errno.EBUSY : Errno.OK,
        });
        Mapped(system).AttachDev(system.Devices[0], null);
        var wanted = system.Paging();
        wanted.Type = DomainType.Dma;
        Assert.Equal(Errno.EPERM, wanted.AttachDev(system.Devices[0], null));
        Assert.Equal("0x8000", system.State());
        wanted.SetDevPasid(system.Devices[0], new Pasid(1), null);
        wanted.Type = DomainType.Unmanaged;
        Assert.Equal(Errno.EBUSY, wanted.AttachDev(system.Devices[0], null));
        Assert.Equal("blocked", system.State());
    }

    [Theory]
    [InlineData(RefusedAttach.Old, "0x8000")]
    [InlineData(RefusedAttach.Blocked, "blocked")]
    [InlineData(RefusedAttach.Bypass, "bypass")]
    public void An_injected_failure_strikes_paging_attaches_after_the_checks(
        RefusedAttach leaves, string state)
    {
        var system = new Abstract(Abstract.Plain with
        {
            RefusedAttach = leaves,
            ChecksBeforeChange = true,
            CheckAttach = (_, _, type) => type == DomainType.Dma ? Errno.EINVAL : Errno.OK,
        });
        var old = Mapped(system);
        old.AttachDev(system.Devices[0], null);
        system.Faults.ArmAttach(new DeviceId(0), 0, Errno.ENOMEM);
        var wanted = system.Paging();
        wanted.Type = DomainType.Dma;
        Assert.Equal(Errno.EINVAL, wanted.AttachDev(system.Devices[0], old));
        Assert.Equal(Errno.OK, system.Driver.IdentityDomain!.AttachDev(system.Devices[0], old));
        old.Type = DomainType.Unmanaged;
        system.Faults.Disarm();
        Assert.Equal(Errno.OK, old.AttachDev(system.Devices[0], old));
        system.Faults.ArmAttach(new DeviceId(0), 0, Errno.ENOMEM);
        wanted.Type = DomainType.Unmanaged;
        Assert.Equal(Errno.ENOMEM, wanted.AttachDev(system.Devices[0], old));
        Assert.Equal(state, system.State());
        Assert.Equal(Errno.OK, wanted.AttachDev(system.Devices[0], old));
    }

    [Fact]
    public void A_driver_may_take_an_unknown_type_and_do_nothing_but_become_final()
    {
        var system = new Abstract(Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttach,
            IgnoresUnknownTypes = true,
            KnownTypes = [DomainType.Unmanaged, DomainType.Identity],
        });
        system.Driver.IdentityDomain!.AttachDev(system.Devices[0], null);
        var domain = system.Paging();
        domain.Type = DomainType.DmaFq;
        Assert.Equal(Errno.ENODEV, Map(domain, 0x5000));
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[0], null));
        Assert.Equal("bypass", system.State());
        Assert.Equal(Errno.OK, Map(domain, 0x5000));
    }

    [Fact]
    public void Page_sizes_and_aperture_are_final_at_the_first_attach()
    {
        var small = Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttach,
            PageSizesBefore = new PageSizes(0xff000),
            ApertureBefore = new Aperture(0, 0, Force: false),
            CheckAttach = (made, dev, _) =>
                made is null || made.Instance == dev.Instance ? Errno.OK : Errno.ENXIO,
        };
        var large = small with { PageSizes = new PageSizes(0x1000), IovaLast = 0xffff_ffff };
        var system = new Abstract(
            i => i.Index == 0 ? small : large, start: true, Abstract.DeviceOn(0, 1), Abstract.DeviceOn(1, 1));
        var domain = system.Driver.DomainAlloc(DomainType.Unmanaged).Domain!;
        Assert.Equal(small.PageSizesBefore, domain.PageSizes);
        Assert.Equal(small.ApertureBefore, domain.Aperture);
        Assert.Equal(Errno.ENODEV, Map(domain, 0x5000));
        Assert.Equal(0UL, domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather()));
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[1], null));
        Assert.Equal(large.PageSizes, domain.PageSizes);
        Assert.Equal(Errno.OK, Map(domain, 0xffff_f000));
        Assert.Equal(Errno.ENXIO, domain.AttachDev(system.Devices[0], null));
    }

    [Fact]
    public void A_domain_that_becomes_final_on_another_variant_has_that_variant_s_levels()
    {
        var small = Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttach,
            Hole = HoleRule.StopAtEntry,
            PartialUnmap = PartialUnmapRule.Split,
        };
        var large = small with { PageSizes = new PageSizes(0x1_2000) };
        var system = new Abstract(
            i => i.Index == 0 ? small : large, start: true, Abstract.DeviceOn(0, 1), Abstract.DeviceOn(1, 1));
        var domain = system.Driver.DomainAlloc(DomainType.Unmanaged).Domain!;
        domain.Type = DomainType.Unmanaged;
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[1], null));
        var mapped = 0UL;
        domain.MapPages(new Iova(0), new PhysAddr(0), 0x1_0000, 1, Prot.Read, ref mapped);
        Assert.Equal(0x2000UL, domain.UnmapPages(new Iova(0x2000), 0x2000, 1, new IotlbGather()));
        Assert.Equal(0x1_0000UL, domain.UnmapPages(new Iova(0), 0x1_0000, 1, new IotlbGather()));
    }

    [Fact]
    public void A_domain_that_was_mapped_too_high_is_refused_until_its_top_is_gone()
    {
        var system = new Abstract(Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttach,
            MapBeforeFinalise = Errno.OK,
            PageSizesBefore = new PageSizes(0x1000),
            ApertureBefore = new Aperture(0, 0xff_ffff, Force: true),
            MappedBeyond = Errno.EFAULT,
        });
        var domain = system.Paging();
        Assert.Equal(Errno.OK, Map(domain, 0x5000));
        Assert.Equal(Errno.OK, Map(domain, 0x80_0000));
        Assert.Equal(Errno.EFAULT, domain.AttachDev(system.Devices[0], null));
        Assert.Equal(0x1000UL, domain.UnmapPages(new Iova(0x80_0000), 0x1000, 1, new IotlbGather()));
        Assert.Equal(Errno.EFAULT, domain.AttachDev(system.Devices[0], null));
        Assert.Equal(Errno.OK, Map(domain, 0xf_f000));
        Assert.Equal(0x1000UL, domain.UnmapPages(new Iova(0xf_f000), 0x1000, 1, new IotlbGather()));
        Assert.Equal(Errno.EFAULT, domain.AttachDev(system.Devices[0], null));
    }

    [Theory]
    [InlineData(RefusedAttach.Old, false, "0x8000")]
    [InlineData(RefusedAttach.Blocked, false, "blocked")]
    [InlineData(RefusedAttach.Bypass, false, "bypass")]
    [InlineData(RefusedAttach.Bypass, true, "0x8000")]
    public void Release_leaves_the_device_where_the_profile_says(
        RefusedAttach leaves, bool deferred, string state)
    {
        var system = new Abstract(Abstract.Plain with { ReleaseLeaves = leaves });
        var domain = Mapped(system);
        domain.AttachDev(system.Devices[0], null);
        domain.SetDevPasid(system.Devices[0], new Pasid(1), null);
        system.Devices[0].AttachDeferred = deferred;
        system.Driver.ReleaseDevice(system.Devices[0]);
        Assert.Equal(state, system.State());
        Assert.Equal(deferred, system.Dma(0, 0x5000, pasid: 1).Landed);
        Assert.Null(system.Devices[0].DriverData);
        domain.Free();
        Assert.NotEqual("0x8000", system.State());
    }

    [Fact]
    public void A_release_domain_is_the_blocked_one_and_release_then_changes_nothing()
    {
        var system = new Abstract(
            Abstract.Plain with { ReleasesToBlocked = true, ReleaseLeaves = RefusedAttach.Bypass });
        Mapped(system).AttachDev(system.Devices[0], null);
        Assert.Same(system.Driver.BlockedDomain, system.Driver.ReleaseDomain);
        system.Driver.ReleaseDomain!.AttachDev(system.Devices[0], null);
        system.Driver.ReleaseDevice(system.Devices[0]);
        Assert.Equal("blocked", system.State());
    }

    [Fact]
    public void Detach_returns_to_the_unattached_state_and_attach_leaves_it()
    {
        var system = new Abstract(Abstract.Plain with
        {
            Unattached = UnattachedDma.Platform,
            PlatformTable = new TranslationRun(0x5000, 0x7000, 0x1000, Read: true, Write: false),
        });
        Assert.Equal("0x7000", system.State());
        Assert.False(system.Dma(0, 0x5000, DmaAccess.Write).Landed);
        Assert.Equal(0x7000UL, Assert.Single(system.Walk()).Pa);
        var domain = Mapped(system);
        domain.AttachDev(system.Devices[0], null);
        Assert.Equal("0x8000", system.State());
        domain.DetachDev(system.Devices[0]);
        Assert.Equal("0x7000", system.State());
        domain.AttachDev(system.Devices[0], null);
        system.Driver.SetPlatformDmaOps(system.Devices[0]);
        Assert.Equal("0x7000", system.State());
    }

    [Fact]
    public void Before_its_first_attach_a_device_can_have_a_state_of_its_own()
    {
        var system = new Abstract(
            Abstract.Plain with
            {
                UnattachedFor = spec => spec.Untrusted ? UnattachedDma.Blocked : UnattachedDma.Bypass,
            },
            Abstract.Device(8),
            Abstract.Device(9) with { Untrusted = true });
        Assert.Equal("bypass", system.State());
        Assert.Equal("blocked", system.State(1));
        var domain = Mapped(system);
        domain.AttachDev(system.Devices[0], null);
        domain.DetachDev(system.Devices[0]);
        Assert.Equal("blocked", system.State());
    }

    [Theory]
    [InlineData(UnattachedDma.Bypass, "bypass")]
    [InlineData(UnattachedDma.Blocked, "blocked")]
    public void Before_the_instance_starts_the_boot_state_holds(UnattachedDma before, string state)
    {
        var system = new Abstract(_ => Abstract.Plain with { BeforeStart = before }, start: false);
        Assert.Equal(state, system.State());
        Assert.Equal(before == UnattachedDma.Bypass ? 1 : 0, system.Walk().Count);
        Assert.Equal(Errno.ENODEV, system.Driver.ProbeDevice(system.Devices[0]));
        Assert.Equal(Errno.OK, system.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal("blocked", system.State());
        Assert.Empty(system.Walk());
        Assert.Equal(Errno.OK, system.Driver.ProbeDevice(system.Devices[0]));
    }

    [Fact]
    public void An_instance_that_cannot_start_keeps_its_boot_state()
    {
        var system = new Abstract(
            _ => Abstract.Plain with { StartResult = Errno.EINVAL, BeforeStart = UnattachedDma.Bypass },
            start: false);
        Assert.Equal(Errno.EINVAL, system.Stack.StartInstance(new InstanceId(0)));
        Assert.Equal("bypass", system.State());
        Assert.Equal(Errno.ENODEV, system.Driver.ProbeDevice(system.Devices[0]));
    }

    internal static AbstractDomain Mapped(Abstract system)
    {
        var domain = system.Paging();
        Map(domain, 0x5000);
        return domain;
    }

    private static Errno Map(IommuDomain domain, ulong iova)
    {
        var mapped = 0UL;
        return domain.MapPages(new Iova(iova), new PhysAddr(0x8000), 0x1000, 1, Prot.Read, ref mapped);
    }

    private static ulong? Read(Abstract system, Conformance.Model.Scenarios.Requester requester)
    {
        var outcome = system.Stack.Dma(requester, Pasid.None, new Iova(0x5000), DmaAccess.Read);
        return outcome.Landed ? outcome.Pa.Value : null;
    }
}
