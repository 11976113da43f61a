using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Properties.Laws;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Conformance.Properties.Clients.Iommufd;

/// <summary>Laws of an IOAS on random maps, copies and unmaps over two devices.</summary>
[Properties(MaxTest = 100, EndSize = 100000, Replay = "1,1")]
public sealed class IoasLaws
{
    private const ulong Page = 0x1000;

    private static readonly string[] Shown =
    [
        "ioas-alloc A0 f0", "fd-bind d0 f0", "fd-bind d1 f0", "fd-attach A0 d0", "hwpt-alloc H0 d1 A0",
        "fd-attach H0 d1",
    ];

    /// <summary>Each page of the first 64 shows what a dictionary of pages shows, on both devices.</summary>
    [Property]
    public bool Both_devices_see_what_a_table_of_pages_says(PositiveInt seed)
    {
        var naive = new NaiveIoas();
        var random = new Random(seed.Get);
        var commands = new List<string>(Shown);
        var expected = new List<string?>();
        for (var i = 0; i < 25; i++)
        {
            var (command, outcome) = naive.Next(random);
            commands.Add(command);
            expected.Add(outcome);
        }

        var scenario = IommufdBench.Scenario(string.Join(';', commands));
        var (system, outcomes) = OracleRun.Of(scenario, scenario.Commands);
        for (var i = 0; i < expected.Count; i++)
        {
            if (expected[i] is { } text && !string.Equals(
                    text, outcomes[Shown.Length + 1 + i].ToString(), StringComparison.Ordinal))
            {
                return false;
            }
        }

        return Sees(system, naive, device: 0) && Sees(system, naive, device: 1);
    }

    /// <summary>The simulated unit and all rules agree.</summary>
    [Property(MaxTest = 20)]
    public bool The_driver_keeps_its_promises(PositiveInt seed)
    {
        var naive = new NaiveIoas();
        var random = new Random(seed.Get);
        var drawn = Enumerable.Range(0, 20).Select(_ => naive.Next(random).Command);
        var commands = string.Join(';', Shown.Concat(drawn));
        var unit = seed.Get % 2 == 0 ? IommufdBench.Intel : IommufdBench.Smmu;
        return IommufdBench.Run(commands, unit: unit).Count > 0;
    }

    /// <summary>
    /// Whatever is attached and mapped, what is usable and what is reserved fill the space.
    /// </summary>
    [Property]
    public bool Ranges_do_not_overlap_and_hold_every_area(PositiveInt seed)
    {
        var naive = new NaiveIoas();
        var random = new Random(seed.Get);
        var commands = Shown.Concat(Enumerable.Range(0, 10).Select(_ => naive.Next(random).Command));
        var scenario = IommufdBench.Scenario(string.Join(';', commands));
        var (system, _) = OracleRun.Of(scenario, scenario.Commands);
        var (ranges, alignment) = system.Clients.RangesOf(0)!.Value;
        var apart = ranges.Zip(ranges.Skip(1)).All(pair => pair.First.Last + 1 < pair.Second.First);
        var hold = naive.Mapped.All(page => ranges.Any(r => r.First <= page * Page && page * Page < r.Last));
        return alignment == Page && apart && hold;
    }

