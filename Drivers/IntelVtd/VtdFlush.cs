using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The driver's side of invalidation: through the queue with a wait descriptor behind each command, or
/// through
/// registers on a unit without a queue (dmar.c: qi_submit_sync; iommu.c: __iommu_flush_context,
/// __iommu_flush_iotlb).
/// </summary>
internal sealed class VtdFlush(VtdHardware hardware, PhysicalMemory memory)
{
    private const int Slots = 256;

    private readonly VtdCapabilities capabilities = hardware.Capabilities;
    private readonly int slotShift = hardware.Capabilities.IsScalable ? 5 : 4;
    private ulong queue;
    private ulong status;
    private int head;

    /// <summary>GCMD as last written, without one-shot bits: the register itself cannot be read.</summary>
    public uint GlobalCommand { get; private set; }

    /// <summary>Physical address of the queue, 0 when the unit has none.</summary>
    public ulong QueueBase => queue;

    /// <summary>Writes GCMD: the kept bits, changed, and one-shot bits beside them.</summary>
    public void Command(uint keep, uint oneShot)
    {
        GlobalCommand |= keep;
        hardware.WriteRegister(VtdReg.Gcmd, GlobalCommand | oneShot);
    }

    /// <summary>
    /// Clears old faults and sets up the queue of 256 descriptors (dmar.c: dmar_enable_qi).
    /// </summary>
    public void Enable()
    {
        hardware.WriteRegister(VtdReg.FaultStatus, hardware.ReadRegister(VtdReg.FaultStatus));
        if (!capabilities.HasQueue)
        {
            return;
        }

        queue = memory.Alloc(Slots << slotShift).Value;
        status = memory.Alloc(Slots * 4).Value;
        head = 0;
        hardware.WriteRegister(VtdReg.QueueTail, 0);
        hardware.WriteRegister(VtdReg.QueueAddress, queue | (capabilities.IsScalable ? VtdReg.WideQueue : 0));
        Command(VtdReg.QueueEnable, 0);
    }

    public void Context(uint granularity, ushort did, ushort sid)
    {
        if (capabilities.HasQueue)
        {
            Submit(VtdCommands.ContextInv(granularity, did, sid));
        }
        else
        {
            hardware.WriteRegister(VtdReg.ContextCommand, VtdCommands.ContextRegister(granularity, did, sid));
        }
    }

    /// <summary>Global or domain-selective.</summary>
    public void Iotlb(uint granularity, ushort did) => Iotlb(granularity, did, 0, 0, leafOnly: false);

    /// <summary>
    /// Pages of a second stage; whole domain when the unit cannot select pages or not so many.
    /// </summary>
    public void Pages(ushort did, ulong address, int mask, bool leafOnly)
    {
        if (!capabilities.HasPageSelective || mask > capabilities.MaxAddressMask)
        {
            Iotlb(VtdCommands.DomainSelective, did);
        }
        else
        {
            Iotlb(VtdCommands.Selective, did, address, mask, leafOnly);
        }
    }

    /// <summary>Everything of one PASID of a domain.</summary>
    public void PasidIotlb(ushort did, uint pasid) =>
        Submit(VtdCommands.PasidIotlbInv(VtdCommands.PasidIotlbAll, did, pasid, 0, 0, leafOnly: false));

    /// <summary>Pages of a first stage; any mask.</summary>
    public void PasidPages(ushort did, uint pasid, ulong address, int mask, bool leafOnly) =>
        Submit(VtdCommands.PasidIotlbInv(VtdCommands.PasidIotlbPages, did, pasid, address, mask, leafOnly));

    public void PasidCache(uint granularity, ushort did, uint pasid) =>
        Submit(VtdCommands.PasidCacheInv(granularity, did, pasid));

    /// <summary>The cache inside a function; PASID 0 is requests without one.</summary>
    public void DeviceTlb(ushort sid, uint pasid, ulong address, int mask) => Submit(
        pasid == 0
            ? VtdCommands.DeviceTlbInv(sid, address, mask)
            : VtdCommands.PasidDeviceTlbInv(sid, pasid, address, mask));

    /// <summary>Write-buffer flush, on units that need it (iommu.c: iommu_flush_write_buffer).</summary>
    public void WriteBuffer()
    {
        if (capabilities.HasWriteBuffer)
        {
            Command(0, VtdReg.WriteBufferFlush);
        }
    }

    /// <summary>
    /// One command and a wait behind it. A command the unit refuses is overwritten with the wait, as the
    /// driver
    /// does, so that the queue goes on: -EINVAL.
    /// </summary>
    public Errno Submit(VtdDescriptor descriptor)
    {
        var wait = VtdCommands.WaitDescriptor(status + ((ulong)(head + 1) % Slots * 4));
        var slot = head;
        SetStatus(slot + 1, 1);
        WriteSlot(slot, descriptor);
        WriteSlot(slot + 1, wait);
        head = (head + 2) % Slots;
        hardware.WriteRegister(VtdReg.QueueTail, (ulong)head << slotShift);
        if ((hardware.ReadRegister(VtdReg.FaultStatus) & VtdReg.QueueError) == 0)
        {
            return Errno.OK;
        }

        WriteSlot(slot, wait);
        hardware.WriteRegister(VtdReg.FaultStatus, VtdReg.QueueError);
        return Errno.EINVAL;
    }

    private void Iotlb(uint granularity, ushort did, ulong address, int mask, bool leafOnly)
    {
        if (capabilities.HasQueue)
        {
            Submit(VtdCommands.IotlbInv(granularity, did, address, mask, leafOnly, drain: true));
            return;
        }

        if (granularity == VtdCommands.Selective)
        {
            hardware.WriteRegister(
                capabilities.IotlbOffset, address | (leafOnly ? 0x40UL : 0) | (uint)(mask & 0x3f));
        }

        hardware.WriteRegister(capabilities.IotlbOffset + 8, VtdCommands.IotlbRegister(granularity, did));
    }

    private void WriteSlot(int slot, VtdDescriptor descriptor)
    {
        var at = queue + ((ulong)(slot % Slots) << slotShift);
        memory.Write(at, descriptor.Q0);
        memory.Write(at + 8, descriptor.Q1);
        if (slotShift == 5)
        {
            memory.Write(at + 16, 0);
            memory.Write(at + 24, 0);
        }
    }

    private void SetStatus(int slot, uint value)
    {
        var at = status + ((ulong)(slot % Slots) * 4);
        var shift = (int)(at & 4) * 8;
        var word = memory.Read(at & ~7UL);
        memory.Write(at & ~7UL, (word & ~(0xffff_ffffUL << shift)) | ((ulong)value << shift));
    }
}
