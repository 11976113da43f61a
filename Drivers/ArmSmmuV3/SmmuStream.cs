using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>A decoded context descriptor, good or bad, as the configuration cache keeps it.</summary>
public sealed class SmmuContext
{
    /// <summary>Not to be read again until invalidated.</summary>
    public bool Cached { get; set; }

    /// <summary>CD_FETCH or BAD_CD; none when usable.</summary>
    public SmmuEvent Fault { get; set; }

    /// <summary>Where the fetch failed.</summary>
    public ulong FaultAddress { get; set; }

    public ArmLpaeRegime Regime { get; set; }

    public ulong Tag { get; set; }

    /// <summary>CD.EPD0: the lower table is off, every access is a translation fault.</summary>
    public bool IsOff { get; set; }

    /// <summary>CD.R: faults are recorded.</summary>
    public bool Records { get; set; }
}

/// <summary>A decoded stream table entry, good or bad, with the context descriptors reached through
/// it.</summary>
public sealed class SmmuStream
{
    private readonly Dictionary<uint, SmmuContext> contexts = [];
    private readonly Dictionary<uint, ulong> leafTables = [];

    public bool Cached { get; set; }

    /// <summary>BAD_STREAMID, STE_FETCH or BAD_STE; none when usable.</summary>
    public SmmuEvent Fault { get; set; }

    public ulong FaultAddress { get; set; }

    public SmmuConfig Config { get; set; }

    /// <summary>Address of the CD table.</summary>
    public ulong ContextTable { get; set; }

    /// <summary>0 linear, 1 two levels with 4K leaves, 2 two levels with 64K leaves.</summary>
    public int ContextFormat { get; set; }

    /// <summary>log2 of the number of contexts.</summary>
    public int ContextBits { get; set; }

    /// <summary>S1DSS: what traffic without SubstreamID gets: 0 abort, 1 bypass, 2 context 0.</summary>
    public int DefaultSubstream { get; set; }

    /// <summary>STRW 2: contexts belong to the EL2-E2H regime.</summary>
    public bool IsEl2 { get; set; }

    public uint Vmid { get; set; }

    /// <summary>EATS 1: translation requests are answered.</summary>
    public bool AnswersAts { get; set; }

    /// <summary>Stage-2 table; used when <see cref="Config"/> says so.</summary>
    public SmmuContext Stage2 { get; } = new();

    public SmmuContext ContextOf(uint ssid)
    {
        if (!contexts.TryGetValue(ssid, out var context))
        {
            contexts[ssid] = context = new SmmuContext();
        }

        return context;
    }

    /// <summary>First-level CD descriptor as it was read; absent ones are kept too.</summary>
    public bool TryGetLeafTable(uint index, out ulong descriptor) =>
        leafTables.TryGetValue(index, out descriptor);

    public void PutLeafTable(uint index, ulong descriptor) => leafTables[index] = descriptor;

    public void DropLeafTable(uint index) => leafTables.Remove(index);

    public void DropContexts()
    {
        foreach (var context in contexts.Values)
        {
            context.Cached = false;
        }

        leafTables.Clear();
    }
}
