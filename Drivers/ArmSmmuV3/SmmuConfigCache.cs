using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// Configuration look-up of the unit: stream table, stream table entry, CD table, context descriptor; each
/// is kept
/// as it was found, invalid ones too, until a CFGI command drops it.
/// </summary>
/// <remarks>
/// One exception: a first-level stream table descriptor with span 0 is not kept. The driver sends no command
/// after it
/// has published a second-level table (arm_smmu_init_l2_strtab, all trees), so hardware that kept it would
/// never
/// serve a device that had tried DMA before it was probed.
/// </remarks>
public sealed class SmmuConfigCache(PhysicalMemory memory, SmmuBuild build)
{
    private readonly Dictionary<uint, SmmuStream> streams = [];
    private readonly Dictionary<uint, ulong> secondLevels = [];
    private readonly List<uint> doomed = [];

    /// <summary>STRTAB_BASE.</summary>
    public ulong TableBase { get; set; }

    /// <summary>STRTAB_BASE_CFG.</summary>
    public uint TableConfig { get; set; }

    /// <summary>CR2.E2H.</summary>
    public bool HostAtEl2 { get; set; }

    public SmmuStream Stream(uint sid)
    {
        if (!streams.TryGetValue(sid, out var stream))
        {
            streams[sid] = stream = new SmmuStream();
        }

        if (!stream.Cached)
        {
            stream.DropContexts();
            stream.Cached = ReadStream(sid, stream, useCache: true);
        }

        return stream;
    }

    public SmmuContext Context(SmmuStream stream, uint ssid)
    {
        var context = stream.ContextOf(ssid);
        if (!context.Cached)
        {
            ReadContext(stream, ssid, context);
            context.Cached = true;
        }

        return context;
    }

    /// <summary>The entry as memory has it now, past the cache.</summary>
    public SmmuStream Uncached(uint sid)
    {
        var stream = new SmmuStream();
        ReadStream(sid, stream, useCache: false);
        return stream;
    }

    /// <summary>The descriptor as memory has it now, of a stream from <see cref="Uncached"/>.</summary>
    public SmmuContext UncachedContext(SmmuStream stream, uint ssid)
    {
        var context = new SmmuContext();
        ReadContext(stream, ssid, context);
        return context;
    }

    /// <summary>CFGI_STE_RANGE: StreamIDs equal above bit <paramref name="range"/>; 31 is all.</summary>
    public void DropStreams(uint sid, int range)
    {
        foreach (var (id, stream) in streams)
        {
            if (range >= 31 || id >> (range + 1) == sid >> (range + 1))
            {
                stream.Cached = false;
            }
        }

        doomed.Clear();
        doomed.AddRange(secondLevels.Keys);
        foreach (var index in doomed)
        {
            var first = index << Split;
            if (range >= 31 || first >> (range + 1) == sid >> (range + 1))
            {
                secondLevels.Remove(index);
            }
        }
    }

    /// <summary>CFGI_STE: the entry and all contexts reached through it; not leaf-only: the first level as
    /// well.</summary>
    public void DropStream(uint sid, bool leafOnly)
    {
        if (streams.TryGetValue(sid, out var stream))
        {
            stream.Cached = false;
        }

        if (!leafOnly)
        {
            secondLevels.Remove(sid >> Split);
        }
    }

    /// <summary>CFGI_CD.</summary>
    public void DropContext(uint sid, uint ssid, bool leafOnly)
    {
        if (!streams.TryGetValue(sid, out var stream))
        {
            return;
        }

        stream.ContextOf(ssid).Cached = false;
        if (!leafOnly)
        {
            stream.DropLeafTable(ssid >> LeafBits(stream.ContextFormat));
        }
    }

    /// <summary>CFGI_CD_ALL.</summary>
    public void DropContexts(uint sid)
    {
        if (streams.TryGetValue(sid, out var stream))
        {
            stream.DropContexts();
        }
    }

    private int Split => (int)((TableConfig >> 6) & 0x1f);

