using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The silicon of one remapping unit: registers, invalidation queue, caches, walker and fault log. It reads
/// only its
/// registers and simulated memory. Offsets and fields are those of the VT-d specification, chapter "Register
/// Descriptions".
/// </summary>
public sealed class VtdHardware
{
    private const ulong InterruptFirst = 0xfee0_0000;
    private const ulong InterruptLast = 0xfeef_ffff;

    private readonly PhysicalMemory memory;
    private readonly Trace trace;
    private readonly VtdCaches caches;
    private readonly VtdDeviceTlbs deviceTlbs = new();
    private readonly VtdInvalidator invalidator;
    private readonly VtdWalker walker;
    private readonly VtdFaultLog faults;
    private uint status;
    private uint faultControl;
    private uint protectedMemory;
    private ulong rootAddress;
    private ulong contextCommand;
    private ulong iotlbAddress;
    private ulong iotlbCommand;
    private ulong queueAddress;
    private ulong queueHead;
    private ulong queueTail;
    private bool queueError;

    /// <param name="capabilities">CAP and ECAP.</param>
    /// <param name="memory">Tables and queue.</param>
    /// <param name="trace">Gets invalidations, bad commands and walks through freed pages.</param>
    public VtdHardware(VtdCapabilities capabilities, PhysicalMemory memory, Trace trace)
    {
        Capabilities = capabilities;
        this.memory = memory;
        this.trace = trace;
        caches = new VtdCaches(capabilities.HasFirstStage5Level ? 57 : 48);
        faults = new VtdFaultLog(capabilities.FaultRecords);
        invalidator = new VtdInvalidator(capabilities, caches, deviceTlbs, memory, trace);
        walker = new VtdWalker(capabilities, memory, caches);
    }

    public VtdCapabilities Capabilities { get; }

    private bool Translating => (status & VtdReg.TranslationEnable) != 0;

    /// <summary>A register of 4 or 8 bytes; an offset without a register reads as 0.</summary>
    public ulong ReadRegister(uint offset)
    {
        if (offset >= Capabilities.FaultOffset)
        {
            return faults.Read(offset - Capabilities.FaultOffset);
        }

        if (offset == Capabilities.IotlbOffset + 8)
        {
            return iotlbCommand;
        }

        return offset switch
        {
            VtdReg.Cap => Capabilities.Cap,
            VtdReg.Ecap => Capabilities.Ecap,
            VtdReg.Gsts => status,
            VtdReg.RootAddress => rootAddress,
            VtdReg.ContextCommand => contextCommand,
            VtdReg.FaultStatus => faults.Status | (queueError ? VtdReg.QueueError : 0),
            VtdReg.FaultControl => faultControl,
            VtdReg.ProtectedMemory => protectedMemory,
            VtdReg.QueueHead => queueHead,
            VtdReg.QueueTail => queueTail,
            VtdReg.QueueAddress => queueAddress,
            _ => 0,
        };
    }

    /// <summary>A register write; what the unit cannot make sense of is noted as a bad command.</summary>
    public void WriteRegister(uint offset, ulong value)
    {
        if (offset >= Capabilities.FaultOffset)
        {
            faults.Write(offset - Capabilities.FaultOffset, value);
        }
        else if (offset == Capabilities.IotlbOffset)
        {
            iotlbAddress = value;
        }
        else if (offset == Capabilities.IotlbOffset + 8)
        {
            WriteIotlb(value);
        }
        else
        {
            WriteFixed(offset, value);
        }
    }

    /// <summary>The ATS enable bit in the configuration space of a function behind this unit.</summary>
    public void SetAts(ushort sid, bool on) => deviceTlbs.Set(sid, on);

    /// <summary>A request of a function on the bus.</summary>
    /// <param name="sid">Source-id.</param>
    /// <param name="pasid">0 for a request without PASID.</param>
    /// <param name="iova">Address in the request.</param>
    /// <param name="access">Read or write.</param>
    public DmaOutcome Dma(ushort sid, uint pasid, ulong iova, DmaAccess access)
    {
        if (!Translating)
        {
            return DmaOutcome.At(iova);
        }

        if (iova is >= InterruptFirst and <= InterruptLast)
        {
            return DmaOutcome.Refused(VtdFault.InterruptRequest);
        }

        if (deviceTlbs.IsEnabled(sid) && deviceTlbs.TryUse(sid, pasid, iova, access, out var kept))
        {
            return walker.AllowsTranslated(sid)
                ? DmaOutcome.At(kept)
                : Fault(sid, pasid, iova, access, VtdFault.TranslatedBlocked);
        }

        var reason = walker.Translate(sid, pasid, iova, access, out var page, out var shift);
        if (reason != 0)
        {
            return Fault(sid, pasid, iova, access, reason);
        }

        if (deviceTlbs.IsEnabled(sid) && walker.AllowsTranslated(sid))
        {
            deviceTlbs.Put(sid, pasid, iova, shift, page);
        }

        return DmaOutcome.At(page.Pa | (iova & ((1UL << shift) - 1)));
    }

