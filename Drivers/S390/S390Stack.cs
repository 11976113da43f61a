using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.S390;

/// <summary>The driver of one tree with the functions it programs.</summary>
public sealed class S390Stack(S390Zpci zpci, S390Driver driver) : IDriverStack
{
    public S390Zpci Zpci { get; } = zpci;

    public IIommuDriver Driver => driver;

    /// <summary>Enables the functions of the instance. Before, they cannot DMA.</summary>
    public Errno StartInstance(InstanceId instance)
    {
        Zpci.Enable(instance);
        foreach (var function in Zpci.Functions)
        {
            if (function.Instance == instance) driver.Start(function);
        }

        return Errno.OK;
    }

    /// <summary>
    /// An access. For a function whose translation is off, <paramref name="iova"/> is a physical address and
    /// the bus sees it with the window's start added, as the DMA API would have told the device
    /// (<c>dma_direct_set_offset</c>). There are no PASIDs.
    /// </summary>
    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access)
    {
        var function = Zpci.Hardware.FunctionOf(requester);
        if (pasid != Pasid.None || function is null)
        {
            return DmaOutcome.Refused((uint)S390EventCode.InvalidAddressSpace);
        }

        var bus = iova.Value;
        if (function.Registered && !function.Translates)
        {
            bus += function.Firmware.StartDma;
            if (bus < iova.Value) return DmaOutcome.Refused((uint)S390EventCode.OutOfRange);
        }

        return Zpci.Hardware.Access(function, bus, access);
    }

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink)
    {
        if (pasid == Pasid.None) Zpci.Hardware.Walk(requester, sink);
    }
}
