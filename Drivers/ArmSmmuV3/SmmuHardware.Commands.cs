using Conformance.Model.Tracing;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The commands. An invalidation is remembered when it is consumed and takes effect only with the next
/// CMD_SYNC: software
/// may not rely on it earlier.
/// </summary>
public sealed partial class SmmuHardware
{
    /// <summary>Commands of one unbroken run of single-page invalidations that are still shown in the
    /// trace.</summary>
    private const int ShownInRun = 8;

    private readonly List<Pending> pending = [];
    private int runLength;

    /// <summary>False for a command this unit does not have or whose fields are reserved.</summary>
    private bool Execute(ulong q0, ulong q1)
    {
        var opcode = (SmmuOpcode)(q0 & 0xff);
        if (!Offers(opcode))
        {
            return false;
        }

        switch (opcode)
        {
            case SmmuOpcode.Sync:
                Show(q0, q1);
                Complete();
                return true;
            case SmmuOpcode.PrefetchCfg:
                configs.Stream((uint)(q0 >> 32));
                return true;
            case SmmuOpcode.PriResp or SmmuOpcode.Resume:
                return true;
            case SmmuOpcode.TlbiNhVa or SmmuOpcode.TlbiEl2Va or SmmuOpcode.TlbiS2Ipa:
                return AddRange(opcode, q0, q1);
            default:
                runLength = 0;
                Show(q0, q1);
                pending.Add(new Pending(opcode, q0, q1, 0, 0, 0));
                return true;
        }
    }

    private bool Offers(SmmuOpcode opcode) => opcode switch
    {
        SmmuOpcode.PrefetchCfg or SmmuOpcode.CfgiSte or SmmuOpcode.CfgiAll or SmmuOpcode.TlbiNsnhAll
            or SmmuOpcode.Sync => true,
        SmmuOpcode.CfgiCd or SmmuOpcode.CfgiCdAll or SmmuOpcode.TlbiNhAll or SmmuOpcode.TlbiNhAsid
            or SmmuOpcode.TlbiNhVa => build.Has(SmmuBuild.S1P),
        SmmuOpcode.TlbiEl2All or SmmuOpcode.TlbiEl2Asid or SmmuOpcode.TlbiEl2Va => build.Has(SmmuBuild.Hyp),
        SmmuOpcode.TlbiS12Vmall or SmmuOpcode.TlbiS2Ipa => build.Has(SmmuBuild.S2P),
        SmmuOpcode.AtcInv => build.Has(SmmuBuild.Ats),
        SmmuOpcode.PriResp => build.Has(SmmuBuild.Pri),
        SmmuOpcode.Resume => !build.Has(SmmuBuild.NoStall),
        _ => false,
    };

    private bool AddRange(SmmuOpcode opcode, ulong q0, ulong q1)
    {
        var granuleCode = (int)((q1 >> 10) & 3);
        var level = (int)((q1 >> 8) & 3);
        var (num, scale) = ((q0 >> 12) & 0x1f, (int)((q0 >> 20) & 0x1f));
        var first = q1 & ~0xfffUL;
        if (granuleCode == 0)
        {
            AddPage(opcode, q0, q1, first);
            return true;
        }

        // Range form: only where built in, and one page without a level is a reserved combination.
        if ((build.Idr3 & SmmuBuild.RangeInvalidation) == 0 || (num == 0 && scale == 0 && level == 0))
        {
            return false;
        }

        var granule = 10 + (2 * granuleCode);
        var bytes = ((num + 1) << scale) << granule;
        var leafShift = level == 0 ? 0 : granule + ((3 - level) * (granule - 3));
        runLength = 0;
        Show(q0, q1);
        pending.Add(new Pending(opcode, q0, q1, first, first + bytes - 1, leafShift));
        return true;
    }

