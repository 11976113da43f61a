using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>
/// The table of the arch DMA API of 6.1 (zpci_dma_init_device). Linux fills it as drivers map buffers; here
/// it has fixed content, one buffer of 1 MiB at the start of the window, so that DMA through it can be
/// foretold.
/// </summary>
public static class S390PlatformTable
{
    /// <summary>Bytes of the buffer: one page table.</summary>
    public const ulong Bytes = 1UL << 20;

    /// <summary>Where the buffer lies in memory.</summary>
    public const ulong Buffer = 0x74_0000_0000;

    /// <summary>What a function reaches through it.</summary>
    public static TranslationRun Content(ulong startDma) =>
        new(startDma, Buffer, Bytes, Read: true, Write: true);

    /// <summary>Makes a new table for a function that has none and registers it.</summary>
    public static S390PageTable Register(S390Zpci zpci, S390Function function)
    {
        var table = new S390PageTable(zpci.Memory, S390Format.RegionThird);
        table.Validate(function.StartDma, Buffer, Bytes >> S390Format.PageShift, isReadOnly: false);
        zpci.Instructions.Register(function.Handle, function.StartDma, function.EndDma, table.Anchor);
        return table;
    }
}
