using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>What <c>alloc_io_pgtable_ops</c> is given: widths in bits.</summary>
public readonly record struct DartTableConfig(int PageShift, int Ias, int Oas);

/// <summary>
/// The tables of one paging domain, written as io-pgtable-dart.c writes them: one page size, one leaf table a
/// call, no table freed before the domain is.
/// </summary>
public sealed class DartPageTable
{
    private readonly PhysicalMemory memory;
    private readonly DartGeometry geometry;
    private readonly DartEncoding encoding;
    private readonly int oas;
    private readonly ulong[] roots;

    private DartPageTable(PhysicalMemory memory, DartGeometry geometry, DartEncoding encoding, int oas)
    {
        this.memory = memory;
        this.geometry = geometry;
        this.encoding = encoding;
        this.oas = oas;
        roots = new ulong[geometry.Tables];
        for (var i = 0; i < roots.Length; i++)
        {
            roots[i] = AllocTable();
        }
    }

    /// <summary>TTBR values in use: physical addresses of the top tables.</summary>
    public ReadOnlySpan<ulong> Roots => roots;

    /// <summary>Levels with that of the TTBR: 3, or 4.</summary>
    public int Levels => geometry.TopLevel;

    public ulong PageSize => 1UL << geometry.PageShift;

    /// <summary>
    /// Null (the caller's -ENOMEM) when the widths cannot be served: oas other than 36 or 42, ias above oas,
    /// page size other than 4K or 16K, or a geometry the tree does not have (apple_dart_alloc_pgtable).
    /// </summary>
    public static DartPageTable? Create(
        PhysicalMemory memory, in DartTableConfig config, DartGeometry? geometry, DartEncoding encoding)
    {
        var served = config.Oas is 36 or 42 && config.Ias <= config.Oas && config.PageShift is 12 or 14;
        return served && geometry is not null
            ? new DartPageTable(memory, geometry, encoding, config.Oas)
            : null;
    }

    /// <summary>
    /// Maps pages up to the end of one leaf table and adds their bytes to <paramref name="mapped"/>. -EINVAL
    /// page size or neither READ nor WRITE, -ERANGE first address beyond oas (only the first is looked at),
    /// -ENOMEM no TTBR for the IOVA (7.2), -EEXIST a leaf is valid; then nothing of this call is written.
    /// </summary>
    public Errno Map(ulong iova, ulong pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        if (pgsize != PageSize)
        {
            return Errno.EINVAL;
        }

        if (pa >> oas != 0)
        {
            return Errno.ERANGE;
        }

        if ((prot & (Prot.Read | Prot.Write)) == 0)
        {
            return Errno.EINVAL;
        }

        var root = geometry.Table(iova);
        if (root >= roots.Length)
        {
            return Errno.ENOMEM;
        }

        var first = geometry.Index(iova, 1);
        var count = (int)Math.Min(pgcount, (ulong)(geometry.EntriesPerTable - first));
        var at = GrowTo(roots[root], iova) + ((ulong)first << DartBits.EntryShift);
        var errno = Install(at, pa, count, encoding.LeafBits(prot));
        mapped += errno == Errno.OK ? (ulong)count << geometry.PageShift : 0;
        return errno;
    }

    /// <summary>
    /// Clears leaves up to the first absent one or the end of the leaf table; returns the bytes cleared, 0
    /// for another page size, count 0 or an absent table. Gathers nothing: the library's flush hook is NULL
    /// here.
    /// </summary>
    public ulong Unmap(ulong iova, ulong pgsize, ulong pgcount)
    {
        if (pgsize != PageSize || pgcount == 0 || !TryLeafTable(iova, out var table))
        {
            return 0;
        }

        var first = geometry.Index(iova, 1);
        var count = (int)Math.Min(pgcount, (ulong)(geometry.EntriesPerTable - first));
        var at = table + ((ulong)first << DartBits.EntryShift);
        var done = 0;
        while (done < count && memory.Read(at) != 0)
        {
            memory.Write(at, 0);
            at += 1 << DartBits.EntryShift;
            done++;
        }

        return (ulong)done << geometry.PageShift;
    }

    /// <summary>0 when absent.</summary>
    public ulong IovaToPhys(ulong iova)
    {
        if (!TryLeafTable(iova, out var table))
        {
            return 0;
        }

        var entry = memory.Read(table + ((ulong)geometry.Index(iova, 1) << DartBits.EntryShift));
        return entry == 0 ? 0 : encoding.AddressOf(entry) | (iova & (PageSize - 1));
    }

    /// <summary>Gives all tables back, following them in memory.</summary>
    public void Free()
    {
        foreach (var root in roots)
        {
            FreeTable(root, geometry.TopLevel - 1);
        }
    }

    private ulong GrowTo(ulong table, ulong iova)
    {
        for (var level = geometry.TopLevel - 1; level > 1; level--)
        {
            var at = table + ((ulong)geometry.Index(iova, level) << DartBits.EntryShift);
            var entry = memory.Read(at);
            if (entry == 0)
            {
                entry = encoding.Table(AllocTable());
                memory.Write(at, entry);
            }

            table = encoding.AddressOf(entry);
        }

        return table;
    }

    private Errno Install(ulong at, ulong pa, int count, ulong bits)
    {
        for (var i = 0; i < count; i++)
        {
            if ((memory.Read(at + ((ulong)i << DartBits.EntryShift)) & DartBits.Valid) != 0)
            {
                return Errno.EEXIST;
            }
        }

        for (var i = 0; i < count; i++)
        {
            memory.Write(at, bits | encoding.Address(pa));
            at += 1 << DartBits.EntryShift;
            pa += PageSize;
        }

        return Errno.OK;
    }

    private bool TryLeafTable(ulong iova, out ulong table)
    {
        table = 0;
        var root = geometry.Table(iova);
        if (root >= roots.Length)
        {
            return false;
        }

        table = roots[root];
        for (var level = geometry.TopLevel - 1; level > 1; level--)
        {
            var entry = memory.Read(table + ((ulong)geometry.Index(iova, level) << DartBits.EntryShift));
            if (entry == 0)
            {
                return false;
            }

            table = encoding.AddressOf(entry);
        }

        return true;
    }

    private void FreeTable(ulong table, int level)
    {
        for (var i = 0; level > 1 && i < geometry.EntriesPerTable; i++)
        {
            var entry = memory.Read(table + ((ulong)i << DartBits.EntryShift));
            if (entry != 0)
            {
                FreeTable(encoding.AddressOf(entry), level - 1);
            }
        }

        memory.Free(new PhysAddr(table), geometry.TableBytes, geometry.TableBytes);
    }

    private ulong AllocTable() => memory.Alloc(geometry.TableBytes, geometry.TableBytes).Value;
}
