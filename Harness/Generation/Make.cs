using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Commands from their operands, with all unused fields zero as the text form has them.</summary>
internal static class Make
{
    /// <summary>One operand in A: instance, device, group or packed domain.</summary>
    public static Command OnA(Op op, int a) => new(op, a, 0, 0, 0, 0, 0);

    /// <summary>A domain and a device or group.</summary>
    public static Command OnDomain(Op op, DomainRef domain, int b) => new(op, domain.Packed, b, 0, 0, 0, 0);

    public static Command OnDomain(Op op, DomainRef domain) => OnA(op, domain.Packed);

    /// <summary>An owner and a device or group.</summary>
    public static Command Claim(Op op, int owner, int b) => new(op, owner, b, 0, 0, 0, 0);

    public static Command Alloc(int slot, int device, AllocFlags flags) =>
        new(Op.Alloc, DomainRef.Slot(slot).Packed, device, 0, 0, 0, (uint)flags);

    public static Command SetType(int group, TypeRequest type) =>
        new(Op.SetType, group, 0, 0, 0, 0, (uint)type);

    public static Command Map(DomainRef domain, MappedRange range, Prot prot) =>
        new(Op.Map, domain.Packed, 0, range.Iova, range.Pa, range.Size, (uint)prot);

    public static Command Unmap(Op op, DomainRef domain, ulong iova, ulong size) =>
        new(op, domain.Packed, 0, iova, 0, size, 0);

    public static Command IovaToPhys(DomainRef domain, ulong iova) =>
        new(Op.IovaToPhys, domain.Packed, 0, iova, 0, 0, 0);

    public static Command OnPasid(Op op, DomainRef domain, int device, uint pasid) =>
        new(op, domain.Packed, device, 0, 0, 0, pasid);

    public static Command Dma(int device, int requester, ulong iova, DmaAccess access, uint pasid) =>
        new(Op.Dma, device, requester, iova, 0, pasid, (uint)access);

    public static Command FailAttach(int device, int skip, Errno errno) =>
        new(Op.FailAttach, device, 0, 0, 0, (ulong)skip, (uint)errno);

    public static Command FailMap(int skip, Errno errno) =>
        new(Op.FailMap, 0, 0, 0, 0, (ulong)skip, (uint)errno);

    public static Command FailAlloc(Errno errno) => new(Op.FailAlloc, 0, 0, 0, 0, 0, (uint)errno);

    /// <summary>Arms a failure of the next command.</summary>
    public static bool IsFault(Op op) => op is Op.FailAttach or Op.FailMap or Op.FailAlloc or Op.FailNth;
}