    /// <summary>One address. Neighbours in a run become one pending range.</summary>
    private void AddPage(SmmuOpcode opcode, ulong q0, ulong q1, ulong first)
    {
        var last = pending.Count - 1;
        if (last >= 0 && pending[last] is var before && before.Q0 == q0 && before.LeafShift == 0
            && ((before.Q1 ^ q1) & 0xfff) == 0 && before.Last + 0x1000 == first)
        {
            pending[last] = before with { Last = first };
            runLength++;
        }
        else
        {
            pending.Add(new Pending(opcode, q0, q1, first, first, 0));
            runLength = 0;
        }

        if (runLength < ShownInRun)
        {
            Show(q0, q1);
        }
    }

    private void Complete()
    {
        foreach (var p in pending)
        {
            Apply(p);
        }

        pending.Clear();
        runLength = 0;
    }

    private void Apply(in Pending p)
    {
        var sid = (uint)(p.Q0 >> 32);
        var ssid = (uint)(p.Q0 >> 12) & 0xfffff;
        var leafOnly = (p.Q1 & 1) != 0;
        var asid = (uint)(p.Q0 >> 48);
        var vmid = (uint)(p.Q0 >> 32) & 0xffff;
        switch (p.Opcode)
        {
            case SmmuOpcode.CfgiSte:
                configs.DropStream(sid, leafOnly);
                break;
            case SmmuOpcode.CfgiAll:
                configs.DropStreams(sid, (int)(p.Q1 & 0x1f));
                break;
            case SmmuOpcode.CfgiCd:
                configs.DropContext(sid, ssid, leafOnly);
                break;
            case SmmuOpcode.CfgiCdAll:
                configs.DropContexts(sid);
                break;
            case SmmuOpcode.AtcInv:
                Function(sid).Invalidate((p.Q0 & (1UL << 11)) != 0, ssid, p.Q1 & ~0xfffUL,
                    (int)(p.Q1 & 0x3f));
                break;
            case SmmuOpcode.TlbiNhVa:
                tlb.DropRange(SmmuTag.OfStage1(vmid, asid), p.First, p.Last, leafOnly, p.LeafShift);
                break;
            case SmmuOpcode.TlbiEl2Va:
                tlb.DropRange(SmmuTag.OfEl2(asid), p.First, p.Last, leafOnly, p.LeafShift);
                break;
            case SmmuOpcode.TlbiS2Ipa:
                tlb.DropRange(SmmuTag.OfStage2(vmid), p.First, p.Last, leafOnly, p.LeafShift);
                break;
            default:
                ApplyWhole(p.Opcode, vmid, asid);
                break;
        }
    }

    private void ApplyWhole(SmmuOpcode opcode, uint vmid, uint asid)
    {
        switch (opcode)
        {
            case SmmuOpcode.TlbiNhAll:
                tlb.DropTags(SmmuTag.VmidMask, SmmuTag.OfStage1(vmid, 0));
                break;
            case SmmuOpcode.TlbiNhAsid:
                tlb.DropTag(SmmuTag.OfStage1(vmid, asid));
                break;
            case SmmuOpcode.TlbiEl2All:
                tlb.DropTags(SmmuTag.RegimeMask, SmmuTag.OfEl2(0));
                break;
            case SmmuOpcode.TlbiEl2Asid:
                tlb.DropTag(SmmuTag.OfEl2(asid));
                break;
            case SmmuOpcode.TlbiS12Vmall:
                tlb.DropTags(SmmuTag.VmidMask, SmmuTag.OfStage1(vmid, 0));
                tlb.DropTag(SmmuTag.OfStage2(vmid));
                break;
            default:
                tlb.DropTags(SmmuTag.RegimeMask, SmmuTag.OfStage1(0, 0));
                tlb.DropTags(SmmuTag.RegimeMask, SmmuTag.OfStage2(0));
                break;
        }
    }

    private void Show(ulong q0, ulong q1)
    {
        if (trace is not null)
        {
            ref var e = ref trace.Add(EventKind.Invalidate);
            e.A = q0;
            e.B = q1;
        }
    }

    /// <summary>A command that waits for CMD_SYNC; addresses only for those by address.</summary>
    private readonly record struct Pending(
        SmmuOpcode Opcode, ulong Q0, ulong Q1, ulong First, ulong Last, int LeafShift);
}
