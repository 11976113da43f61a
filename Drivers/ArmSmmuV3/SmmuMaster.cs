using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>One device as the driver knows it (struct arm_smmu_master).</summary>
public sealed class SmmuMaster
{
    /// <summary>Contexts of a linear CD table at most: 2^10.</summary>
    private const int LinearContextBits = 10;

    private readonly List<uint> streams = [];
    private readonly SmmuCdWriter contextWriter;

    public SmmuMaster(SmmuDevice unit, IommuDevice dev)
    {
        Unit = unit;
        foreach (var requester in dev.Spec.Requesters)
        {
            if (requester.Instance == dev.Spec.Instance)
            {
                streams.Add(requester.Id.Value);
            }
        }

        SubstreamBits = SubstreamBitsOf(dev.Spec.MaxPasids, unit.Features);
        SupportsAts = unit.Features.Ats && dev.Spec is { Pci: true, Ats: true };
        contextWriter = new SmmuCdWriter(unit.Memory, this);
    }

    public SmmuDevice Unit { get; }

    /// <summary>StreamIDs in the order of firmware; a bridge may name one twice.</summary>
    public IReadOnlyList<uint> Streams => streams;

    /// <summary>log2 of the contexts the device can name.</summary>
    public int SubstreamBits { get; }

    public bool SupportsAts { get; }

    /// <summary>ATS is on at the function.</summary>
    public bool AtsEnabled { get; set; }

    /// <summary>EATS as the entry has it.</summary>
    public bool EntryAnswersAts { get; set; }

    /// <summary>The entry points to the CD table.</summary>
    public bool EntryHasContexts { get; set; }

    /// <summary>What normal DMA was last attached to.</summary>
    public IommuDomain? Domain { get; set; }

    /// <summary>CD table of the device (6.12 on); made at the first need, freed at release.</summary>
    public SmmuCdTable? Contexts { get; private set; }

    /// <summary>PASIDs with a valid context (6.12 on).</summary>
    public Dictionary<uint, SmmuModernDomain> Pasids { get; } = [];

    /// <summary>Valid contexts other than 0.</summary>
    public int UsedSubstreams { get; private set; }

    /// <summary>log2 of a PASID count, limited by the unit and by what its CD tables can hold.</summary>
    public static int SubstreamBitsOf(uint maxPasids, SmmuFeatures features)
    {
        var wanted = maxPasids == 0 ? 0 : 32 - BitOperations.LeadingZeroCount(maxPasids - 1);
        var offered = Math.Min(wanted, features.SubstreamIdBits);
        return features.TwoLevelContexts ? offered : Math.Min(offered, LinearContextBits);
    }

    /// <summary>Address of a context descriptor, made if need be (arm_smmu_alloc_cd_ptr).</summary>
    public ulong EnsureContext(uint ssid)
    {
        Contexts ??= new SmmuCdTable(Unit.Memory, SubstreamBits, Unit.Features.TwoLevelContexts);
        if (Contexts.Ensure(ssid))
        {
            SyncContext(ssid, leaf: false);
        }

        return Contexts.EntryOf(ssid);
    }

    /// <summary>Brings a context descriptor to its new value and counts the valid ones.</summary>
    public void WriteContext(uint ssid, ulong at, ReadOnlySpan<ulong> words)
    {
        var was = (Unit.Memory.Read(at) & SmmuEntries.CdValid) != 0;
        var becomes = (words[0] & SmmuEntries.CdValid) != 0;
        if (ssid != 0 && was != becomes)
        {
            UsedSubstreams += becomes ? 1 : -1;
        }

        contextWriter.Write(ssid, at, words);
    }

    /// <summary>arm_smmu_clear_cd.</summary>
    public void ClearContext(uint ssid)
    {
        var at = Contexts?.EntryOf(ssid) ?? 0;
        if (at != 0)
        {
            Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
            words.Clear();
            WriteContext(ssid, at, words);
        }
    }

    public void FreeContexts()
    {
        Contexts?.Free();
        Contexts = null;
    }

    /// <summary>Entries of all streams, one after the other (arm_smmu_install_ste_for_dev of 6.12 and
    /// 7.2).</summary>
    public void InstallEntry(ReadOnlySpan<ulong> words)
    {
        EntryHasContexts = (words[0] & SmmuEntries.ConfigMask) == (ulong)SmmuConfig.Stage1 << 1;
        EntryAnswersAts = (words[1] & (3UL << 28)) == SmmuEntries.EatsFull;
        for (var i = 0; i < Unit.Steps.StreamsToUpdate(this); i++)
        {
            if (IsFirst(i))
            {
                Unit.Entries.Write(streams[i], words);
                Unit.Queue.Issue(SmmuCommand.PrefetchCfg(streams[i]));
            }
        }
    }

    /// <summary>CFGI_CD for every stream, and waits.</summary>
    public void SyncContext(uint ssid, bool leaf)
    {
        foreach (var sid in streams)
        {
            Unit.Queue.Add(SmmuCommand.CfgiCd(sid, ssid, leaf));
        }

        Unit.Queue.SyncConfig();
    }

    /// <summary>The ATC of one PASID, or with 0 all of it, and waits.</summary>
    public void InvalidateAtc(uint ssid)
    {
        AddAtcInvalidation(ssid, 0, 0);
        Unit.Queue.Sync();
    }

    public void AddAtcInvalidation(uint ssid, ulong iova, ulong size)
    {
        foreach (var sid in streams)
        {
            Unit.Queue.Add(SmmuCommand.AtcInv(sid, ssid, iova, size));
        }
    }

    /// <summary>A bridged device may name a StreamID twice; it is written once.</summary>
    public bool IsFirst(int index)
    {
        for (var j = 0; j < index; j++)
        {
            if (streams[j] == streams[index])
            {
                return false;
            }
        }

        return true;
    }
}
