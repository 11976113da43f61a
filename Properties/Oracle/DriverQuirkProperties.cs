using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>The finer points of a profile, each on the smallest case that shows it.</summary>
public sealed class DriverQuirkProperties
{
    [Theory]
    [InlineData(15, 0, 0x1000UL, 0x5000UL, 0x3000UL)]
    [InlineData(0, 3, 0x1000UL, 0x5000UL, 0x3000UL)]
    [InlineData(0, 3, 0x4000UL, 0x1_4000UL, 0xc000UL)]
    [InlineData(0, 0, 0x1000UL, 0x5000UL, 0x1_0000UL)]
    public void A_call_ends_with_its_table_and_succeeds(
        int callShift, int entryBits, ulong pageSize, ulong start, ulong done)
    {
        var profile = Abstract.Plain with { CallShift = callShift, CallEntryBits = entryBits };
        var domain = new Abstract(profile).Paging();
        var (iova, count) = (new Iova(start), 0x1_0000 / pageSize);
        var mapped = 0UL;
        Assert.Equal(
            Errno.OK, domain.MapPages(iova, new PhysAddr(0x10_0000), pageSize, count, Prot.Read, ref mapped));
        Assert.Equal(done, mapped);
        Assert.Equal(done, domain.UnmapPages(iova, pageSize, count, new IotlbGather()));
    }

    [Fact]
    public void A_call_that_looks_first_writes_nothing_when_refused_but_has_cleared_what_it_may()
    {
        var system = new Abstract(Abstract.Plain with
        {
            OverlapSmaller = OverlapRule.Replace,
            ChecksCallFirst = true,
            Hole = HoleRule.StopAtEntry,
            PartialUnmap = PartialUnmapRule.Refuse,
        });
        var domain = system.Paging();
        var mapped = 0UL;
        (ulong Iova, ulong Size)[] pages = [(0x4000, 0x1000), (0x8000, 0x1000), (0xc000, 0x4000)];
        foreach (var (iova, size) in pages)
        {
            domain.MapPages(new Iova(iova), new PhysAddr(0x8000), size, 1, Prot.Read, ref mapped);
        }

        domain.UnmapPages(new Iova(0x8000), 0x1000, 1, new IotlbGather());
        mapped = 0;
        Assert.Equal(
            Errno.EEXIST, domain.MapPages(new Iova(0), new PhysAddr(0), 0x4000, 4, Prot.Read, ref mapped));
        Assert.Equal(0UL, mapped);
        Assert.Equal(1, domain.Space.Count);
        Assert.Equal(0UL, domain.UnmapPages(new Iova(0x8000), 0x4000, 1, new IotlbGather()));
        Assert.Equal(
            Errno.OK, domain.MapPages(new Iova(0), new PhysAddr(0), 0x4000, 3, Prot.Read, ref mapped));
        Assert.Equal(0xc000UL, mapped);
    }

    [Fact]
    public void Physical_addresses_behind_the_first_page_may_fold_back()
    {
        var system = new Abstract(Abstract.Plain with { MasksPa = true });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        Assert.Equal(Errno.OK, domain.MapPages(
            new Iova(0x4000), new PhysAddr(Abstract.Plain.PaLast - 0xfff), 0x1000, 3, Prot.Read, ref mapped));
        Assert.Equal(0x3000UL, mapped);
        Assert.Equal(Abstract.Plain.PaLast - 0xfff, system.Dma(0, 0x4000).Pa.Value);
        Assert.Equal(0x1004UL, system.Dma(0, 0x6004).Pa.Value);
        Assert.Equal(Errno.ERANGE, domain.MapPages(
            new Iova(0x8000), new PhysAddr(Abstract.Plain.PaLast + 1), 0x1000, 1, Prot.Read, ref mapped));
    }

    [Fact]
    public void A_wrap_can_have_an_error_of_its_own()
    {
        var mapped = 0UL;
        var domain = new Abstract(Abstract.Plain with { IovaWraps = Errno.EINVAL }).Paging();
        foreach (var (iova, count, errno) in new[]
                 {
                     (ulong.MaxValue - 0xfff, 1UL, Errno.EINVAL),
                     (ulong.MaxValue - 0x1fff, 4UL, Errno.EINVAL),
                     (ulong.MaxValue - 0x1fff, 1UL, Errno.ERANGE),
                 })
        {
            var result = domain.MapPages(
                new Iova(iova), new PhysAddr(0), 0x1000, count, Prot.Read, ref mapped);
            Assert.Equal(errno, result);
        }
    }