    private static int LeafBits(int format) => format switch { 1 => 6, 2 => 10, _ => 0 };

    /// <summary>Fills the object; false when the result may not be kept.</summary>
    private bool ReadStream(uint sid, SmmuStream stream, bool useCache)
    {
        stream.Fault = SmmuEvent.None;
        if (!TryFindEntry(sid, useCache, out var at))
        {
            stream.Fault = SmmuEvent.BadStreamId;
            return false;
        }

        if (!memory.Contains(at) || !memory.Contains(at + 63))
        {
            stream.Fault = SmmuEvent.SteFetch;
            stream.FaultAddress = at;
            return true;
        }

        stream.Fault = DecodeStream(at, stream) ? SmmuEvent.None : SmmuEvent.BadSte;
        return true;
    }

    private bool TryFindEntry(uint sid, bool useCache, out ulong at)
    {
        var table = TableBase & 0x000f_ffff_ffff_ffc0;
        at = table + ((ulong)sid << 6);
        if (sid >> (int)(TableConfig & 0x3f) != 0)
        {
            return false;
        }

        if (((TableConfig >> 16) & 3) == 0)
        {
            return true;
        }

        var index = sid >> Split;
        if (!useCache || !secondLevels.TryGetValue(index, out var descriptor))
        {
            descriptor = memory.Fetch(table + (8UL * index));
        }

        var span = (int)(descriptor & 0x1f);
        var offset = sid & ((1U << Split) - 1);
        if (span == 0 || offset >> (span - 1) != 0)
        {
            return false;
        }

        if (useCache)
        {
            secondLevels[index] = descriptor;
        }

        at = (descriptor & 0x000f_ffff_ffff_ffc0) + ((ulong)offset << 6);
        return true;
    }

    private bool DecodeStream(ulong at, SmmuStream stream)
    {
        var q0 = memory.Fetch(at);
        var q1 = memory.Fetch(at + 8);
        if ((q0 & 1) == 0)
        {
            return false;
        }

        var config = (int)((q0 >> 1) & 7);
        stream.Config = config < 4 ? SmmuConfig.Abort : (SmmuConfig)config;
        stream.AnswersAts = ((q1 >> 28) & 3) == 1;
        return stream.Config switch
        {
            SmmuConfig.Abort or SmmuConfig.Bypass => true,
            SmmuConfig.Stage1 => build.Has(SmmuBuild.S1P)
                && DecodeStage1(q0, q1, memory.Fetch(at + 16), stream),
            SmmuConfig.Stage2 => build.Has(SmmuBuild.S2P)
                && DecodeStage2(memory.Fetch(at + 16), memory.Fetch(at + 24), stream),

            // Nesting needs both stages; no build here has them.
            _ => false,
        };
    }

    private bool DecodeStage1(ulong q0, ulong q1, ulong q2, SmmuStream stream)
    {
        stream.ContextFormat = (int)((q0 >> 4) & 3);
        stream.ContextTable = q0 & 0x000f_ffff_ffff_ffc0;
        stream.ContextBits = (int)(q0 >> 59);
        stream.DefaultSubstream = (int)(q1 & 3);
        var world = (int)((q1 >> 30) & 3);
        stream.IsEl2 = world == 2;
        stream.Vmid = (uint)(q2 & 0xffff);
        var worldIsGood = world == 0 || (world == 2 && build.Has(SmmuBuild.Hyp) && HostAtEl2);
        return worldIsGood && stream.ContextBits <= build.SubstreamIdBits && stream.ContextFormat < 3
            && (stream.ContextFormat == 0 || build.Has(SmmuBuild.TwoLevelCd));
    }

