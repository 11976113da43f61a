using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The silicon half of one SMMUv3: registers, command and event queues, configuration and translation
/// caches, the ATCs
/// of the functions behind it. Reads registers and simulated memory only.
/// </summary>
public sealed partial class SmmuHardware
{
    private readonly PhysicalMemory memory;
    private readonly SmmuBuild build;
    private readonly Trace? trace;
    private readonly SmmuConfigCache configs;
    private readonly SmmuTlb tlb;
    private readonly Dictionary<uint, SmmuAtc> functions = [];

    public SmmuHardware(PhysicalMemory memory, SmmuBuild build, Trace? trace = null)
    {
        this.memory = memory;
        this.build = build;
        this.trace = trace;
        configs = new SmmuConfigCache(memory, build);
        tlb = new SmmuTlb(build.TrustsLevelHint);
    }

    /// <summary>The function behind a StreamID, for its ATS control register.</summary>
    public SmmuAtc Function(uint sid)
    {
        if (!functions.TryGetValue(sid, out var atc))
        {
            functions[sid] = atc = new SmmuAtc();
        }

        return atc;
    }

    /// <summary>One data access of a device.</summary>
    /// <param name="sid">StreamID.</param>
    /// <param name="ssv">A SubstreamID comes with it.</param>
    /// <param name="ssid">SubstreamID.</param>
    /// <param name="va">Address on the device's side.</param>
    /// <param name="access">Direction.</param>
    /// <param name="privileged">Privilege attribute of the access.</param>
    public DmaOutcome Dma(uint sid, bool ssv, uint ssid, ulong va, DmaAccess access, bool privileged)
    {
        var request = new SmmuRequest(sid, ssv, ssid, va, access, privileged);
        if ((Cr0 & SmmuReg.Cr0SmmuEn) == 0)
        {
            return (Read32(SmmuReg.Gbpa) & SmmuReg.GbpaAbort) != 0 ? DmaOutcome.Refused(0)
                : DmaOutcome.At(va);
        }

        if (functions.TryGetValue(sid, out var atc) && atc.Enabled)
        {
            return DmaThroughAtc(atc, request);
        }

        var outcome = Translate(request, out var leaf);
        return outcome.Landed ? Check(request, leaf, outcome) : outcome;
    }

    /// <summary>The translation of a stream as memory has it now; nothing for a stream that cannot
    /// access.</summary>
    public void Walk(uint sid, bool ssv, uint ssid, Action<TranslationRun> sink)
    {
        if ((Cr0 & SmmuReg.Cr0SmmuEn) == 0)
        {
            if ((Read32(SmmuReg.Gbpa) & SmmuReg.GbpaAbort) == 0)
            {
                sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
            }

            return;
        }

        var stream = configs.Uncached(sid);
        switch (Route(stream, ssv, ssid, out var index))
        {
            case SmmuRoute.Bypass:
                sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
                break;
            case SmmuRoute.Stage1:
                var context = configs.UncachedContext(stream, index);
                if (context.Fault == SmmuEvent.None && !context.IsOff)
                {
                    ArmLpaeWalker.Enumerate(memory, context.Regime, sink);
                }

                break;
            case SmmuRoute.Stage2:
                ArmLpaeWalker.Enumerate(memory, stream.Stage2.Regime, sink);
                break;
            default:
                break;
        }
    }

    /// <summary>A translated request skips translation, but the stream must still answer ATS
    /// (CR0.ATSCHK).</summary>
    private DmaOutcome DmaThroughAtc(SmmuAtc atc, in SmmuRequest request)
    {
        if (!atc.TryGet(request.Ssv, request.Ssid, request.Va, out var leaf))
        {
            var answer = Translate(request, out leaf);
            if (!answer.Landed)
            {
                return answer;
            }

            if (!configs.Stream(request.Sid).AnswersAts)
            {
                return Check(request, leaf, answer);
            }

            atc.Put(request.Ssv, request.Ssid, request.Va, leaf);
            return Check(request, leaf, answer);
        }

        var stream = configs.Stream(request.Sid);
        var translates = stream.Fault == SmmuEvent.None
            && stream.Config is SmmuConfig.Stage1 or SmmuConfig.Stage2;
        if ((Cr0 & SmmuReg.Cr0AtsChk) != 0 && (!translates || !stream.AnswersAts))
        {
            return Fault(request, SmmuEvent.TranslationForbidden, 0, records: true, stage2: false);
        }

        return Check(request, leaf, DmaOutcome.At(leaf.Base + (request.Va & 0xfff)));
    }

