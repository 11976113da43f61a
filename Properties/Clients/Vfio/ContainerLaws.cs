using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Properties.Clients.Iommufd;
using Conformance.Properties.Laws;
using FsCheck;
using FsCheck.Xunit;

namespace Conformance.Properties.Clients.Vfio;

/// <summary>Laws of a container on random maps and unmaps, with a second group that comes late.</summary>
[Properties(MaxTest = 100, EndSize = 40, Replay = "1,1")]
public sealed class ContainerLaws
{
    private static readonly string[] Eras = ["v5.19", "v6.7", "v7.2"];

    /// <summary>
    /// Every command gives, and every page shows, what a dictionary of pages says, on both devices.
    /// </summary>
    [Property]
    public bool Both_groups_see_what_a_table_of_pages_says(PositiveInt seed)
    {
        var (naive, commands, expected) = Draw(seed.Get, 24);
        var scenario = IommufdBench.Scenario(string.Join(';', commands), Eras[seed.Get % 3]);
        var (system, outcomes) = OracleRun.Of(scenario, scenario.Commands);
        for (var i = 0; i < expected.Count; i++)
        {
            if (!string.Equals(expected[i], outcomes[i + 1].ToString(), StringComparison.Ordinal))
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
        var (_, commands, expected) = Draw(seed.Get, 16);
        var unit = seed.Get % 2 == 0 ? IommufdBench.Intel : IommufdBench.Smmu;
        var given = IommufdBench.Run(string.Join(';', commands), Eras[seed.Get % 3], unit);
        return given.SequenceEqual(expected, StringComparer.Ordinal);
    }

    /// <summary>
    /// Nothing of a mapping goes by an unmap that covers a part of it, whatever was mapped before.
    /// </summary>
    [Property]
    public bool A_part_of_a_mapping_cannot_be_unmapped(PositiveInt seed, byte first, byte count)
    {
        var (_, commands, _) = Draw(seed.Get * 2, 12);
        var start = 0x100000UL + (first % 8UL * NaiveContainer.Page);
        var size = (1 + (count % 7UL)) * NaiveContainer.Page;
        var scenario = IommufdBench.Scenario(
            string.Join(';', commands)
                + "; vfio-map c0 0x100000 m0x0 0x8000 rw"
                + $"; vfio-unmap c0 0x{start:x} 0x{size:x}",
            Eras[seed.Get % 3]);
        var (system, outcomes) = OracleRun.Of(scenario, scenario.Commands);
        return outcomes[^1].Errno == Errno.EINVAL
            && system.Dma(new DeviceId(0), 0, Pasid.None, new Iova(start), DmaAccess.Write).Landed;
    }

    private static (NaiveContainer Naive, List<string> Commands, List<string> Outcomes) Draw(
        int seed, int count)
    {
        var version = 1 + (seed % 2 == 0 ? 1 : 0);
        var naive = new NaiveContainer(isV2: version == 2);
        var random = new Random(seed);
        var commands = new List<string> { "vfio-set-container c0 g0", $"vfio-set-iommu c0 v{version}" };
        List<string> outcomes = ["0", "0"];
        for (var i = 0; i < count; i++)
        {
            if (i == count / 2)
            {
                commands.Add("vfio-set-container c0 g1");
                outcomes.Add("0");
            }

            var (command, outcome) = naive.Next(random);
            commands.Add(command);
            outcomes.Add(outcome);
        }

        return (naive, commands, outcomes);
    }

    private static bool Sees(IommuSystem system, NaiveContainer naive, int device)
    {
        for (var page = 0UL; page < NaiveContainer.Pages; page++)
        {
            var (dev, iova) = (new DeviceId(device), new Iova(page * NaiveContainer.Page));
            var read = system.Dma(dev, 0, Pasid.None, iova, DmaAccess.Read);
            var write = system.Dma(dev, 0, Pasid.None, iova, DmaAccess.Write);
            var there = naive.At(page);
            var memory = new MemoryOffset((there?.Memory ?? 0) * NaiveContainer.Page);
            if (read.Landed != there.HasValue || write.Landed != (there?.Writable ?? false)
                || (read.Landed && read.Pa != system.Clients.Memory.PaOf(memory)))
            {
                return false;
            }
        }

        return true;
    }
}