    private static bool Sees(IommuSystem system, NaiveIoas naive, int device)
    {
        for (var page = 0UL; page < NaiveIoas.Pages; page++)
        {
            var (dev, iova) = (new DeviceId(device), new Iova(page * Page));
            var read = system.Dma(dev, 0, Pasid.None, iova, DmaAccess.Read);
            var write = system.Dma(dev, 0, Pasid.None, iova, DmaAccess.Write);
            var (memory, prot) = naive.At(page);
            if (read.Landed != ((prot & Prot.Read) != 0) || write.Landed != ((prot & Prot.Write) != 0)
                || (read.Landed && read.Pa != system.Clients.Memory.PaOf(new MemoryOffset(memory * Page))))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A page table as a dictionary, and areas as numbers on its pages.</summary>
    private sealed class NaiveIoas
    {
        public const ulong Pages = 64;

        private readonly Dictionary<ulong, (int Area, ulong Memory, Prot Prot, bool Writable)> pages = [];
        private int areas;

        public IEnumerable<ulong> Mapped => pages.Keys;

        public (ulong Memory, Prot Prot) At(ulong page) =>
            pages.TryGetValue(page, out var entry) ? (entry.Memory, entry.Prot) : (0, Prot.None);

        /// <summary>A command, and what it gives; null where the law does not say.</summary>
        public (string Command, string? Outcome) Next(Random random)
        {
            var page = (ulong)random.Next((int)Pages);
            var count = (ulong)random.Next(1, 9);
            count = Math.Min(count, Pages - page);
            var source = (ulong)random.Next((int)Pages);
            var prot = random.Next(3) == 0 ? Prot.Read : Prot.Read | Prot.Write;
            return random.Next(5) switch
            {
                0 or 1 => Map(page, (ulong)random.Next(2000), count, prot),
                2 => Copy(page, source, Math.Min(count, Pages - source), prot),
                _ => Unmap(page, Math.Min(count * 3, Pages - page)),
            };
        }

        private (string Command, string? Outcome) Map(ulong page, ulong memory, ulong count, Prot prot)
        {
            var text = $"ioas-map A0 0x{page * Page:x} m0x{memory * Page:x} 0x{count * Page:x} {Text(prot)}";
            if (IsTaken(page, count))
            {
                return (text, "-EEXIST");
            }

            Lay(page, Enumerable.Range(0, (int)count)
                .Select(i => (0, memory + (ulong)i, prot, (prot & Prot.Write) != 0)));
            return (text, "0");
        }

        private (string Command, string? Outcome) Copy(ulong page, ulong source, ulong count, Prot prot)
        {
            var range = $"0x{page * Page:x} 0x{source * Page:x} 0x{count * Page:x}";
            var text = $"ioas-copy A0 A0 {range} {Text(prot)}";
            var from = Enumerable.Range(0, (int)count).Select(i => source + (ulong)i).ToList();
            if (!from.TrueForAll(pages.ContainsKey))
            {
                return (text, "-ENOENT");
            }

            if (IsTaken(page, count))
            {
                return (text, "-EEXIST");
            }

            if ((prot & Prot.Write) != 0 && from.Exists(p => !pages[p].Writable))
            {
                return (text, "-EPERM");
            }

            Lay(page, from.Select(p => (pages[p].Area, pages[p].Memory, prot, pages[p].Writable)).ToList());
            return (text, "0");
        }

        private (string Command, string? Outcome) Unmap(ulong page, ulong count)
        {
            var text = $"ioas-unmap A0 0x{page * Page:x} 0x{count * Page:x}";
            var gone = 0UL;
            for (var p = page; p < page + count; p++)
            {
                if (!pages.TryGetValue(p, out var entry))
                {
                    continue;
                }

                var whole = pages.Where(other => other.Value.Area == entry.Area).Select(o => o.Key).ToList();
                if (whole.Exists(other => other < page || other >= page + count))
                {
                    return (text, "-ENOENT");
                }

                whole.ForEach(other => pages.Remove(other));
                gone += (ulong)whole.Count;
            }

            return (text, gone == 0 ? "-ENOENT" : $"0x{gone * Page:x}");
        }

        private bool IsTaken(ulong page, ulong count) =>
            Enumerable.Range(0, (int)count).Any(i => pages.ContainsKey(page + (ulong)i));

        /// <summary>A new area for each change of the area number in what is laid.</summary>
        private void Lay(ulong page, IEnumerable<(int Area, ulong Memory, Prot Prot, bool Writable)> entries)
        {
            int? before = null;
            foreach (var entry in entries)
            {
                areas += before == entry.Area ? 0 : 1;
                before = entry.Area;
                pages[page++] = entry with { Area = areas };
            }
        }

        private static string Text(Prot prot) => (prot & Prot.Write) != 0 ? "rw" : "r";
    }
}