    private DmaOutcome Translate(in SmmuRequest request, out ArmLpaeLeaf leaf)
    {
        leaf = IdentityPage(request.Va);
        var stream = configs.Stream(request.Sid);
        switch (Route(stream, request.Ssv, request.Ssid, out var index))
        {
            case SmmuRoute.Bypass:
                return DmaOutcome.At(request.Va);
            case SmmuRoute.Stage1:
                var context = configs.Context(stream, index);
                return context.Fault != SmmuEvent.None
                    ? Fault(request, context.Fault, context.FaultAddress, records: true, stage2: false)
                    : Translate(request, context, out leaf);
            case SmmuRoute.Stage2:
                return Translate(request, stream.Stage2, out leaf);
            case SmmuRoute.Silent:
                return DmaOutcome.Refused(0);
            case SmmuRoute.NoDefaultSubstream:
                return Fault(request, SmmuEvent.StreamDisabled, 0, records: true, stage2: false);
            case SmmuRoute.BadSubstream:
                return Fault(request, SmmuEvent.BadSubstreamId, 0, records: true, stage2: false);
            default:
                var records = stream.Fault != SmmuEvent.BadStreamId
                    || (Read32(SmmuReg.Cr2) & SmmuReg.Cr2RecInvSid) != 0;
                return Fault(request, stream.Fault, stream.FaultAddress, records, stage2: false);
        }
    }

    private DmaOutcome Translate(in SmmuRequest request, SmmuContext context, out ArmLpaeLeaf leaf)
    {
        if (!tlb.TryGetLeaf(context.Tag, request.Va, out leaf))
        {
            tlb.Tag = context.Tag;
            leaf = context.IsOff ? default : ArmLpaeWalker.Walk(memory, context.Regime, request.Va, tlb);
            var fault = context.IsOff ? ArmLpaeFault.Translation : leaf.Fault;
            if (fault != ArmLpaeFault.None)
            {
                return Fault(request, EventOf(fault), leaf.Base, context.Records, context.Regime.Stage2);
            }

            tlb.PutLeaf(context.Tag, request.Va, leaf);
        }

        return DmaOutcome.At(leaf.Base + (request.Va & ((1UL << leaf.Shift) - 1)));
    }

    private DmaOutcome Check(in SmmuRequest request, in ArmLpaeLeaf leaf, DmaOutcome outcome)
    {
        var allowed = request.Access == DmaAccess.Write ? leaf.Write : leaf.Read;
        return allowed && (request.Privileged || leaf.Unprivileged)
            ? outcome
            : Fault(request, SmmuEvent.Permission, 0, records: true, build.Has(SmmuBuild.S2P));
    }

    /// <summary>What a stream does with an access, before any table.</summary>
    private SmmuRoute Route(SmmuStream stream, bool ssv, uint ssid, out uint index)
    {
        index = ssv ? ssid : 0;
        if (stream.Fault != SmmuEvent.None)
        {
            return SmmuRoute.Broken;
        }

        if (stream.Config == SmmuConfig.Abort)
        {
            return SmmuRoute.Silent;
        }

        if (stream.Config != SmmuConfig.Stage1)
        {
            return ssv ? SmmuRoute.BadSubstream
                : stream.Config == SmmuConfig.Bypass ? SmmuRoute.Bypass : SmmuRoute.Stage2;
        }

        if (stream.ContextBits == 0)
        {
            return ssv ? SmmuRoute.BadSubstream : SmmuRoute.Stage1;
        }

        if (ssv)
        {
            return ssid >> stream.ContextBits != 0 ? SmmuRoute.BadSubstream
                : ssid == 0 && stream.DefaultSubstream == 2 ? SmmuRoute.NoDefaultSubstream
                : SmmuRoute.Stage1;
        }

        return stream.DefaultSubstream switch
        {
            0 => SmmuRoute.NoDefaultSubstream,
            1 => SmmuRoute.Bypass,
            _ => SmmuRoute.Stage1,
        };
    }

    private static ArmLpaeLeaf IdentityPage(ulong va) => new(
        ArmLpaeFault.None, va & ~0xfffUL, 12, 3, Read: true, Write: true, Unprivileged: true);

    private static SmmuEvent EventOf(ArmLpaeFault fault) => fault switch
    {
        ArmLpaeFault.AddressSize => SmmuEvent.AddressSize,
        ArmLpaeFault.AccessFlag => SmmuEvent.Access,
        ArmLpaeFault.ExternalAbort => SmmuEvent.WalkExternalAbort,
        _ => SmmuEvent.Translation,
    };

    /// <summary>Where an access goes after the stream table.</summary>
    private enum SmmuRoute
    {
        Broken,
        Silent,
        Bypass,
        Stage1,
        Stage2,
        BadSubstream,
        NoDefaultSubstream,
    }
}

/// <summary>One access as the unit sees it.</summary>
internal readonly record struct SmmuRequest(
    uint Sid, bool Ssv, uint Ssid, ulong Va, DmaAccess Access, bool Privileged);
