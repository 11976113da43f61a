using System.Globalization;
using Conformance.Model.Scenarios;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Conformance.Properties.Clients.Iommufd;

/// <summary>
/// Whatever a process asks, in any order: driver and reference model agree, and all rules but the expected
/// ones hold.
/// </summary>
public sealed class NonsenseTests
{
    private static readonly string[] Units =
    [
        "intel-vtd/legacy", "intel-vtd/scalable-first-stage", "intel-vtd/scalable-second-stage",
        "arm-smmu-v3/s1", "arm-smmu-v3/s2", "s390/zpci",
    ];

    private const string Odd = "device d0 i0:0x8 group 0 pci ats resv direct-relaxable 0x10000+0x4000 rw;"
        + "device d1 i0:0x10 group 0 pci ats untrusted";

    private static readonly string[] Eras = ["v6.6", "v6.7", "v6.19", "v7.2"];

    [Property(MaxTest = 150, EndSize = 1000000, Replay = "7,1")]
    public bool Any_sequence_of_commands_is_predicted(PositiveInt seed) =>
        IommufdBench.Run(Make(seed.Get)).Count > 0;

    /// <summary>No rule of iommufd, and neither success nor failure, is left out.</summary>
    [Fact]
    public void Nonsense_reaches_every_rule()
    {
        var exercised = new Dictionary<int, long>();
        var outcomes = new List<string>();
        for (var seed = 1; seed <= 60; seed++)
        {
            outcomes.AddRange(IommufdBench.Run(Make(seed), out var result));
            foreach (var (rule, times) in result.Exercised)
            {
                exercised[rule.Number] = exercised.GetValueOrDefault(rule.Number) + times;
            }
        }

        Assert.All([50, 51, 52, 53, 61], rule => Assert.True(exercised[rule] > 0, $"R{rule}"));
        var failed = outcomes.Count(outcome => outcome.StartsWith('-'));
        var nothing = outcomes.Count(outcome => string.Equals(outcome, "nothing", StringComparison.Ordinal));
        Assert.InRange(failed, outcomes.Count / 10, outcomes.Count / 2);
        Assert.True(outcomes.Count - failed - nothing > outcomes.Count / 10);
    }

    private static Scenario Make(int seed)
    {
        var random = new Random(seed);
        var unit = Pick(random, Units);
        var devices = unit.StartsWith("s390", StringComparison.Ordinal)
            ? "device d0 i0:0x123 group 0 pci"
            : Pick(random, [IommufdBench.TwoGroups, IommufdBench.OneGroup, Odd]);
        var count = devices.Contains("d1", StringComparison.Ordinal) ? 2 : 1;
        var commands = new List<string> { "ioas-alloc A0 f0", "fd-bind d0 f0" };
        for (var i = 0; i < 30; i++)
        {
            commands.Add(Draw(random, count));
        }

        return IommufdBench.Scenario(string.Join(';', commands), Pick(random, Eras), unit, devices);
    }

    private static string Draw(Random random, int devices)
    {
        var device = $"d{random.Next(devices)}";
        var ioas = $"A{random.Next(2)}";
        var hwpt = $"H{random.Next(2)}";
        var table = random.Next(2) == 0 ? ioas : hwpt;
        return random.Next(26) switch
        {
            0 => $"fd-bind {device} f{random.Next(8) / 7}",
            1 => random.Next(3) == 0 ? $"fd-unbind {device}" : $"fd-detach {device}",
            2 or 3 or 4 or 5 => $"fd-attach {table} {device}",
            6 => $"ioas-alloc {ioas} f{random.Next(8) / 7}",
            7 => $"ioas-destroy {ioas}",
            8 or 9 or 10 => $"ioas-map {ioas} {Iova(random)} {Memory(random)} {Size(random)} {Prot(random)}",
            11 => $"ioas-map-auto {ioas} {Memory(random)} {Size(random)} {Prot(random)}",
            12 => $"ioas-copy {ioas} A{random.Next(2)} {Iova(random)} {Iova(random)} {Size(random)} "
                + Prot(random),
            13 => $"ioas-unmap {ioas} {Iova(random)} {Size(random)}",
            14 => random.Next(3) == 0 ? $"ioas-unmap-all {ioas}" : $"ioas-ranges {ioas}",
            15 => random.Next(2) == 0
                ? $"ioas-allow {ioas} {Iova(random)} {Size(random)}"
                : $"ioas-huge {ioas} {(random.Next(2) == 0 ? "on" : "off")}",
            16 => $"hwpt-alloc {hwpt} {device} {table}"
                + Pick(random, ["", "", " +pasid", " +fault", " +dirty"]),
            17 => random.Next(2) == 0 ? $"hwpt-destroy {hwpt}" : $"hwpt-dirty {hwpt} on",
            18 or 19 or 20 => $"dma {device} 0 {Iova(random)} {(random.Next(2) == 0 ? "read" : "write")}",
            21 => $"reset-{(random.Next(2) == 0 ? "prepare" : "done")} {device}",
            22 => random.Next(2) == 0 ? $"claim-device o1 {device}" : $"release-device-owner {device}",
            23 => $"set-type g0 {Pick(random, ["identity", "DMA", "auto"])}",
            24 => $"fail-attach {device} {random.Next(2)} -{Pick(random, ["ENOMEM", "EINVAL"])}",
            _ => random.Next(2) == 0 ? $"fail-map {random.Next(4)} -ENOMEM" : "fail-alloc -ENOMEM",
        };
    }

    private static string Iova(Random random) => random.Next(10) switch
    {
        0 => "0x8000000",
        1 => "0xfee00000",
        2 => "0xfffffffff000",
        3 => "0xfffffffffffff000",
        4 => "0x100000000",
        _ => Hex((ulong)random.Next(32) * 0x800),
    };

    private static string Memory(Random random) => "m" + random.Next(6) switch
    {
        0 => Hex(0x7f_f000),
        1 => Hex(0x40_0000),
        2 => Hex((ulong)random.Next(4) * 0x800),
        _ => Hex((ulong)random.Next(64) * 0x1000),
    };

    private static string Size(Random random) => random.Next(8) switch
    {
        0 => Hex(0x20_0000),
        1 => Hex(0x800),
        2 => Hex(0x40_0000),
        _ => Hex((ulong)random.Next(10) * 0x1000),
    };

    private static string Prot(Random random) => Pick(random, ["rw", "rw", "r", "w", "-"]);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static string Pick(Random random, string[] from) => from[random.Next(from.Length)];
}
