using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>What the target of client scenarios lets one do; a set.</summary>
[Flags]
public enum ClientOffer
{
    None = 0,

    /// <summary>iommufd and VFIO character devices.</summary>
    Iommufd = 1,

    /// <summary>VFIO groups and containers with the type1 backend.</summary>
    Type1 = 2,

    /// <summary>The sysfs attribute <c>type</c> can be read and written.</summary>
    Sysfs = 4,

    /// <summary>
    /// The type <c>identity</c> may be asked for, and devices then reach memory by its physical addresses.
    /// </summary>
    Identity = 8,

    /// <summary>Kernel drivers can be bound and unbound.</summary>
    Bind = 16,

    /// <summary>Devices can be removed and found again.</summary>
    Hotplug = 32,

    /// <summary>The kernel can be told to fail an allocation (<c>/proc/self/fail-nth</c>).</summary>
    FailNth = 64,

    /// <summary>Devices can read; without this they only write.</summary>
    Reads = 128,

    /// <summary>
    /// The kernel's own side is in reach: failures of driver calls, mappings in default domains, resets, and
    /// accesses of devices that no client holds at any address. Only simulated drivers offer it.
    /// </summary>
    KernelSide = 256,
}

/// <summary>Offers, and which operations they allow.</summary>
public static class ClientOffers
{
    /// <summary>All that simulated drivers offer in an era: no kernel means no kernel allocations.</summary>
    public static ClientOffer InProcess(string era)
    {
        var iommufd = EraOffer.Has(era, Op.FdBind) ? ClientOffer.Iommufd : ClientOffer.None;
        return iommufd | ClientOffer.Type1 | ClientOffer.Sysfs | ClientOffer.Identity | ClientOffer.Bind
            | ClientOffer.Hotplug | ClientOffer.Reads | ClientOffer.KernelSide;
    }

    /// <summary>Does the offer allow an operation at all?</summary>
    public static bool Allows(this ClientOffer offer, Op op) => op switch
    {
        Op.Dma or Op.DmaMemory => true,
        Op.Bind or Op.Unbind => offer.Has(ClientOffer.Bind),
        Op.Probe or Op.Release => offer.Has(ClientOffer.Hotplug),
        Op.SetType or Op.ShowType => offer.Has(ClientOffer.Sysfs),
        Op.FailNth => offer.Has(ClientOffer.FailNth),
        >= Op.FdBind and <= Op.HwptDirty => offer.Has(ClientOffer.Iommufd),
        >= Op.VfioSetContainer => offer.Has(ClientOffer.Type1),
        Op.Map or Op.Unmap or Op.FailAttach or Op.FailMap or Op.FailAlloc or Op.ResetPrepare
            or Op.ResetDone => offer.Has(ClientOffer.KernelSide),
        _ => false,
    };

    /// <summary>Is all of <paramref name="part"/> offered?</summary>
    public static bool Has(this ClientOffer offer, ClientOffer part) => (offer & part) == part;
}
