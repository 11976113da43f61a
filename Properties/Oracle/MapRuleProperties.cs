using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>
/// The abstract domain maps and unmaps as its profile says, for every combination of rules.
/// </summary>
public sealed class MapRuleProperties
{
    private const int Pages = 64;

    public static TheoryData<OverlapRule, HoleRule> Rules
    {
        get
        {
            var data = new TheoryData<OverlapRule, HoleRule>();
            foreach (var overlap in Enum.GetValues<OverlapRule>())
            {
                foreach (var hole in Enum.GetValues<HoleRule>())
                {
                    data.Add(overlap, hole);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Random_maps_and_unmaps_agree_with_a_page_by_page_model(OverlapRule overlap, HoleRule hole)
    {
        OverlapRule?[] others = [null, OverlapRule.Refuse, OverlapRule.Replace];
        foreach (var partial in PartialRules(hole))
        {
            foreach (var smaller in others)
            {
                var profile = Abstract.Plain with
                {
                    Overlap = overlap,
                    OverlapSmaller = smaller,
                    OverlapLarge = smaller == OverlapRule.Refuse ? OverlapRule.Replace : null,
                    Hole = hole,
                    PartialUnmap = partial,
                    UnmapTakesPhysicalZeroForHole = true,
                    EntryShifts = hole == HoleRule.CountToEntryEnd ? [12, 14, 16] : [],
                    IovaLast = hole == HoleRule.CountToEntryEnd ? 0x3_ffff : Abstract.IovaLast,
                };
                for (var seed = 0; seed < 4; seed++)
                {
                    Run(profile, new Random(seed));
                }
            }
        }
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(0x4000UL, 0x2_0000UL)]
    public void Limits_are_refused_and_leave_the_inside_alone(ulong first, ulong size)
    {
        var profile = Abstract.Plain with { IovaFirst = first, UnmapOutsideRefused = true };
        var domain = new Abstract(profile).Paging();
        var mapped = 0UL;
        Assert.Equal(Errno.OK, Map(domain, Abstract.IovaLast - 0xfff, 0x1000, 1, ref mapped));
        mapped = 0;
        Assert.Equal(Errno.ERANGE, Map(domain, Abstract.IovaLast - 0xfff, 0x1000, 2, ref mapped));
        Assert.Equal(0UL, mapped);
        Assert.Equal(Errno.ERANGE, Map(domain, ulong.MaxValue - 0xfff, 0x1000, 1, ref mapped));
        if (size != 0)
        {
            Assert.Equal(Errno.ERANGE, Map(domain, first - 0x1000, 0x1000, 2, ref mapped));
        }

        var gather = new IotlbGather();
        Assert.Equal(0UL, domain.UnmapPages(new Iova(Abstract.IovaLast - 0xfff), 0x1000, 2, gather));
        Assert.True(gather.IsEmpty);
        Assert.Equal(0x1000UL, domain.UnmapPages(new Iova(Abstract.IovaLast - 0xfff), 0x1000, 1, gather));
    }

    [Fact]
    public void A_clipping_driver_maps_what_lies_inside_before_it_refuses()
    {
        var domain = new Abstract(Abstract.Plain with { ClipsAtLimit = true }).Paging();
        var mapped = 0UL;
        Assert.Equal(Errno.ERANGE, Map(domain, Abstract.IovaLast - 0x1fff, 0x1000, 4, ref mapped));
        Assert.Equal(0x2000UL, mapped);
        Assert.Equal(0x2000UL, domain.UnmapPages(
            new Iova(Abstract.IovaLast - 0x1fff), 0x1000, 4, new IotlbGather()));
    }

    [Fact]
    public void A_masking_driver_drops_the_upper_bits()
    {
        var system = new Abstract(Abstract.Plain with { Masks = IovaMasking.Tables | IovaMasking.Dma });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        Assert.Equal(Errno.OK, Map(domain, Abstract.IovaLast - 0xfff, 0x1000, 2, ref mapped));
        Assert.Equal(0x2000UL, mapped);
        Assert.Equal(0x10_0000UL + 0x1008, system.Dma(0, 8).Pa.Value);
        Assert.Equal(0x10_0000UL + 0x1008, system.Dma(0, 0x70_0008).Pa.Value);
        Assert.Equal(0x10_0000UL, domain.IovaToPhys(new Iova(0x4f_f000)).Value);
        Assert.Equal(0x2000UL, domain.UnmapPages(new Iova(0xf_f000), 0x1000, 2, new IotlbGather()));
        Assert.False(system.Dma(0, 8).Landed);
    }

    [Theory]
    [InlineData(WriteOnlyRule.Exact, Prot.Write, Errno.OK, false, true)]
    [InlineData(WriteOnlyRule.BecomesReadWrite, Prot.Write, Errno.OK, true, true)]
    [InlineData(WriteOnlyRule.Refuse, Prot.Write, Errno.EINVAL, false, false)]
    [InlineData(WriteOnlyRule.Refuse, Prot.Read, Errno.OK, true, false)]
    [InlineData(WriteOnlyRule.Exact, Prot.Cache, Errno.EINVAL, false, false)]
    [InlineData(WriteOnlyRule.Exact, Prot.Read | Prot.Write | Prot.Mmio, Errno.OK, true, true)]
    public void Permissions_become_what_the_profile_says(
        WriteOnlyRule rule, Prot prot, Errno errno, bool reads, bool writes)
    {
        var system = new Abstract(Abstract.Plain with { WriteOnly = rule });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        Assert.Equal(errno, domain.MapPages(new Iova(0x5000), new PhysAddr(0), 0x1000, 1, prot, ref mapped));
        Assert.Equal(errno == Errno.OK ? 0x1000UL : 0, mapped);
        Assert.Equal(reads, system.Dma(0, 0x5000).Landed);
        Assert.Equal(writes, system.Dma(0, 0x5fff, DmaAccess.Write).Landed);
    }

    [Fact]
    public void A_map_without_permission_can_be_taken_as_read_only()
    {
        var system = new Abstract(
            Abstract.Plain with { NoPermission = Errno.OK, NoPermissionBecomes = Prot.Read });
        var domain = system.Paging();
        domain.AttachDev(system.Devices[0], null);
        var mapped = 0UL;
        Assert.Equal(
            Errno.OK, domain.MapPages(new Iova(0), new PhysAddr(0), 0x1000, 1, Prot.None, ref mapped));
        Assert.True(system.Dma(0, 0).Landed);
        Assert.False(system.Dma(0, 0, DmaAccess.Write).Landed);
    }

    [Fact]
    public void The_order_of_checks_decides_which_error_shows()
    {
        var profile = Abstract.Plain with
        {
            IovaOutside = Errno.ENOMEM,
            PaOutside = Errno.ERANGE,
            NoPermission = Errno.EINVAL,
        };
        var mapped = 0UL;
        foreach (var (order, errno) in new (MapCheck[], Errno)[]
                 {
                     ([MapCheck.Iova, MapCheck.Pa, MapCheck.Permission], Errno.ENOMEM),
                     ([MapCheck.Pa, MapCheck.Permission, MapCheck.Iova], Errno.ERANGE),
                     ([MapCheck.Permission, MapCheck.Iova, MapCheck.Pa], Errno.EINVAL),
                 })
        {
            var domain = new Abstract(profile with { MapChecks = order }).Paging();
            Assert.Equal(errno, domain.MapPages(
                new Iova(1UL << 40), new PhysAddr(1UL << 50), 0x1000, 1, Prot.None, ref mapped));
        }
    }

    [Fact]
    public void Iova_to_phys_can_be_the_page_base()
    {
        var mapped = 0UL;
        foreach (var isBase in new[] { false, true })
        {
            var domain = new Abstract(Abstract.Plain with { IovaToPhysIsPageBase = isBase }).Paging();
            Map(domain, 0x1_0000, 0x1_0000, 1, ref mapped);
            Assert.Equal(isBase ? 0x10_3000UL : 0x10_3456, domain.IovaToPhys(new Iova(0x1_3456)).Value);
            Assert.Equal(0UL, domain.IovaToPhys(new Iova(0x2_0000)).Value);
        }
    }

    private static PartialUnmapRule[] PartialRules(HoleRule hole) => hole switch
    {
        HoleRule.CountAfterFirst => [PartialUnmapRule.NotApplicable],
        HoleRule.CountToEntryEnd => [PartialUnmapRule.WholeFromStart],
        _ => Enum.GetValues<PartialUnmapRule>(),
    };

    private static Errno Map(
        AbstractDomain domain, ulong iova, ulong pageSize, ulong count, ref ulong mapped) =>
        domain.MapPages(
            new Iova(iova), new PhysAddr(0x10_0000), pageSize, count, Prot.Read | Prot.Write, ref mapped);

    private static void Run(DriverProfile profile, Random random)
    {
        var domain = new Abstract(profile).Paging();
        var naive = new NaiveDomain(profile);
        var gather = new IotlbGather();
        ulong[] sizes = [0x1000, 0x4000, 0x1_0000];
        for (var step = 0; step < 120; step++)
        {
            var size = sizes[random.Next(3)];
            var slots = Pages * NaiveDomain.Base / size;
            var slot = (ulong)random.Next((int)slots);
            var count = (ulong)random.Next(1, (int)Math.Min(slots - slot, 9) + 1);
            var iova = slot * size;
            if (random.Next(2) == 0)
            {
                ulong mapped = 0, expected = 0;
                var pa = (ulong)random.Next(3) * 0x10_0000;
                var prot = random.Next(2) == 0 ? Prot.Read : Prot.Read | Prot.Write;
                var errno = naive.Map(iova, pa, size, count, prot, ref expected);
                Assert.Equal(
                    errno, domain.MapPages(new Iova(iova), new PhysAddr(pa), size, count, prot, ref mapped));
                Assert.Equal(expected, mapped);
            }
            else
            {
                gather.Reset();
                var removed = naive.Unmap(iova, size, count);
                var actual = domain.UnmapPages(new Iova(iova), size, count, gather);
                if (removed != actual)
                {
                    Assert.Fail($"{profile.PartialUnmap}: unmap {count} x 0x{size:x} at 0x{iova:x} "
                        + $"gives 0x{actual:x}, not 0x{removed:x}");
                }

                Assert.Equal(removed == 0, gather.IsEmpty);
            }

            AssertSame(naive, domain);
        }
    }

    private static void AssertSame(NaiveDomain naive, AbstractDomain domain)
    {
        var pages = 0;
        foreach (var run in domain.Space)
        {
            for (var at = run.Start; at < run.Last; at += NaiveDomain.Base)
            {
                if (!naive.Pages.TryGetValue(at, out var page)
                    || page != new NaivePage(run.PaOf(at), run.Prot, run.LeafShift))
                {
                    Assert.Fail($"0x{at:x} is {page}, not {run}");
                }

                pages++;
            }
        }

        Assert.Equal(naive.Pages.Count, pages);
    }
}
