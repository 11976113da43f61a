using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// Translation in the order of the hardware: IOTLB, context cache or root and context tables, PASID cache or
/// directory and
/// PASID table, then the paging structures of the stage. A fault is its reason number, 0 is success.
/// </summary>
internal sealed class VtdWalker
{
    private const ulong PageMask = 0x000f_ffff_ffff_f000;

    private readonly VtdCapabilities capabilities;
    private readonly PhysicalMemory memory;
    private readonly VtdCaches caches;
    private readonly VtdStages stages;
    private ulong root;

    public VtdWalker(VtdCapabilities capabilities, PhysicalMemory memory, VtdCaches caches)
    {
        this.capabilities = capabilities;
        this.memory = memory;
        this.caches = caches;
        stages = new VtdStages(capabilities, memory, caches);
    }

    public bool Scalable { get; private set; }

    /// <summary>Latches RTADDR.</summary>
    public void SetRoot(ulong address)
    {
        root = address & PageMask;
        Scalable = (address & VtdReg.ScalableRoot) != 0;
    }

    /// <summary>Translated requests of a device TLB pass only a context that allows the device TLB.</summary>
    public bool AllowsTranslated(ushort sid)
    {
        if (Context(sid, useCache: true, out var context) != 0)
        {
            return false;
        }

        return Scalable
            ? (context.Q0 & VtdEntryBits.DeviceTlbEnable) != 0
            : TranslationType(context.Q0) == VtdEntryBits.TranslateWithDeviceTlb;
    }

    /// <summary>One access: 0 and a page of 2^<paramref name="shift"/> bytes, or the fault reason.</summary>
    public uint Translate(
        ushort sid, uint pasid, ulong iova, DmaAccess access, out CachedPage page, out int shift)
    {
        page = default;
        shift = 12;
        var reason = Stage(sid, pasid, useCache: true, out var stage);
        if (reason != 0)
        {
            return reason;
        }

        if (stage.Levels == 0)
        {
            page = new CachedPage(iova & ~0xfffUL, Read: true, Write: true);
            return 0;
        }

        return stages.Translate(stage, iova, access, out page, out shift);
    }

    /// <summary>The whole translation of a requester from memory alone, ascending.</summary>
    public void Enumerate(ushort sid, uint pasid, Action<TranslationRun> sink)
    {
        if (Stage(sid, pasid, useCache: false, out var stage) != 0)
        {
            return;
        }

        if (stage.Levels == 0)
        {
            sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
            return;
        }

        stages.Enumerate(stage, sink);
    }

    private static ulong TranslationType(ulong low) => (low >> VtdEntryBits.TranslationShift) & 3;

    private ulong Fetch(ulong pa) => capabilities.IsCoherent ? memory.FetchSnooped(pa) : memory.Fetch(pa);

    /// <summary>Which tables serve the request; no levels means pass-through.</summary>
    private uint Stage(ushort sid, uint pasid, bool useCache, out VtdStage stage)
    {
        stage = default;
        var reason = Context(sid, useCache, out var context);
        if (reason != 0)
        {
            return reason;
        }

        return Scalable
            ? ScalableStage(sid, pasid, context, useCache, out stage)
            : LegacyStage(pasid, context, out stage);
    }

    private uint Context(ushort sid, bool useCache, out CachedContext context)
    {
        if (useCache && caches.TryContext(sid, out context))
        {
            return (context.Q0 & VtdEntryBits.Present) != 0 ? 0 : VtdFault.ContextNotPresent;
        }

        var reason = FetchContext(sid, out context);
        var missing = reason is VtdFault.RootNotPresent or VtdFault.ContextNotPresent;
        if (useCache && (reason == 0 || (missing && capabilities.IsCaching)))
        {
            caches.PutContext(sid, reason == 0 ? context : default);
        }

        return reason;
    }

    private uint FetchContext(ushort sid, out CachedContext context)
    {
        context = default;
        var at = root + ((ulong)(sid >> 8) * 16);
        if (!memory.Contains(at))
        {
            return VtdFault.RootAccess;
        }

        var upperHalf = Scalable && (sid & 0x80) != 0;
        var entry = Fetch(at + (upperHalf ? 8UL : 0));
        if ((entry & VtdEntryBits.Present) == 0)
        {
            return VtdFault.RootNotPresent;
        }

        if ((entry & 0xffe) != 0 || (!Scalable && Fetch(at + 8) != 0))
        {
            return VtdFault.RootReserved;
        }

        var bytes = Scalable ? 32UL : 16UL;
        at = (entry & PageMask) + ((ulong)(Scalable ? sid & 0x7f : sid & 0xff) * bytes);
        if (!memory.Contains(at))
        {
            return VtdFault.ContextAccess;
        }

        var q0 = Fetch(at);
        var q1 = Fetch(at + 8);
        context = new CachedContext(
            q0, q1, Scalable ? Fetch(at + 16) : 0, Scalable ? Fetch(at + 24) : 0,
            Scalable ? (ushort)0 : (ushort)(q1 >> VtdEntryBits.ContextDidShift));
        if ((q0 & VtdEntryBits.Present) == 0)
        {
            return VtdFault.ContextNotPresent;
        }

        return ContextReserved(context) ? VtdFault.ContextReserved : 0;
    }

