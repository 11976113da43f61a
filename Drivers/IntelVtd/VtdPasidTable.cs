using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// A device's PASID directory and tables (intel/pasid.c): directory entries of 8 bytes by PASID 19:6, tables
/// of 64
/// entries of 64 bytes by PASID 5:0. Requests without PASID use entry 0.
/// </summary>
internal sealed class VtdPasidTable
{
    private const int PageBytes = 4096;
    private const int EntryBytes = 64;

    private readonly VtdUnit unit;
    private readonly int pages;

    /// <param name="unit">The unit the device is behind.</param>
    /// <param name="pasids">Number of PASIDs of the device, 0 for none; the directory has whole
    /// pages.</param>
    public VtdPasidTable(VtdUnit unit, uint pasids)
    {
        this.unit = unit;
        pages = PagesFor(pasids);
        Directory = unit.AllocPage(pages);
    }

    public ulong Directory { get; }

    /// <summary>PDTS: the directory has 2^(n + 7) entries.</summary>
    public int SizeField => 2 + System.Numerics.BitOperations.Log2((uint)pages);

    private uint Limit => LimitOf(pages);

    /// <summary>The first PASID beyond the table of a device with so many of them.</summary>
    public static uint LimitOf(uint pasids) => LimitOf(PagesFor(pasids));

    /// <summary>Address of an entry, its table made when missing; 0 beyond the directory.</summary>
    public ulong Entry(uint pasid, bool create)
    {
        if (pasid >= Limit)
        {
            return 0;
        }

        var slot = Directory + (pasid / 64 * 8UL);
        var table = unit.Read(slot);
        if ((table & VtdEntryBits.Present) == 0)
        {
            if (!create)
            {
                return 0;
            }

            table = unit.AllocPage() | VtdEntryBits.Present;
            unit.Write(slot, table);
        }

        return (table & VtdEntryBits.AddressMask) + ((pasid & 63) * EntryBytes);
    }

    /// <summary>-ENODEV when the entry cannot be reached, -EBUSY when it is in use.</summary>
    public Errno Claim(uint pasid, out ulong entry)
    {
        entry = Entry(pasid, create: true);
        if (entry == 0)
        {
            return Errno.ENODEV;
        }

        return (unit.Read(entry) & VtdEntryBits.Present) != 0 ? Errno.EBUSY : Errno.OK;
    }

    /// <summary>Writes an entry, the word with the present bit last.</summary>
    public void Write(ulong entry, ulong q0, ulong q1, ulong q2)
    {
        unit.Write(entry + 16, q2);
        unit.Write(entry + 8, q1);
        unit.Write(entry, q0 | VtdEntryBits.Present);
    }

    private static int PagesFor(uint pasids)
    {
        var needed = Math.Max(1, (pasids / 64 * 8 + PageBytes - 1) / PageBytes);
        return (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)needed);
    }

    private static uint LimitOf(int pages) => (uint)pages * 512 * 64;

    public void Free()
    {
        for (var i = 0; i < pages * 512; i++)
        {
            var table = unit.Read(Directory + ((ulong)i * 8));
            if ((table & VtdEntryBits.Present) != 0)
            {
                unit.FreePage(table & VtdEntryBits.AddressMask);
            }
        }

        unit.FreePage(Directory, pages);
    }
}
