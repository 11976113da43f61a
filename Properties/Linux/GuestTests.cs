using Conformance.Drivers.Linux.Guest;

namespace Conformance.Properties.Linux;

public sealed class GuestTests
{
    private const string Hello =
        "0 version=1 release=7.2.12 machine=x86_64 page=0x1000 memory=0x800000 longest-run=0x4 "
        + "contiguous=0x1 iommufd=0x1 type1=0x0 fail-nth=0x1 kernel-driver=0x0 ram=0x1";

    [Fact]
    public void Facts_are_read_from_the_greeting()
    {
        using var guest = new ScriptedGuest(_ => Hello);
        var facts = GuestFacts.Parse(guest.Run([GuestFacts.Hello]).Results[0]);
        Assert.Equal(("7.2.12", 0x800000UL, true, false), (facts.Release, facts.MemorySize, facts.HasIommufd,
            facts.HasType1));
    }

    [Theory]
    [InlineData("error 7 version 1")]
    [InlineData("0 version=2")]
    [InlineData("-22")]
    [InlineData("0 version=1 release=x machine=y page=4096")]
    [InlineData("0 version=1 version=1")]
    [InlineData("L")]
    public void Another_greeting_is_refused(string greeting)
    {
        using var guest = new ScriptedGuest(_ => greeting);
        var answer = guest.Run([GuestFacts.Hello]).Results[0];
        Assert.Throws<ProtocolException>(() => GuestFacts.Parse(answer));
    }

    [Fact]
    public void Groups_have_a_type_and_regions()
    {
        var lines = GroupFacts.Lines(1);
        using var guest = new ScriptedGuest(line => line.StartsWith("show", StringComparison.Ordinal)
            ? "0 DMA-FQ" : "0 0xfee00000-0xfeefffff:msi 0x0-0xfff:direct");
        var group = Assert.Single(GroupFacts.Parse(guest.Run(lines).Results));
        Assert.Equal("DMA-FQ", group.DefaultType);
        Assert.Equal(
            ["0xfee00000-0xfeefffff:msi", "0x0-0xfff:direct"],
            group.Regions.Select(r => r.ToString()));
    }

    [Theory]
    [InlineData("-19")]
    [InlineData("0 0x0:msi")]
    [InlineData("0 0x0-x:msi")]
    public void Wrong_regions_are_refused(string answer)
    {
        using var guest = new ScriptedGuest(_ => answer);
        var results = guest.Run(GroupFacts.Lines(1)).Results;
        Assert.Throws<ProtocolException>(() => GroupFacts.Parse(results));
    }

    [Fact]
    public void Trouble_begins_with_the_first_alarm()
    {
        var lines = GuestHealth.Trouble(
            "agent: ready\nWARNING: drivers/iommu/iommu.c:1\nCall Trace:\n x+0x1");
        Assert.Equal("WARNING: drivers/iommu/iommu.c:1", lines[0]);
        Assert.Equal(3, lines.Count);
        Assert.Empty(GuestHealth.Trouble("DMAR: [DMA Write] fault"));
        Assert.True(GuestHealth.IsPanic("Kernel panic - not syncing: x"));
        Assert.False(GuestHealth.IsPanic("WARNING: x"));
    }

    [Fact]
    public void A_console_keeps_its_last_lines()
    {
        var log = new ConsoleLog(2);
        log.Follow(new StringReader("one\r\ntwo\nthree\n" + new string('x', 5000)));
        Assert.Equal(["three", new string('x', 1000)], log.Lines);
    }

    [Fact]
    public void Artefacts_are_what_the_setup_prints()
    {
        var artefacts = Artefacts.Parse("format=1\ncache=/c\nkernel.x86_64=/c/image\n");
        Assert.Equal("/c/image", artefacts.Kernel(GuestArch.X86));
        var e = Assert.Throws<GuestSetupException>(() => artefacts.Initramfs(GuestArch.Arm64));
        Assert.Contains("setup agent:arm64", e.Message, StringComparison.Ordinal);
        Assert.Throws<GuestSetupException>(() => Artefacts.Parse("format=2\n"));
        Assert.Throws<GuestSetupException>(() => Artefacts.Parse("nonsense\n"));
    }

    [Fact]
    public void Machines_have_names_of_their_own_and_devices_in_their_groups()
    {
        var names = Machines.All.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(Machines.All.Length, names.Count);
        foreach (var machine in Machines.All)
        {
            Assert.Same(machine, Machines.Find(machine.Name));
            Assert.Equal([0, 0, 1, 2, 3], machine.Devices.Select(d => d.Group));
            Assert.Equal("device d4 0000:00:07.0 testdev", machine.DeviceLines[4]);
            Assert.Equal("device d4 0000:00:07.0 e1000", Machines.WithReader(machine).DeviceLines[4]);
        }
    }

    [Fact]
    public void Qemu_runs_with_its_sandbox_and_dies_with_its_parent()
    {
        var spec = new BootSpec(Machines.Intel, "qemu", "image", "initramfs", "x=1");
        var arguments = QemuMachine.Arguments(spec, "/tmp/port");
        Assert.Contains("exit-with-parent=on", arguments);
        Assert.Contains(arguments, a => a.StartsWith("on,obsolete=deny", StringComparison.Ordinal));
        Assert.DoesNotContain(arguments, a => a.Contains("netdev", StringComparison.Ordinal));
        Assert.EndsWith(" intel_iommu=on x=1", arguments[^1], StringComparison.Ordinal);
    }
}