    /// <summary>What the tables in memory say of a function, caches aside.</summary>
    public void Walk(ushort sid, uint pasid, Action<TranslationRun> sink)
    {
        if (!Translating)
        {
            sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
            return;
        }

        walker.Enumerate(sid, pasid, sink);
    }

    private DmaOutcome Fault(ushort sid, uint pasid, ulong iova, DmaAccess access, uint reason)
    {
        faults.Record(sid, pasid, iova, access, reason);
        return DmaOutcome.Refused(reason);
    }

    private void WriteFixed(uint offset, ulong value)
    {
        switch (offset)
        {
            case VtdReg.Gcmd:
                WriteGlobalCommand((uint)value);
                break;
            case VtdReg.RootAddress:
                rootAddress = value;
                break;
            case VtdReg.ContextCommand:
                WriteContextCommand(value);
                break;
            case VtdReg.FaultStatus:
                faults.ClearStatus((uint)value);
                ClearQueueError((uint)value);
                break;
            case VtdReg.FaultControl:
                faultControl = (uint)value & VtdReg.FaultMask;
                break;
            case VtdReg.ProtectedMemory:
                protectedMemory = (uint)value & VtdReg.EnableProtected;
                break;
            case VtdReg.QueueAddress:
                queueAddress = value;
                break;
            case VtdReg.QueueTail:
                queueTail = value;
                RunQueue();
                break;
            default:
                Bad(offset, value);
                break;
        }
    }

    /// <summary>GCMD holds no state: level bits go to the status register, one-shot bits act.</summary>
    private void WriteGlobalCommand(uint value)
    {
        if ((value & VtdReg.SetRoot) != 0)
        {
            walker.SetRoot(rootAddress);
            invalidator.Scalable = walker.Scalable;
            status |= VtdReg.SetRoot;
            if (Capabilities.DropsCachesAtRoot)
            {
                caches.DropAll();
            }
        }

        if ((value & VtdReg.WriteBufferFlush) != 0)
        {
            memory.Drain();
        }

        var turnOn = (value & VtdReg.QueueEnable) != 0;
        if (turnOn && (status & VtdReg.QueueEnable) == 0)
        {
            queueHead = 0;
        }

        const uint levels = VtdReg.TranslationEnable | VtdReg.QueueEnable;
        status = (status & ~levels) | (value & levels);
    }

    /// <summary>Register commands are refused while the queue is on.</summary>
    private void WriteContextCommand(ulong value)
    {
        contextCommand = value & ~VtdReg.Go;
        if ((value & VtdReg.Go) != 0
            && ((status & VtdReg.QueueEnable) != 0 || !invalidator.ContextRegister(value)))
        {
            Bad(VtdReg.ContextCommand, value);
        }
    }

    private void WriteIotlb(ulong value)
    {
        iotlbCommand = value & ~VtdReg.Go;
        if ((value & VtdReg.Go) == 0)
        {
            return;
        }

        if ((status & VtdReg.QueueEnable) != 0 || !invalidator.IotlbRegister(value, iotlbAddress))
        {
            Bad(Capabilities.IotlbOffset + 8, value);
            return;
        }

        //// Bits 58:57 tell the granularity that was carried out.
        iotlbCommand = (iotlbCommand & ~(3UL << 57)) | (((value >> 60) & 3) << 57);
    }

    private void ClearQueueError(uint bits)
    {
        if ((bits & VtdReg.QueueError) != 0 && queueError)
        {
            queueError = false;
            RunQueue();
        }
    }

    private void RunQueue()
    {
        var wide = (queueAddress & (1UL << 11)) != 0;
        var bytes = wide ? 32UL : 16UL;
        var size = 4096UL << (int)(queueAddress & 7);
        while (!queueError && (status & VtdReg.QueueEnable) != 0 && queueHead != queueTail)
        {
            var at = (queueAddress & ~0xfffUL) + queueHead;
            var descriptor = new VtdDescriptor(Fetch(at), Fetch(at + 8));
            var upper = wide ? Fetch(at + 16) | Fetch(at + 24) : 0;
            if (upper != 0 || !invalidator.Execute(descriptor))
            {
                queueError = true;
                Bad(descriptor.Q0, descriptor.Q1);
                return;
            }

            queueHead = (queueHead + bytes) % size;
        }
    }

    private ulong Fetch(ulong pa) => Capabilities.IsCoherent ? memory.FetchSnooped(pa) : memory.Fetch(pa);

    private void Bad(ulong a, ulong b)
    {
        ref var e = ref trace.Add(EventKind.BadCommand);
        e.A = a;
        e.B = b;
    }
}
