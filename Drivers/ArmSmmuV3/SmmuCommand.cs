using System.Numerics;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>Which translations an invalidation names: those of an ASID (EL1 or EL2) or of a VMID.</summary>
public enum SmmuSpace
{
    El1Asid,
    El2Asid,
    Vmid,
}

/// <summary>One 16-byte command as the driver writes it (arm-smmu-v3.c: arm_smmu_cmdq_build_cmd).</summary>
public readonly record struct SmmuCommand(ulong Q0, ulong Q1)
{
    /// <summary>ATC_INV size that means everything.</summary>
    private const ulong AtcAll = 52;

    public static SmmuCommand PrefetchCfg(uint sid) => new(Op(SmmuOpcode.PrefetchCfg) | Sid(sid), 0);

    public static SmmuCommand CfgiSte(uint sid, bool leaf) =>
        new(Op(SmmuOpcode.CfgiSte) | Sid(sid), Leaf(leaf));

    public static SmmuCommand CfgiAll => new(Op(SmmuOpcode.CfgiAll), 31);

    public static SmmuCommand CfgiCd(uint sid, uint ssid, bool leaf) =>
        new(Op(SmmuOpcode.CfgiCd) | ((ulong)ssid << 12) | Sid(sid), Leaf(leaf));

    public static SmmuCommand CfgiCdAll(uint sid) => new(Op(SmmuOpcode.CfgiCdAll) | Sid(sid), 0);

    public static SmmuCommand TlbiEl2All => new(Op(SmmuOpcode.TlbiEl2All), 0);

    public static SmmuCommand TlbiNsnhAll => new(Op(SmmuOpcode.TlbiNsnhAll), 0);

    /// <summary>Everything of an ASID or VMID.</summary>
    public static SmmuCommand TlbiWhole(SmmuSpace space, uint id) => space switch
    {
        SmmuSpace.El1Asid => new(Op(SmmuOpcode.TlbiNhAsid) | Asid(id), 0),
        SmmuSpace.El2Asid => new(Op(SmmuOpcode.TlbiEl2Asid) | Asid(id), 0),
        _ => new(Op(SmmuOpcode.TlbiS12Vmall) | ((ulong)id << 32), 0),
    };

    /// <summary>One address of an ASID or VMID.</summary>
    public static SmmuCommand TlbiAddress(SmmuSpace space, uint id, ulong address, bool leaf) => space switch
    {
        SmmuSpace.El1Asid => new(Op(SmmuOpcode.TlbiNhVa) | Asid(id), Page(address) | Leaf(leaf)),
        SmmuSpace.El2Asid => new(Op(SmmuOpcode.TlbiEl2Va) | Asid(id), Page(address) | Leaf(leaf)),
        _ => new(Op(SmmuOpcode.TlbiS2Ipa) | ((ulong)id << 32), (Page(address) & 0x000f_ffff_ffff_f000)
            | Leaf(leaf)),
    };

    /// <summary>The range form of an address invalidation.</summary>
    /// <param name="num">Field value: one less than the pages in units of 2^<paramref name="scale"/>.</param>
    /// <param name="scale">log2 of the unit in pages.</param>
    /// <param name="level">Level of the leaves, 0 when not known.</param>
    /// <param name="granule">1 for 4K, 2 for 16K, 3 for 64K.</param>
    public SmmuCommand Ranged(uint num, int scale, int level, int granule) => new(
        Q0 | ((ulong)(num & 0x1f) << 12) | ((ulong)(uint)scale << 20),
        Q1 | ((ulong)(uint)level << 8) | ((ulong)(uint)granule << 10));

    /// <summary>
    /// The whole ATC when <paramref name="size"/> is 0, else the smallest aligned power of two of 4 KiB pages
    /// around the range. SubstreamID 0 goes without a PASID prefix.
    /// </summary>
    public static SmmuCommand AtcInv(uint sid, uint ssid, ulong address, ulong size)
    {
        var q0 = Op(SmmuOpcode.AtcInv) | Sid(sid) | (ssid == 0 ? 0 : (1UL << 11) | ((ulong)ssid << 12));
        if (size == 0)
        {
            return new SmmuCommand(q0, AtcAll);
        }

        var first = address >> 12;
        var last = (address + size - 1) >> 12;
        var log2 = 64 - BitOperations.LeadingZeroCount(first ^ last);
        first &= ~((1UL << log2) - 1);
        return new SmmuCommand(q0, (first << 12) | (uint)log2);
    }

    /// <summary>CMD_SYNC; wakes a waiting CPU by an event where the unit can.</summary>
    public static SmmuCommand Sync(bool sendsEvent) =>
        new(Op(SmmuOpcode.Sync) | (sendsEvent ? 2UL << 12 : 0) | (3UL << 22) | (15UL << 24), 0);

    private static ulong Op(SmmuOpcode opcode) => (ulong)opcode;

    private static ulong Sid(uint sid) => (ulong)sid << 32;

    private static ulong Asid(uint asid) => (ulong)asid << 48;

    private static ulong Page(ulong address) => address & ~0xfffUL;

    private static ulong Leaf(bool leaf) => leaf ? 1UL : 0;
}
