using Conformance.Drivers.S390;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Drivers;

/// <summary>Each promise that s390-iommu is expected to break, with the sequence that shows it.</summary>
public sealed class S390ExpectationTests
{
    private const string One = "iommu i0 s390/zpci\ndevice d0 i0:0x123 group 0 pci\n--\nregister i0\n";

    private const string PhysicalZero = One
        + "alloc D0 d0\nattach-group D0 g0\nmap D0 0x100001000 0x0 0x1000 rw\n"
        + "unmap D0 0x100001000 0x1000";

    public static TheoryData<int, string, string> Witnesses => new()
    {
        { 7, "v7.2", One + "alloc D0 d0\nmap g0.default 0x100001000 0x0 0x1000 rw\n"
            + "fail-attach d0 0 -ENOMEM\nattach-group D0 g0" },
        { 19, "v6.6", One + "alloc D0 d0\nattach-group D0 g0\n"
            + "fail-map 0 -ENOMEM\nmap D0 0x100001000 0x0 0x3000 rw" },
        { 20, "v6.7", One + "map g0.default 0x100001000 0x100000 0x1000 w" },
        { 39, "v7.2", One + "map g0.default 0x100001000 0x100000 0x1000 rw\n"
            + "map g0.default 0x100001000 0x200000 0x1000 rw" },
        { 40, "v6.6", PhysicalZero },
        { 44, "v5.19", One + "alloc D0 d0\nattach-group D0 g0\nmap D0 0x100001000 0x100000 0x1000 rw\n"
            + "iova-to-phys D0 0x100001001" },
    };

    [Theory]
    [MemberData(nameof(Witnesses))]
    public void An_expected_breakage_shows(int rule, string era, string commands)
    {
        var text = $"era {era}\ncpu-page 4K\nkernel\n{commands}\n";
        var parsed = ScenarioText.Parse(text, Replay.Vocabulary());
        Assert.True(parsed.Scenario is not null, parsed.Error?.ToString());
        var subject = Subject.Of(Eras.Find(era)!);

        var finding = Replay.Of(parsed.Scenario!, subject, useExpectations: true, new RuleId(rule)).Finding;

        Assert.Equal(new RuleId(rule), finding?.Failure.Rule);
        Assert.Contains(S390Entry.Entry.Expected, e => e.Rule.Number == rule);
        Assert.Null(Replay.Of(parsed.Scenario!, subject, useExpectations: true).Finding);
    }
}
