using Conformance.Drivers.Catalog;
using Conformance.Harness.Generation;
using Conformance.Harness.Generation.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Clients;

/// <summary>Fixed topologies like those of virtual machines, and scenarios for them.</summary>
internal static class Machines
{
    /// <summary>What a real kernel in a virtual machine offers.</summary>
    public const ClientOffer Offer = ClientOffer.Iommufd | ClientOffer.Type1 | ClientOffer.Sysfs
        | ClientOffer.Identity | ClientOffer.Bind | ClientOffer.Hotplug | ClientOffer.FailNth;

    /// <summary>A device alone, two behind a bridge, one more alone.</summary>
    private const string Text = """
        era v7.2
        iommu i0 {0}
        device d0 i0:0x30 group 0 pci{1}
        device d1 i0:0x100 group 1 pci{1}
        device d2 i0:0x108 group 1 pci{1}
        device d3 i0:0x38 group 2 pci{1}
        --
        """;

    public static Topology Topology(string unit, string attributes = "") => ScenarioText
        .Parse(Text.Replace("{0}", unit, StringComparison.Ordinal)
            .Replace("{1}", attributes, StringComparison.Ordinal))
        .OrThrow().Topology;

    public static ClientScenarioGenerator Generator(Topology topology, ClientOffer offer) =>
        ClientScenarioGenerator.On("v7.2", topology, i => ProfileOf(topology, i), offer);

    /// <summary>The reference model of a machine.</summary>
    public static IommuSystem Oracle(Topology topology) => new(
        topology,
        Eras.Newest,
        (_, context) => AbstractStack.Create(context, i => ProfileOf(topology, i)),
        traced: false);

    public static DriverProfile ProfileOf(Topology topology, InstanceId instance) => DriverCatalog.ProfileOf(
        DriverCatalog.Find(topology.Instances[instance.Index].Driver)!.Factory,
        Eras.Newest.Tree,
        topology,
        instance.Index);
}
