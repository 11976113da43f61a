using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>Condition code and status (bits 31:24 of the operand) of a PCI instruction.</summary>
public readonly record struct S390Condition(int Code, byte Status)
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Busy = 2;
    public const int HandleGone = 3;

    public static readonly S390Condition Done = new(Ok, 0);

    /// <summary>Writes the status into an operand.</summary>
    public ulong Into(ulong operand) => (operand & ~0xff00_0000UL) | ((ulong)Status << 24);
}

/// <summary>Status values of a refused instruction (arch/s390/include/asm/pci_insn.h).</summary>
public static class S390Status
{
    public const byte FunctionNotEnabled = 4;
    public const byte InsufficientResources = 16;
    public const byte InvalidAddressSpace = 20;
    public const byte AlreadyRegistered = 24;
    public const byte AddressSpaceNotRegistered = 28;
    public const byte FunctionNotAvailable = 40;
}

/// <summary>
/// The driver's hand on the instructions "modify PCI function controls" and "refresh PCI translations"
/// (arch/s390/pci/pci.c: zpci_register_ioat, zpci_unregister_ioat; pci_insn.c: zpci_refresh_trans).
/// </summary>
public sealed class S390Instructions
{
    /// <summary>Bytes of the parameter block, and where its fields are.</summary>
    public const int BlockBytes = 80;
    public const int BlockBase = 0x10;
    public const int BlockLimit = 0x18;
    public const int BlockAnchor = 0x20;

    public const uint RegisterIoat = 4;
    public const uint DeregisterIoat = 5;

    private readonly PhysicalMemory memory;
    private readonly S390Hardware hardware;
    private readonly ulong block;

    public S390Instructions(PhysicalMemory memory, S390Hardware hardware)
    {
        this.memory = memory;
        this.hardware = hardware;
        block = memory.Alloc(4096).Value;
    }

    /// <summary>Where the parameter block of the last register instruction lies.</summary>
    public PhysAddr Block => new(block);

    /// <summary>Register a translation anchor for bus addresses [first, limit].</summary>
    public S390Condition Register(uint handle, ulong first, ulong limit, ulong anchor)
    {
        memory.Fill(block, BlockBytes, 0);
        memory.WriteEntry(block + BlockBase, first);
        memory.WriteEntry(block + BlockLimit, limit);
        memory.WriteEntry(block + BlockAnchor, anchor);
        return ModifyControls(handle, RegisterIoat);
    }

    /// <summary>Take the anchor away: DMA is no longer performed.</summary>
    public S390Condition Unregister(uint handle)
    {
        memory.Fill(block, BlockBytes, 0);
        return ModifyControls(handle, DeregisterIoat);
    }

    /// <summary>
    /// Drop cached translations of <paramref name="length"/> bytes. -ENOMEM or -EIO on refusal.
    /// </summary>
    public Errno Refresh(uint handle, ulong address, ulong length)
    {
        var operand = (ulong)handle << 32;
        S390Condition condition;
        do
        {
            condition = hardware.RefreshTranslations(ref operand, address, length);
        }
        while (condition.Code == S390Condition.Busy);

        return condition switch
        {
            { Code: S390Condition.Ok } => Errno.OK,
            { Code: S390Condition.Error, Status: 4 or 16 } => Errno.ENOMEM,
            _ => Errno.EIO,
        };
    }

    private S390Condition ModifyControls(uint handle, uint operation)
    {
        var operand = ((ulong)handle << 32) | operation;
        S390Condition condition;
        do
        {
            condition = hardware.ModifyFunctionControls(ref operand, block);
        }
        while (condition.Code == S390Condition.Busy);

        return condition;
    }
}
