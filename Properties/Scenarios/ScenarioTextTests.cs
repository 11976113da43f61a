using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

public sealed class ScenarioTextTests
{
    private const string Example =
        """
        era v7.2
        cpu-page 4K
        kernel
        iommu i0 three-level/legacy
        device d0 i0:0x18 group 0 pci
        --
        register i0
        alloc D0 d0
        map D0 0x1000 0x100000 0x1000 rw
        attach-group D0 g0

        """;

    [Fact]
    public void Parsing_what_was_printed_gives_an_equal_scenario()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed);
            var text = ScenarioText.Print(scenario);
            var parsed = ScenarioText.Parse(text, FakeFactory.Vocabulary).OrThrow();
            Assert.Equal(scenario, parsed);
            Assert.Equal(scenario.GetHashCode(), parsed.GetHashCode());
            Assert.Equal(text, ScenarioText.Print(parsed));
        }
    }

    [Fact]
    public void The_example_is_canonical() =>
        Assert.Equal(Example, ScenarioText.Print(ScenarioText.Parse(Example).OrThrow()));

    [Fact]
    public void Comments_blank_lines_white_space_and_order_of_attributes_mean_nothing()
    {
        const string Loose =
            """

            # a comment
              era   v7.2   # the newest
            iommu i0 three-level/legacy
            device d0 i0:0x0018 pci group 0
            --

            register i0
            alloc	D0	d0
            map D0 0x1000 0x00100000 0x1000 rw
            attach-group D0 g0
            """;
        var text = Loose.Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.Equal(ScenarioText.Parse(Example).OrThrow(), ScenarioText.Parse(text).OrThrow());
    }

    [Fact]
    public void Every_attribute_of_a_topology_survives()
    {
        const string Header = "era v6.5\ncpu-page 64K\nkernel passthrough=1 strict=0 kdump vfio\n"
            + "iommu i0 streams/16k\niommu i1 streams/4k\n"
            + "device d0 i0:0x0 i1:0xffffffff group 7 pci untrusted ats hotplug deferred pasids 1048576"
            + " wish identity resv direct 0x1000+0x2000 rw resv sw-msi 0xffffffffffffffff+0x1 -+priv\n"
            + "device d1 i1:0x1 group 3 wish dma resv direct-relaxable 0x0+0x1 r"
            + " resv reserved 0x0+0x1 w resv msi 0x5+0x7 rw+cache+noexec+mmio\n"
            + "device d2 i0:0x2 group 7\n--\n";
        var topology = ScenarioText.Parse(Header).OrThrow().Topology;
        Assert.Equal(Header, ScenarioText.Print(new Scenario("v6.5", topology, [])));
        Assert.Equal(2, topology.GroupCount);
        Assert.Equal(
            [new GroupId(0), new GroupId(1), new GroupId(0)],
            Enumerable.Range(0, 3).Select(d => topology.GroupOf(new DeviceId(d))));
        Assert.Equal([new DeviceId(0), new DeviceId(2)], topology.DevicesOf(new GroupId(0)));
    }

    [Fact]
    public void Every_operand_of_every_command_survives()
    {
        string[] lines =
        [
            "register i0", "probe d0", "release d0", "bind d0", "unbind d0", "alloc D999 d0",
            "alloc D0 d0 +nest-parent+dirty+pasid", "free D0", "attach-device i0.identity d0",
            "attach-group g0.default g0", "detach-device i0.blocked d0", "detach-group g0.blocking g0",
            "replace D1 g0", "attach-handle D1 g0", "detach-handle D1 g0", "claim-group o0 g0",
            "claim-device o999 d0", "release-group-owner g0", "release-device-owner d0",
            "set-type g0 identity", "set-type g0 DMA", "set-type g0 DMA-FQ", "set-type g0 auto",
            "map D0 0xffffffffffffffff 0xfffffffffffffffe 0xfffffffffffffffd w+cache+noexec+mmio+priv",
            "map D0 0x0 0x0 0x0 -", "unmap D0 0x1000 0x2000", "unmap-fast D0 0x1000 0x2000", "sync D0",
            "iova-to-phys D0 0x1234", "flush-all D0", "deferred-attach d0", "attach-pasid D0 d0 4294967295",
            "replace-pasid D0 d0 0", "detach-pasid D0 d0 1", "reset-prepare d0", "reset-done d0",
            "dma d0 1 0x1000 read", "dma d0 0 0x1000 write pasid 7", "fail-attach d0 999 -EPROBE_DEFER",
            "fail-map 0 -ENOMEM", "fail-alloc -EIO", "fail-nth 3", "show-type g0",
            "dma-memory d0 0 m0x1000 write",
            "fd-bind d0 f1", "fd-unbind d0", "fd-attach A15 d0", "fd-attach H15 d0", "fd-detach d0",
            "ioas-alloc A0 f0", "ioas-destroy A0", "ioas-map A0 0x1000 m0x0 0x1000 rw",
            "ioas-map-auto A0 m0x2000 0x1000 r", "ioas-copy A0 A1 0x1000 0x2000 0x1000 w",
            "ioas-unmap A0 0x0 0xffffffffffffffff", "ioas-unmap-all A0", "ioas-ranges A0",
            "ioas-allow A0 0x0 0x1000", "ioas-huge A0 off", "ioas-huge A0 on", "hwpt-alloc H0 d0 A0",
            "hwpt-alloc H1 d0 H0 +nest-parent+dirty+fault+pasid", "hwpt-destroy H0", "hwpt-dirty H0 on",
            "vfio-set-container c2 g0", "vfio-unset-container g0", "vfio-set-iommu c0 v1",
            "vfio-set-iommu c0 v2", "vfio-open d0", "vfio-close d0", "vfio-map c0 0x0 m0x0 0x1000 rw",
            "vfio-unmap c0 0x0 0x1000", "vfio-unmap-all c0",
        ];
        const string Header = "era v7.2\niommu i0 a/b\ndevice d0 i0:0x0 i0:0x1\n--\n";
        foreach (var line in lines)
        {
            var scenario = ScenarioText.Parse(Header + line).OrThrow();
            Assert.Equal(line, scenario.Commands[0].ToString());
        }

        var words = lines.Select(l => l.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        Assert.True(words.SetEquals(CommandShape.All.Select(s => s.Word)), "a command is missing above");
    }

    [Fact]
    public void Equality_is_structural_and_sees_every_field()
    {
        var device = new DeviceSpec { Requesters = [new Requester(new InstanceId(0), new RequesterId(1))] };
        DeviceSpec[] others =
        [
            device with { Requesters = [new Requester(new InstanceId(0), new RequesterId(2))] },
            device with { Requesters = [.. device.Requesters, .. device.Requesters] },
            device with { Group = 1 }, device with { Pci = true }, device with { Untrusted = true },
            device with { Ats = true }, device with { ColdPlug = false }, device with { Deferred = true },
            device with { MaxPasids = 1 }, device with { Wish = DeviceWish.Dma },
            device with { Regions = [new ResvRegion(ResvType.Msi, new Iova(0), 1, Prot.Read)] },
        ];
        Assert.All(others, other => Assert.NotEqual(device, other));
        Assert.Equal(device, device with { Requesters = [.. device.Requesters], Regions = [] });

        var topology = new Topology(12, KernelOptions.Default, [new InstanceSpec("a", "b")], [device]);
        Assert.All(
            [
                topology with { CpuPageShift = 14 },
                topology with { Kernel = new KernelOptions(null, null, Kdump: true) },
                topology with { Instances = [new InstanceSpec("a", "c")] }, topology with { Devices = [] },
            ],
            other => Assert.NotEqual(topology, other));
        Assert.Equal(topology, topology with { Devices = [device with { }], Instances = [new("a", "b")] });
    }

    [Fact]
    public void The_group_numbering_follows_a_copy_with_other_devices()
    {
        var topology = ScenarioText.Parse(
            "era v7.2\niommu i0 a/b\ndevice d0 i0:0x0 group 4\ndevice d1 i0:0x1 group 4\n--\n")
            .OrThrow().Topology;
        Assert.Equal(1, topology.GroupCount);
        var apart = topology with
        {
            Devices = ImmutableArray.Create(topology.Devices[0], topology.Devices[1] with { Group = 5 }),
        };
        Assert.Equal(2, apart.GroupCount);
        Assert.Equal(new GroupId(1), apart.GroupOf(new DeviceId(1)));
        Assert.Equal(1, topology.GroupCount);
    }
}
