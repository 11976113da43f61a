using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Commands on an IOAS (core.md 7.2, ioas.c).</summary>
internal sealed partial class IommufdClient
{
    private const Prot Access = Prot.Read | Prot.Write;

    /// <summary>
    /// The kernel has transparent huge pages (CONFIG_TRANSPARENT_HUGEPAGE): placement aligns to them.
    /// </summary>
    public bool HasHugePages { get; set; } = true;

    private Outcome OnIoas(in Command command, Ioas ioas)
    {
        var table = ioas.Table;
        switch (command.Op)
        {
            case Op.IoasDestroy:
                return Destroy(ioas);
            case Op.IoasMap or Op.IoasMapAuto:
                return Map(command, table);
            case Op.IoasCopy:
                return ioasOfSlot[command.B] is { } source && source.Context == ioas.Context
                    ? Copy(command, table, source.Table)
                    : Outcome.Nothing;
            case Op.IoasUnmap:
                return Unmap(table, command.Iova, command.Size);
            case Op.IoasUnmapAll:
                return Unmap(table, 0, ulong.MaxValue);
            case Op.IoasRanges:
                return Outcome.Bytes(RangeDigest.Of(table.Alignment, table.UsableRanges()));
            case Op.IoasAllow:
                return Outcome.Of(table.Allow(
                    command.Size == 0
                        ? null
                        : (command.Iova, unchecked(command.Iova + command.Size - 1))));
            default:
                return Outcome.Of(SetLargePages(table, command.Extra != 0));
        }
    }

    /// <summary>-EBUSY while a HWPT shows it; else its areas go with it.</summary>
    private Outcome Destroy(Ioas ioas)
    {
        if (ioas.Hwpts.Count > 0)
        {
            return Outcome.Of(Errno.EBUSY);
        }

        ioas.Table.Unmap(0, ulong.MaxValue, out _);
        ioasOfSlot[ioas.Slot] = null;
        return Outcome.Ok;
    }

    private static Errno SetLargePages(IoPageTable table, bool on)
    {
        if (!on)
        {
            return table.DisableLargePages();
        }

        table.EnableLargePages();
        return Errno.OK;
    }

    /// <summary>
    /// iommufd_ioas_map. A memory offset of a process lies in the memory or in the hole of the same size
    /// behind it, where nothing can be pinned; other offsets, and protections that the ioctl cannot express,
    /// mean nothing.
    /// </summary>
    private Outcome Map(in Command command, IoPageTable table)
    {
        if ((command.Prot & ~Access) != 0 || command.Memory.Value >= 2 * memory.Size)
        {
            return Outcome.Nothing;
        }

        ulong? iova = command.Op == Op.IoasMap ? command.Iova : null;
        var errno = CheckRequest(iova ?? 0, command.Size, 0, command.Prot);
        errno = errno == Errno.OK ? CheckUser(command.Memory, command.Size) : errno;
        if (errno != Errno.OK)
        {
            return Outcome.Of(errno);
        }

        var offset = command.Memory.Value & (memory.PageSize - 1);
        var shared = new IoptPages(command.Memory.Value - offset, (command.Prot & Prot.Write) != 0);
        var place = new Placement(
            ClientMemory.UserAddress + command.Memory.Value,
            memory.PageSize,
            HasHugePages ? memory.HugePageSize : memory.PageSize);
        var piece = new IoPageTable.Piece(shared, offset, command.Size);
        errno = table.Map([piece], iova, command.Size, Prot.Cache | command.Prot, place, out var at);
        return errno == Errno.OK && iova is null ? Outcome.Bytes(at) : Outcome.Of(errno);
    }

    private Outcome Copy(in Command command, IoPageTable table, IoPageTable source)
    {
        if ((command.Prot & ~Access) != 0)
        {
            return Outcome.Nothing;
        }

        var errno = CheckRequest(command.Iova, command.Size, command.Pa, command.Prot);
        var pieces = new List<IoPageTable.Piece>();
        errno = errno == Errno.OK ? source.Pieces(command.Pa, command.Size, pieces) : errno;
        var prot = Prot.Cache | command.Prot;
        return Outcome.Of(
            errno == Errno.OK
                ? table.Map(pieces, command.Iova, command.Size, prot, default, out _)
                : errno);
    }

    private static Errno CheckRequest(ulong iova, ulong length, ulong source, Prot prot) =>
        iova == ulong.MaxValue || length == ulong.MaxValue || source == ulong.MaxValue ? Errno.EOVERFLOW
        : (prot & Access) == 0 ? Errno.EINVAL
        : Errno.OK;

    /// <summary>The range in the process (iopt_alloc_user_pages).</summary>
    private Errno CheckUser(MemoryOffset at, ulong length)
    {
        var wraps = length > ulong.MaxValue - (ClientMemory.UserAddress + at.Value);
        var strange = length == 0 || length > ulong.MaxValue - memory.PageSize;
        return (wraps, strange) switch
        {
            (false, false) => Errno.OK,
            (true, true) => policy!.Ranges.AddressBeforeLength ? Errno.EOVERFLOW : Errno.EINVAL,
            (true, false) => Errno.EOVERFLOW,
            _ => Errno.EINVAL,
        };
    }

    /// <summary>
    /// iommufd_ioas_unmap: iova 0 with all ones means everything and succeeds on nothing; else nothing
    /// unmapped is -ENOENT. The bytes of a failed unmap are not told.
    /// </summary>
    private static Outcome Unmap(IoPageTable table, ulong iova, ulong length)
    {
        var all = iova == 0 && length == ulong.MaxValue;
        if (!all && (iova == ulong.MaxValue || length == ulong.MaxValue))
        {
            return Outcome.Of(Errno.EOVERFLOW);
        }

        if (!all && length == 0)
        {
            return Outcome.Of(Errno.EINVAL);
        }

        if (!all && length - 1 > ulong.MaxValue - iova)
        {
            return Outcome.Of(Errno.EOVERFLOW);
        }

        var errno = table.Unmap(iova, all ? ulong.MaxValue : iova + length - 1, out var bytes);
        return errno != Errno.OK ? Outcome.Of(errno)
            : bytes == 0 && !all ? Outcome.Of(Errno.ENOENT)
            : Outcome.Bytes(bytes);
    }
}