    [Fact]
    public void An_empty_domain_takes_its_bounds_from_the_next_device()
    {
        var low = Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttachOfEmpty,
            RefusedAttach = RefusedAttach.Blocked,
            IovaLast = 0xffff,
            Aperture = Aperture.OfBits(16),
            CheckCompatible = c =>
                c.MadeFor is null || c.Domain.Aperture == c.Unit.Aperture ? Errno.OK : Errno.EINVAL,
        };
        var high = low with { IovaLast = 0xf_ffff, Aperture = Aperture.OfBits(20) };
        var system = new Abstract(
            i => i.Index == 0 ? low : high, start: true, Abstract.DeviceOn(0, 1), Abstract.DeviceOn(1, 1));
        var domain = system.Paging();
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[0], null));
        Assert.Equal(low.Aperture, domain.Aperture);
        Assert.Equal(Errno.EINVAL, domain.AttachDev(system.Devices[1], null));
        domain.DetachDev(system.Devices[0]);
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[1], null));
        Assert.Equal(high.Aperture, domain.Aperture);
        Assert.Equal(Errno.EINVAL, domain.AttachDev(system.Devices[0], null));
    }

    [Fact]
    public void The_limit_of_map_follows_the_unit_of_the_last_attach()
    {
        var wide = Abstract.Plain with
        {
            Finalise = FinaliseRule.AtFirstAttach,
            MapBeforeFinalise = Errno.OK,
            PageSizesBefore = new PageSizes(0x1000),
            ApertureBefore = new Aperture(0, 0xfff_ffff, Force: true),
            IovaLast = 0xff_ffff,
            MappedBeyond = Errno.EFAULT,
        };
        var narrow = wide with { IovaLast = 0xf_ffff };
        var system = new Abstract(
            i => i.Index == 0 ? wide : narrow, start: true, Abstract.DeviceOn(0, 1), Abstract.DeviceOn(1, 1));
        var domain = system.Paging();
        foreach (var (device, errno) in new[] { (1, Errno.ERANGE), (0, Errno.OK) })
        {
            Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[device], null));
            var mapped = 0UL;
            Assert.Equal(errno, domain.MapPages(
                new Iova(0x80_0000), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped));
        }
    }

    [Fact]
    public void The_window_of_a_table_hides_what_lies_outside_of_it()
    {
        var table = Abstract.Plain with { DmaWindow = (0, 0x5fff) };
        var system = new Abstract(Abstract.Plain with { ForDomain = (_, _) => table });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x4000), new PhysAddr(0), 0x1000, 4, Prot.Read, ref mapped);
        Assert.True(system.Dma(0, 0x5fff).Landed);
        Assert.False(system.Dma(0, 0x6000).Landed);
        Assert.Equal(0x2000UL, Assert.Single(system.Walk()).Length);
    }

    [Fact]
    public void The_upper_half_of_a_table_can_be_seen_at_extended_addresses_only()
    {
        var system = new Abstract(Abstract.Plain with { Masks = IovaMasking.SignedDma, IovaLast = 0xffff });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x7000), new PhysAddr(0x1_0000), 0x1000, 2, Prot.Read, ref mapped);
        Assert.Equal(0x1_0fffUL, system.Dma(0, 0x7fff).Pa.Value);
        Assert.False(system.Dma(0, 0x8000).Landed);
        Assert.False(system.Dma(0, 0x1_7000).Landed);
        Assert.Equal(0x1_1000UL, system.Dma(0, 0xffff_ffff_ffff_8000).Pa.Value);
        Assert.Equal([0x7000UL, 0xffff_ffff_ffff_8000], system.Walk().Select(run => run.Iova));

        domain.UnmapPages(new Iova(0x8000), 0x1000, 1, new IotlbGather());
        var source = system.Devices[0].Spec.Requesters[0];
        Assert.True(system.Stack.MayStillReach(
            source, Pasid.None, new Iova(0xffff_ffff_ffff_8000), DmaAccess.Read, new PhysAddr(0x1_1000)));
        Assert.False(system.Stack.MayStillReach(
            source, Pasid.None, new Iova(0x8000), DmaAccess.Read, new PhysAddr(0x1_1000)));
    }

    [Fact]
    public void The_limit_of_map_is_the_unit_s_even_when_the_attach_then_fails()
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
        system.Faults.ArmAttach(new DeviceId(0), 0, Errno.ENOSPC);
        Assert.Equal(Errno.ENOSPC, domain.AttachDev(system.Devices[0], null));
        Assert.Equal(new PageSizes(0x1000), domain.PageSizes);
        var mapped = 0UL;
        Assert.Equal(Errno.ERANGE, domain.MapPages(
            new Iova(0x80_0000), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped));
    }

    [Fact]
    public void A_device_can_be_barred_from_a_group_while_another_is_in_it()
    {
        var system = new Abstract(
            Abstract.Plain with { CheckGroup = (a, b) => a.Pci == b.Pci ? Errno.OK : Errno.EINVAL },
            Abstract.Device(1),
            Abstract.Device(2) with { Pci = false },
            Abstract.Device(3));
        Assert.Equal(0, system.Driver.DeviceGroup(system.Devices[0]));
        Assert.Equal(-1, system.Driver.DeviceGroup(system.Devices[1]));
        Assert.Equal(0, system.Driver.DeviceGroup(system.Devices[2]));
        system.Driver.ReleaseDevice(system.Devices[0]);
        system.Driver.ReleaseDevice(system.Devices[2]);
        Assert.Equal(0, system.Driver.DeviceGroup(system.Devices[1]));
    }

    [Fact]
    public void Identity_left_by_a_release_swallows_the_next_attach()
    {
        var system = new Abstract(
            Abstract.Plain with { ReleasesToBlocked = true, KeepsIdentityOfRelease = true });
        var device = system.Devices[0];
        system.Driver.IdentityDomain!.AttachDev(device, null);
        system.Driver.ReleaseDevice(device);
        system.Driver.ProbeDevice(device);
        system.Driver.BlockedDomain!.AttachDev(device, null);
        Assert.Equal("bypass", system.State());
        var domain = AttachRuleProperties.Mapped(system);
        Assert.Equal(Errno.OK, domain.AttachDev(device, null));
        Assert.Equal("bypass", system.State());
        Assert.Equal(Errno.OK, domain.AttachDev(device, null));
        Assert.Equal("0x8000", system.State());
    }

    [Theory]
    [InlineData(false, "blocked")]
    [InlineData(true, "bypass")]
    public void A_device_that_needs_its_direct_regions_can_be_released_elsewhere(bool direct, string state)
    {
        var system = new Abstract(Abstract.Plain with { ReleaseLeavesDirect = RefusedAttach.Bypass });
        system.Devices[0].RequireDirect = direct;
        system.Driver.ReleaseDevice(system.Devices[0]);
        Assert.Equal(state, system.State());
    }

    [Fact]
    public void What_is_given_for_release_holds_behind_a_release_domain_too()
    {
        var system = new Abstract(
            Abstract.Plain with { ReleasesToBlocked = true, ReleaseLeavesFor = _ => RefusedAttach.Blocked });
        system.Driver.IdentityDomain!.AttachDev(system.Devices[0], null);
        system.Driver.ReleaseDevice(system.Devices[0]);
        Assert.Equal("blocked", system.State());
    }

    [Fact]
    public void A_device_on_no_domain_can_be_left_alone()
    {
        var profile = Abstract.Plain with
        {
            LeavesDetachedAlone = true,
            RefusedAttach = RefusedAttach.Blocked,
            UnattachedFor = _ => UnattachedDma.Bypass,
            CheckAttach = (_, _, type) => type == DomainType.Dma ? Errno.EINVAL : Errno.OK,
        };
        var system = new Abstract(profile);
        var refused = system.Paging();
        refused.Type = DomainType.Dma;
        Assert.Equal(Errno.EINVAL, refused.AttachDev(system.Devices[0], null));
        Assert.Equal("bypass", system.State());
        AttachRuleProperties.Mapped(system).AttachDev(system.Devices[0], null);
        Assert.Equal(Errno.EINVAL, refused.AttachDev(system.Devices[0], null));
        Assert.Equal("blocked", system.State());
    }

    [Fact]
    public void Identity_may_reach_only_some_ranges()
    {
        var system = new Abstract(
            Abstract.Plain with { IdentityRanges = [(0x4000, 0x5fff), (0x8000, 0x8fff)] });
        system.Driver.IdentityDomain!.AttachDev(system.Devices[0], null);
        ulong[] probes = [0x3fff, 0x4000, 0x5fff, 0x6000, 0x8fff, 0x9000];
        Assert.Equal([0x4000UL, 0x5fff, 0x8fff], probes.Where(iova => system.Dma(0, iova).Landed));
        Assert.Equal([0x2000UL, 0x1000], system.Walk().Select(run => run.Length));
    }

    [Fact]
    public void Deferral_is_asked_anew_after_a_probe()
    {
        var system = new Abstract(
            Abstract.Plain with { ReleasesToBlocked = true }, Abstract.Device(8) with { Deferred = true });
        var device = system.Devices[0];
        system.Paging().AttachDev(device, null);
        system.Driver.ReleaseDomain!.AttachDev(device, null);
        system.Driver.ReleaseDevice(device);
        system.Driver.ProbeDevice(device);
        Assert.True(system.Driver.IsAttachDeferred(device));
    }

    [Fact]
    public void Strictness_is_what_the_profile_says()
    {
        foreach (var strict in new[] { false, true })
        {
            var system = new Abstract(Abstract.Plain with { ForcesStrict = strict });
            Assert.Equal(strict, system.Stack.ForcesStrict(new InstanceId(0)));
        }
    }
}