    private bool ContextReserved(in CachedContext context) => Scalable
        ? (context.Q0 & 0x1e0) != 0 || (context.Q1 & ~0xf_ffffUL) != 0 || (context.Q2 | context.Q3) != 0
        : (context.Q0 & 0xff0) != 0 || (context.Q1 & 0xffff_ffff_ff00_0080) != 0;

    private uint LegacyStage(uint pasid, in CachedContext context, out VtdStage stage)
    {
        stage = default;
        var aw = (int)(context.Q1 & 7);
        var type = TranslationType(context.Q0);
        var allowed = type switch
        {
            VtdEntryBits.Translate => true,
            VtdEntryBits.TranslateWithDeviceTlb => capabilities.HasDeviceTlb,
            VtdEntryBits.PassThrough => capabilities.HasPassThrough,
            _ => false,
        };
        if (!allowed || !capabilities.SupportsAw(aw) || pasid != 0)
        {
            return VtdFault.ContextInvalid;
        }

        if (type != VtdEntryBits.PassThrough)
        {
            stage = new VtdStage(
                First: false, Scalable: false, VtdCaches.SecondStageTag(context.Did), context.Q0 & PageMask,
                aw + 2, capabilities.IsCoherent, NoExecute: false);
        }

        return 0;
    }

    private uint ScalableStage(
        ushort sid, uint pasid, in CachedContext context, bool useCache, out VtdStage stage)
    {
        stage = default;
        if (pasid != 0 && (context.Q0 & VtdEntryBits.PasidEnable) == 0)
        {
            return VtdFault.ContextInvalid;
        }

        if (pasid == 0)
        {
            pasid = (uint)context.Q1 & 0xf_ffff;
        }

        if (!useCache || !caches.TryPasid(sid, pasid, out var entry))
        {
            var reason = FetchPasid(context.Q0, pasid, out entry);
            if (reason != 0)
            {
                return reason;
            }

            if (useCache)
            {
                caches.PutPasid(sid, pasid, entry);
            }
        }

        return PasidStage(pasid, entry, out stage);
    }

    private uint FetchPasid(ulong directory, uint pasid, out CachedPasid entry)
    {
        entry = default;
        var index = pasid >> 6;
        if (index >> (int)(((directory >> VtdEntryBits.DirectorySizeShift) & 7) + 7) != 0)
        {
            return VtdFault.DirectoryNotPresent;
        }

        var at = (directory & PageMask) + ((ulong)index * 8);
        if (!memory.Contains(at))
        {
            return VtdFault.DirectoryAccess;
        }

        var table = Fetch(at);
        if ((table & VtdEntryBits.Present) == 0)
        {
            return VtdFault.DirectoryNotPresent;
        }

        if ((table & 0xffc) != 0)
        {
            return VtdFault.DirectoryReserved;
        }

        at = (table & PageMask) + ((ulong)(pasid & 0x3f) * 64);
        if (!memory.Contains(at))
        {
            return VtdFault.PasidAccess;
        }

        entry = new CachedPasid(Fetch(at), Fetch(at + 8), Fetch(at + 16));
        return (entry.Q0 & VtdEntryBits.Present) == 0 ? VtdFault.PasidNotPresent : 0;
    }

    private uint PasidStage(uint pasid, in CachedPasid entry, out VtdStage stage)
    {
        stage = default;
        var aw = (int)(entry.Q0 >> VtdEntryBits.PasidAwShift) & 7;
        var snooped = (entry.Q1 & VtdEntryBits.WalkSnoop) != 0;
        switch ((entry.Q0 >> VtdEntryBits.PasidTypeShift) & 7)
        {
            case VtdEntryBits.TypePassThrough when capabilities.HasPassThrough:
                return 0;
            case VtdEntryBits.TypeSecond when capabilities.HasSecondStage && capabilities.SupportsAw(aw):
                stage = new VtdStage(
                    First: false, Scalable: true, VtdCaches.SecondStageTag(entry.Did), entry.Q0 & PageMask,
                    aw + 2, snooped, NoExecute: false);
                return 0;
            case VtdEntryBits.TypeFirst when capabilities.HasFirstStage:
                var five = (entry.Q2 & VtdEntryBits.FiveLevels) != 0;
                stage = new VtdStage(
                    First: true, Scalable: true, VtdCaches.FirstStageTag(entry.Did, pasid),
                        entry.Q2 & PageMask,
                    five ? 5 : 4, snooped, (entry.Q2 & VtdEntryBits.NoExecuteEnable) != 0);
                return five && !capabilities.HasFirstStage5Level ? VtdFault.PasidInvalid : 0;
            default:
                return VtdFault.PasidInvalid;
        }
    }
}