    private bool DecodeStage2(ulong q2, ulong q3, SmmuStream stream)
    {
        var vtcr = (uint)(q2 >> 32);
        var granule = GranuleOf((int)((vtcr >> 14) & 3));
        var output = ArmLpaeRegime.OutputBitsOf((int)((vtcr >> 16) & 7));
        var inputBits = 64 - (int)(vtcr & 0x3f);
        var start = (granule == 12 ? 2 : 3) - (int)((vtcr >> 6) & 3);
        if ((q2 & (1UL << 51)) == 0 || granule == 0 || output == 0 || start < 0)
        {
            return false;
        }

        var regime = new ArmLpaeRegime(
            q3 & 0x000f_ffff_ffff_fff0, inputBits, start, granule, Math.Min(output, OutputBits),
                Stage2: true);
        var topBits = inputBits - regime.Shift(start);
        var stage2 = stream.Stage2;
        stream.Vmid = (uint)(q2 & 0xffff);
        stage2.Regime = regime;
        stage2.Tag = SmmuTag.OfStage2(stream.Vmid);
        stage2.Records = (q2 & (1UL << 58)) != 0;
        return topBits >= 1 && topBits <= granule - 3 + 4 && inputBits <= 48;
    }

    private void ReadContext(SmmuStream stream, uint ssid, SmmuContext context)
    {
        context.Fault = SmmuEvent.None;
        var table = stream.ContextTable;
        var offset = ssid;
        if (stream.ContextFormat != 0)
        {
            var bits = LeafBits(stream.ContextFormat);
            var index = ssid >> bits;
            if (!stream.TryGetLeafTable(index, out var descriptor))
            {
                descriptor = memory.Fetch(table + (8UL * index));
                stream.PutLeafTable(index, descriptor);
            }

            if ((descriptor & 1) == 0)
            {
                context.Fault = SmmuEvent.BadSubstreamId;
                return;
            }

            table = descriptor & 0x000f_ffff_ffff_f000;
            offset = ssid & ((1U << bits) - 1);
        }

        var at = table + ((ulong)offset << 6);
        if (!memory.Contains(at))
        {
            context.Fault = SmmuEvent.CdFetch;
            context.FaultAddress = at;
            return;
        }

        context.Fault = DecodeContext(at, stream, context) ? SmmuEvent.None : SmmuEvent.BadCd;
    }

    private bool DecodeContext(ulong at, SmmuStream stream, SmmuContext context)
    {
        var q0 = memory.Fetch(at);
        var q1 = memory.Fetch(at + 8);
        var granule = GranuleOf((int)((q0 >> 6) & 3));
        var output = ArmLpaeRegime.OutputBitsOf((int)((q0 >> 32) & 7));
        var inputBits = 64 - (int)(q0 & 0x3f);
        var isValid = (q0 & (1UL << 31)) != 0 && (q0 & (1UL << 41)) != 0 && (q0 & (1UL << 15)) == 0;
        var stalls = (q0 & (1UL << 44)) != 0;
        if (!isValid || output == 0 || (stalls && build.Has(SmmuBuild.NoStall)))
        {
            return false;
        }

        context.IsOff = (q0 & (1UL << 14)) != 0;
        context.Records = (q0 & (1UL << 45)) != 0;
        var asid = (uint)(q0 >> 48);
        context.Tag = stream.IsEl2 ? SmmuTag.OfEl2(asid) : SmmuTag.OfStage1(stream.Vmid, asid);
        if (context.IsOff)
        {
            return true;
        }

        if (granule == 0 || inputBits is < 25 or > 48)
        {
            return false;
        }

        context.Regime = new ArmLpaeRegime(
            q1 & 0x000f_ffff_ffff_fff0,
            inputBits,
            ArmLpaeRegime.StartOf(inputBits, granule),
            granule,
            Math.Min(output, OutputBits),
            Stage2: false);
        return true;
    }

    private int OutputBits => ArmLpaeRegime.OutputBitsOf((int)(build.Idr5 & 7));

    /// <summary>log2 of the granule of a TG0 field; 0 when reserved or not built in.</summary>
    private int GranuleOf(int field) => field switch
    {
        0 when (build.Idr5 & SmmuBuild.Granule4K) != 0 => 12,
        1 when (build.Idr5 & SmmuBuild.Granule64K) != 0 => 16,
        2 when (build.Idr5 & SmmuBuild.Granule16K) != 0 => 14,
        _ => 0,
    };
}
