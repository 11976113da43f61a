using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>Between unmap and sync the old translation may be reached, and nothing else ever may.</summary>
public sealed class StaleProperties
{
    [Fact]
    public void Stale_is_what_was_removed_since_the_last_invalidation()
    {
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var system = new Abstract(Abstract.Plain with { Overlap = OverlapRule.ReplaceUntilFlushed });
            var domain = system.Paging();
            domain.AttachDev(system.Devices[0], null);
            var stale = new HashSet<(ulong Page, ulong Pa, Prot Prot)>();
            var live = new Dictionary<ulong, (ulong Pa, Prot Prot)>();
            for (var step = 0; step < 80; step++)
            {
                Step(random, domain, live, stale);
                AssertStale(system, stale);
            }
        }
    }

    [Fact]
    public void A_driver_that_flushes_inside_unmap_leaves_nothing_stale()
    {
        var system = new Abstract(Abstract.Plain with { PagingOps = DomainOps.Paging });
        var domain = MapOne(system);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        Assert.False(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void A_device_that_left_the_domain_reaches_nothing_stale()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = MapOne(system);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        Assert.True(MayReach(system, 0x5008, 0x8008));
        Assert.False(MayReach(system, 0x5008, 0x8000));
        Assert.False(MayReach(system, 0x6008, 0x9008));
        system.Driver.BlockedDomain!.AttachDev(system.Devices[0], domain);
        Assert.False(MayReach(system, 0x5008, 0x8008));
    }

    /// <summary>Each sync reaches one page only, so what is synced with another page is lost.</summary>
    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Pages_of_another_size_are_synced_on_their_own_where_pages_are_gathered(bool pages, bool stale)
    {
        var system = new Abstract(Abstract.Plain with
        {
            GathersPages = pages,
            SyncReaches = (first, _) => (first, first + 0xfff),
        });
        var domain = MapOne(system);
        var gather = new IotlbGather();
        var mapped = 0UL;
        domain.MapPages(new Iova(0x2000), new PhysAddr(0), 0x1000, 2, Prot.Read, ref mapped);
        domain.UnmapPages(new Iova(0x2000), 0x1000, 2, gather);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, gather);
        domain.IotlbSync(gather);
        Assert.Equal(stale, MayReach(system, 0x5000, 0x8000));
        Assert.True(MayReach(system, 0x3000, 0x1000));
    }

    [Fact]
    public void A_queued_unmap_stays_stale_until_the_full_flush()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = MapOne(system);
        var gather = new IotlbGather { Queued = true };
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, gather);
        Assert.True(gather.IsEmpty);
        Assert.True(MayReach(system, 0x5000, 0x8000));
        domain.FlushIotlbAll();
        Assert.False(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void A_replacement_that_flushes_is_not_stale()
    {
        var system = new Abstract(Abstract.Plain with { Overlap = OverlapRule.Replace });
        var domain = MapOne(system);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x5000), new PhysAddr(0xa000), 0x1000, 1, Prot.Read, ref mapped);
        Assert.Equal(0xa000UL, system.Dma(0, 0x5000).Pa.Value);
        Assert.False(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void After_many_translations_of_one_address_any_may_be_reached_there_until_the_sync()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var gather = new IotlbGather();
        for (var pa = 1UL; pa <= 30; pa++)
        {
            var mapped = 0UL;
            domain.MapPages(new Iova(0x5000), new PhysAddr(pa << 12), 0x1000, 1, Prot.Read, ref mapped);
            domain.UnmapPages(new Iova(0x5000), 0x1000, 1, gather);
            for (var old = 1UL; old <= pa; old++)
            {
                Assert.True(MayReach(system, 0x5000, old << 12));
            }
        }

        Assert.False(MayReach(system, 0x6000, 0x1000));
        domain.IotlbSync(gather);
        Assert.False(MayReach(system, 0x5000, 0x1000));
    }

    [Theory]
    [InlineData(HoleRule.Stop, false)]
    [InlineData(HoleRule.CountToEntryEnd, true)]
    public void Where_unmap_frees_tables_only_its_own_sync_ends_what_is_stale(HoleRule hole, bool stays)
    {
        var system = new Abstract(Abstract.Plain with { Hole = hole });
        var domain = MapOne(system);
        var pending = new IotlbGather();
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, pending);
        var other = new IotlbGather();
        other.AddRange(0x4000, 0x8000);
        domain.IotlbSync(other);
        Assert.Equal(stays, MayReach(system, 0x5000, 0x8000));
        domain.IotlbSync(pending);
        Assert.False(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void A_sync_may_reach_less_than_it_was_asked()
    {
        var system = new Abstract(Abstract.Plain with { SyncReaches = (first, _) => (first, first + 0xfff) });
        var domain = MapOne(system);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x6000), new PhysAddr(0x9000), 0x1000, 1, Prot.Read, ref mapped);
        var gather = new IotlbGather();
        domain.UnmapPages(new Iova(0x5000), 0x1000, 2, gather);
        domain.IotlbSync(gather);
        Assert.False(MayReach(system, 0x5000, 0x8000));
        Assert.True(MayReach(system, 0x6000, 0x9000));
    }

    [Fact]
    public void A_domain_freed_under_a_device_may_still_be_reached()
    {
        var system = new Abstract(Abstract.Plain with { ReleaseLeaves = RefusedAttach.Old });
        var domain = MapOne(system);
        system.Driver.ReleaseDevice(system.Devices[0]);
        domain.Free();
        Assert.False(system.Dma(0, 0x5000).Landed);
        Assert.True(MayReach(system, 0x5000, 0x8000));
        system.Driver.IdentityDomain!.AttachDev(system.Devices[0], null);
        Assert.False(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void A_stale_permission_may_refuse_what_the_new_translation_permits()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = MapOne(system);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        var requester = system.Devices[0].Spec.Requesters[0];
        foreach (var (iova, access, expected) in new[]
                 {
                     (0x5000UL, DmaAccess.Write, true),
                     (0x5000UL, DmaAccess.Read, false),
                     (0x6000UL, DmaAccess.Write, false),
                 })
        {
            Assert.Equal(
                expected, system.Stack.MayStillRefuse(requester, Pasid.None, new Iova(iova), access));
        }
    }

    /// <summary>
    /// The walker may still know the table that went with the range; what is mapped next is in a new one.
    /// </summary>
    [Theory]
    [InlineData(HoleRule.Stop, 0x20_0000UL, false)]
    [InlineData(HoleRule.CountToEntryEnd, 0x20_0000UL, true)]
    [InlineData(HoleRule.CountToEntryEnd, 0x1f_f000UL, false)]
    public void What_is_mapped_where_a_table_was_freed_may_be_refused_until_the_sync(
        HoleRule hole, ulong size, bool refused)
    {
        var system = new Abstract(
            Abstract.Plain with { Hole = hole, IovaLast = 0xff_ffff, EntryShifts = [12, 21] });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x20_0000), new PhysAddr(0), 0x1000, size / 0x1000, Prot.Read, ref mapped);
        var gather = new IotlbGather();
        Assert.Equal(size, domain.UnmapPages(new Iova(0x20_0000), 0x1000, size / 0x1000, gather));
        domain.MapPages(new Iova(0x20_1000), new PhysAddr(0), 0x1000, 1, Prot.Read, ref mapped);
        var source = system.Devices[0].Spec.Requesters[0];
        var iova = new Iova(0x20_1000);
        Assert.Equal(refused, system.Stack.MayStillRefuse(source, Pasid.None, iova, DmaAccess.Read));
        domain.IotlbSync(gather);
        Assert.False(system.Stack.MayStillRefuse(source, Pasid.None, iova, DmaAccess.Read));
    }

    /// <summary>
    /// Only a device with a cache of its own keeps what an invalidation did not take from it.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_full_flush_may_spare_devices(bool ats)
    {
        var system = new Abstract(
            Abstract.Plain with { FlushAllSparesDevices = true }, Abstract.Device(8) with { Ats = ats });
        var domain = MapOne(system);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        domain.FlushIotlbAll();
        Assert.Equal(ats, MayReach(system, 0x5000, 0x8000));
        Assert.False(MayReach(system, 0x6000, 0x9000));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void A_PASID_attached_while_its_device_was_on_nothing_may_be_missed(bool first, bool missed)
    {
        var system = new Abstract(
            Abstract.Plain with { MissesPasidsBeforeAttach = true }, Abstract.Device(8) with { Ats = true });
        var device = system.Devices[0];
        var domain = system.Paging();
        if (!first)
        {
            Assert.Equal(Errno.OK, domain.AttachDev(device, null));
        }

        Assert.Equal(Errno.OK, domain.SetDevPasid(device, new Pasid(1), null));
        Assert.Equal(Errno.OK, domain.AttachDev(device, null));
        var mapped = 0UL;
        domain.MapPages(new Iova(0x5000), new PhysAddr(0x8000), 0x1000, 1, Prot.Read, ref mapped);
        var gather = new IotlbGather();
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, gather);
        domain.IotlbSync(gather);
        Assert.Equal(missed, MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void What_a_map_replaces_stays_in_a_device_that_is_missed()
    {
        var system = new Abstract(
            Abstract.Plain with { MissesPasidsBeforeAttach = true, Overlap = OverlapRule.Replace },
            Abstract.Device(8) with { Ats = true });
        var domain = system.Paging();
        Assert.Equal(Errno.OK, domain.SetDevPasid(system.Devices[0], new Pasid(1), null));
        Assert.Equal(Errno.OK, domain.AttachDev(system.Devices[0], null));
        var mapped = 0UL;
        domain.MapPages(new Iova(0x5000), new PhysAddr(0x8000), 0x1000, 1, Prot.Read, ref mapped);
        domain.MapPages(new Iova(0x5000), new PhysAddr(0x9000), 0x1000, 1, Prot.Read, ref mapped);
        Assert.True(MayReach(system, 0x5000, 0x8000));
    }

    [Fact]
    public void An_address_without_its_sign_is_not_found_in_a_device()
    {
        var system = new Abstract(
            Abstract.Plain with { Masks = IovaMasking.SignedDma, IovaLast = 0xffff },
            Abstract.Device(8) with { Ats = true });
        var domain = MapOne(system);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x8000), new PhysAddr(0x8000), 0x1000, 1, Prot.Read, ref mapped);
        var gather = new IotlbGather();
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, gather);
        domain.UnmapPages(new Iova(0x8000), 0x1000, 1, gather);
        domain.IotlbSync(gather);
        Assert.False(MayReach(system, 0x5000, 0x8000));
        Assert.True(MayReach(system, 0xffff_ffff_ffff_8000, 0x8000));
    }

    [Fact]
    public void Stale_permissions_hold()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = MapOne(system);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        Assert.True(MayReach(system, 0x5000, 0x8000));
        Assert.False(MayReach(system, 0x5000, 0x8000, DmaAccess.Write));
    }

    [Fact]
    public void Stale_translations_of_a_pasid_are_those_of_its_domain()
    {
        var system = new Abstract(Abstract.Plain);
        var domain = MapOne(system);
        var second = system.Paging();
        second.SetDevPasid(system.Devices[0], new Pasid(2), null);
        domain.UnmapPages(new Iova(0x5000), 0x1000, 1, new IotlbGather());
        var requester = system.Devices[0].Spec.Requesters[0];
        var stack = (IStaleOracle)system.Stack;
        foreach (var (pasid, expected) in new[] { (0u, true), (2u, false), (3u, false) })
        {
            Assert.Equal(expected, stack.MayStillReach(
                requester, new Pasid(pasid), new Iova(0x5000), DmaAccess.Read, new PhysAddr(0x8000)));
        }
    }

    private static AbstractDomain MapOne(Abstract system)
    {
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        domain.MapPages(new Iova(0x5000), new PhysAddr(0x8000), 0x1000, 1, Prot.Read, ref mapped);
        return domain;
    }

    private static bool MayReach(
        Abstract system, ulong iova, ulong pa, DmaAccess access = DmaAccess.Read) =>
        system.Stack.MayStillReach(
            system.Devices[0].Spec.Requesters[0], Pasid.None, new Iova(iova), access, new PhysAddr(pa));

    private static void Step(
        Random random,
        AbstractDomain domain,
        Dictionary<ulong, (ulong Pa, Prot Prot)> live,
        HashSet<(ulong Page, ulong Pa, Prot Prot)> stale)
    {
        var first = (ulong)random.Next(8);
        var count = (ulong)random.Next(1, 4);
        var gather = new IotlbGather();
        switch (random.Next(9))
        {
            case 0:
                domain.FlushIotlbAll();
                stale.Clear();
                return;
            case 1:
                gather.AddRange(first * 0x1000, count * 0x1000);
                domain.IotlbSync(gather);
                stale.RemoveWhere(s => s.Page >= first && s.Page < first + count);
                return;
            case < 5:
                var pa = (ulong)random.Next(3);
                var prot = random.Next(2) == 0 ? Prot.Read : Prot.Read | Prot.Write;
                var mapped = 0UL;
                domain.MapPages(
                    new Iova(first * 0x1000), new PhysAddr(pa * 0x1000), 0x1000, count, prot, ref mapped);
                for (var i = 0UL; i < count; i++)
                {
                    Drop(first + i, live, stale);
                    live[first + i] = (pa + i, prot);
                }

                return;
            default:
                var removed = domain.UnmapPages(new Iova(first * 0x1000), 0x1000, count, gather) / 0x1000;
                for (var i = 0UL; i < removed; i++)
                {
                    Drop(first + i, live, stale);
                }

                return;
        }
    }

    private static void Drop(
        ulong page,
        Dictionary<ulong, (ulong Pa, Prot Prot)> live,
        HashSet<(ulong Page, ulong Pa, Prot Prot)> stale)
    {
        if (live.Remove(page, out var old))
        {
            stale.Add((page, old.Pa, old.Prot));
        }
    }

    private static void AssertStale(Abstract system, HashSet<(ulong Page, ulong Pa, Prot Prot)> stale)
    {
        for (var page = 0UL; page < 12; page++)
        {
            for (var pa = 0UL; pa < 6; pa++)
            {
                var mayRead = stale.Any(s => s.Page == page && s.Pa == pa);
                var mayWrite = stale.Any(s => s.Page == page && s.Pa == pa && (s.Prot & Prot.Write) != 0);
                Assert.Equal(mayRead, MayReach(system, (page * 0x1000) + 4, (pa * 0x1000) + 4));
                Assert.Equal(
                    mayWrite, MayReach(system, (page * 0x1000) + 4, (pa * 0x1000) + 4, DmaAccess.Write));
            }
        }
    }
}
