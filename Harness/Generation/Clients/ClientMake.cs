using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Commands of clients from their operands, with all unused fields zero.</summary>
internal static class ClientMake
{
    public static Command Bind(int device, int context) => new(Op.FdBind, device, context, 0, 0, 0, 0);

    public static Command Attach(PageTableRef table, int device) =>
        new(Op.FdAttach, table.Packed, device, 0, 0, 0, 0);

    public static Command IoasAlloc(int ioas, int context) => new(Op.IoasAlloc, ioas, context, 0, 0, 0, 0);

    public static Command HwptAlloc(int hwpt, int device, PageTableRef parent, HwptFlags flags) =>
        new(Op.HwptAlloc, hwpt, device, 0, (ulong)parent.Packed, 0, (uint)flags);

    /// <summary>Maps an area into an IOAS or a container; its Pa is an offset in the memory.</summary>
    public static Command Map(AddressSpaceRef space, MappedRange area, Prot prot)
    {
        var op = space.IsContainer ? Op.VfioMap : Op.IoasMap;
        return new Command(op, space.Index, 0, area.Iova, area.Pa, area.Size, (uint)prot);
    }

    public static Command Unmap(AddressSpaceRef space, ulong iova, ulong size) =>
        new(space.IsContainer ? Op.VfioUnmap : Op.IoasUnmap, space.Index, 0, iova, 0, size, 0);

    public static Command UnmapAll(AddressSpaceRef space) =>
        Make.OnA(space.IsContainer ? Op.VfioUnmapAll : Op.IoasUnmapAll, space.Index);

    public static Command MapAuto(int ioas, ulong memory, ulong size, Prot prot) =>
        new(Op.IoasMapAuto, ioas, 0, 0, memory, size, (uint)prot);

    public static Command Copy(int to, int from, ulong iova, ulong source, ulong size, Prot prot) =>
        new(Op.IoasCopy, to, from, iova, source, size, (uint)prot);

    public static Command Allow(int ioas, ulong iova, ulong size) =>
        new(Op.IoasAllow, ioas, 0, iova, 0, size, 0);

    /// <summary>An operation that switches something of an IOAS or a HWPT on or off.</summary>
    public static Command Switch(Op op, int index, bool on) => new(op, index, 0, 0, 0, 0, on ? 1U : 0U);

    public static Command SetContainer(int container, int group) =>
        new(Op.VfioSetContainer, container, group, 0, 0, 0, 0);

    public static Command SetIommu(int container, int version) =>
        new(Op.VfioSetIommu, container, 0, 0, 0, 0, (uint)version);

    public static Command DmaMemory(int device, int requester, ulong memory, DmaAccess access) =>
        new(Op.DmaMemory, device, requester, 0, memory, 0, (uint)access);

    /// <param name="n">Which allocation fails, 1 for the first.</param>
    public static Command FailNth(int n) => new(Op.FailNth, 0, 0, 0, 0, (ulong)n, 0);
}
