using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>Writing and clearing of context entries (intel/iommu.c, intel/pasid.c).</summary>
internal sealed class VtdContexts(VtdRules rules, VtdSteps steps)
{
    /// <summary>
    /// A legacy entry for each requester of a device. An entry that is present and not the old kernel's is
    /// left
    /// alone without a word: correct only because the device was blocked before.
    /// </summary>
    /// <param name="device">Whose entries.</param>
    /// <param name="did">Domain id.</param>
    /// <param name="type">Translation type, TT.</param>
    /// <param name="root">Top table, 0 for pass-through.</param>
    /// <param name="aw">Address-width field.</param>
    public void WriteLegacy(VtdDevice device, ushort did, ulong type, ulong root, ulong aw)
    {
        var unit = device.Unit;
        foreach (var sid in device.Sids)
        {
            var at = unit.ContextEntry(sid, create: true);
            if (IsLive(unit, at, sid))
            {
                continue;
            }

            TearDownCopied(device, at, sid);
            var high = unit.Read(at + 8) | ((ulong)did << VtdEntryBits.ContextDidShift) | aw;
            var low = unit.Read(at) | root | (type << VtdEntryBits.TranslationShift);
            unit.Write(at + 8, high);
            unit.Write(at, low | VtdEntryBits.Present);
            unit.FlushPresent(did, sid);
        }
    }

    /// <summary>
    /// Blocks every requester of a device in legacy mode, under the id that its entry holds.
    /// </summary>
    public void ClearLegacy(VtdDevice device)
    {
        var unit = device.Unit;
        foreach (var sid in device.Sids)
        {
            var at = unit.ContextEntry(sid, create: false);
            if (at == 0)
            {
                continue;
            }

            var did = (ushort)(unit.Read(at + 8) >> VtdEntryBits.ContextDidShift);
            unit.Write(at, unit.Read(at) & ~VtdEntryBits.Present);
            steps.FlushBlockedContext(unit, did, sid);
            unit.Flush.Iotlb(VtdCommands.DomainSelective, steps.DidToFlush(unit, did));
            FlushDevice(device, sid, 0);
            Zero(unit, at, 2);
        }
    }

    /// <summary>A scalable entry for each requester, all with the device's one PASID directory.</summary>
    public void WriteScalable(VtdDevice device)
    {
        var unit = device.Unit;
        var table = device.Pasids!;
        foreach (var sid in device.Sids)
        {
            var at = unit.ContextEntry(sid, create: true);
            if (IsLive(unit, at, sid))
            {
                continue;
            }

            TearDownCopied(device, at, sid);
            unit.Write(at + 8, 0);
            unit.Write(
                at,
                table.Directory | ((ulong)table.SizeField << VtdEntryBits.DirectorySizeShift)
                | (device.AtsSupported ? VtdEntryBits.DeviceTlbEnable : 0)
                | (device.PasidSupported ? VtdEntryBits.PasidEnable : 0)
                | VtdEntryBits.Present);
            unit.FlushPresent(0, sid);
        }
    }

    /// <summary>
    /// Takes the scalable entries away; <paramref name="did"/> is the last domain's, 0 when unknown.
    /// </summary>
    public void ClearScalable(VtdDevice device, ushort did)
    {
        var unit = device.Unit;
        foreach (var sid in device.Sids)
        {
            var at = unit.ContextEntry(sid, create: false);
            if (at == 0 || (unit.Read(at) & VtdEntryBits.Present) == 0)
            {
                continue;
            }

            unit.Write(at, unit.Read(at) & ~VtdEntryBits.Present);
            unit.Flush.Context(VtdCommands.Selective, did, sid);
            if (did != 0)
            {
                unit.Flush.PasidCache(VtdCommands.PasidCacheDomain, did, 0);
                unit.Flush.Iotlb(VtdCommands.DomainSelective, did);
            }

            FlushDevice(device, sid, 0);
            Zero(unit, at, 4);
        }
    }

    /// <summary>Are all entries of the device present? (6.1: domain_context_mapped.)</summary>
    public static bool AllPresent(VtdDevice device)
    {
        foreach (var sid in device.Sids)
        {
            var at = device.Unit.ContextEntry(sid, create: false);
            if (at == 0 || (device.Unit.Read(at) & VtdEntryBits.Present) == 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Writes the entry of a PASID (0: requests without one); a null domain is pass-through. -EBUSY when the
    /// entry
    /// is present, -ENODEV when it cannot be reached, -EINVAL when the unit lacks the stage.
    /// </summary>
    public Errno WritePasid(VtdDevice device, uint pasid, ushort did, VtdPagingDomain? domain)
    {
        var unit = device.Unit;
        var capabilities = unit.Capabilities;
        if (domain is not null
            && !(domain.IsFirstStage ? capabilities.HasFirstStage : capabilities.HasSecondStage))
        {
            return Errno.EINVAL;
        }

        var errno = device.Pasids!.Claim(pasid, out var at);
        if (errno != Errno.OK)
        {
            return errno;
        }

        var deepest = (ulong)(uint)capabilities.DeepestAw << VtdEntryBits.PasidAwShift;
        var q0 = deepest | (VtdEntryBits.TypePassThrough << VtdEntryBits.PasidTypeShift);
        var q1 = did | (capabilities.IsPagingCoherent ? VtdEntryBits.WalkSnoop : 0);
        var q2 = 0UL;
        if (domain is { IsFirstStage: true })
        {
            q0 = deepest | (VtdEntryBits.TypeFirst << VtdEntryBits.PasidTypeShift);
            q1 |= domain.ForcesSnoop ? VtdEntryBits.PageSnoop : 0;
            q2 = domain.Root | (domain.Levels == 5 ? VtdEntryBits.FiveLevels : 0)
                | (rules.ExecuteDisable && steps.EnablesNoExecute ? VtdEntryBits.NoExecuteEnable : 0);
        }
        else if (domain is not null)
        {
            q0 = domain.Root | (VtdEntryBits.TypeSecond << VtdEntryBits.PasidTypeShift)
                | (steps.AddressWidth(domain.Levels) << VtdEntryBits.PasidAwShift);
        }

        device.Pasids.Write(at, q0, q1, q2);
        FlushPresentPasid(unit, did, pasid);
        return Errno.OK;
    }

    /// <summary>
    /// Forces page snooping in an entry that is in use (pasid.c: setup_page_snoop_control).
    /// </summary>
    public static void SetPageSnoop(VtdDevice device)
    {
        var at = device.Pasids?.Entry(0, create: false) ?? 0;
        if (at == 0 || (device.Unit.Read(at) & VtdEntryBits.Present) == 0)
        {
            return;
        }

        var q1 = device.Unit.Read(at + 8);
        device.Unit.Write(at + 8, q1 | VtdEntryBits.PageSnoop);
        device.Unit.Flush.PasidCache(VtdCommands.PasidCacheOne, (ushort)q1, 0);
        device.Unit.Flush.PasidIotlb((ushort)q1, 0);
    }

    /// <summary>
    /// Clears a PASID entry and every cache that may hold it. First stage and pass-through are cached under
    /// the
    /// PASID, a second stage under its domain (pasid.c: intel_pasid_tear_down_entry).
    /// </summary>
    public void ClearPasid(VtdDevice device, uint pasid)
    {
        var unit = device.Unit;
        var at = device.Pasids?.Entry(pasid, create: false) ?? 0;
        var q0 = at == 0 ? 0 : unit.Read(at);
        if ((q0 & VtdEntryBits.Present) == 0)
        {
            return;
        }

        var did = (ushort)unit.Read(at + 8);
        var second = ((q0 >> VtdEntryBits.PasidTypeShift) & 7) == VtdEntryBits.TypeSecond;
        unit.Write(at, q0 & ~VtdEntryBits.Present);
        unit.Flush.PasidCache(VtdCommands.PasidCacheOne, did, pasid);
        if (second && steps.FlushesSecondStageByDomain)
        {
            unit.Flush.Iotlb(VtdCommands.DomainSelective, steps.DidToFlush(unit, did));
        }
        else
        {
            unit.Flush.PasidIotlb(steps.DidToFlush(unit, did), pasid);
        }

        foreach (var sid in device.Sids)
        {
            FlushDevice(device, sid, pasid);
        }

        Zero(unit, at, 3);
    }

    private static void FlushPresentPasid(VtdUnit unit, ushort did, uint pasid)
    {
        if (unit.Capabilities.IsCaching)
        {
            unit.Flush.PasidCache(VtdCommands.PasidCacheOne, did, pasid);
            unit.Flush.PasidIotlb(did, pasid);
        }
        else
        {
            unit.Flush.WriteBuffer();
        }
    }

    private static bool IsLive(VtdUnit unit, ulong at, ushort sid) =>
        (unit.Read(at) & VtdEntryBits.Present) != 0 && !unit.IsCopied(sid);

    /// <summary>
    /// The old kernel's entry goes, with all that may be cached through it. Which domain ids and PASIDs a
    /// scalable one used is not known, so everything is dropped (pasid.c: device_pasid_table_setup).
    /// </summary>
    private void TearDownCopied(VtdDevice device, ulong at, ushort sid)
    {
        var unit = device.Unit;
        if (!unit.IsCopied(sid))
        {
            return;
        }

        var did = unit.IsScalable ? (ushort)0 : (ushort)(unit.Read(at + 8) >> VtdEntryBits.ContextDidShift);
        unit.Write(at, 0);
        unit.Write(at + 8, 0);
        unit.Flush.Context(VtdCommands.Selective, did, sid);
        if (unit.IsScalable && rules.ContextAtProbe)
        {
            unit.Flush.PasidCache(VtdCommands.PasidCacheGlobal, 0, 0);
            unit.Flush.Iotlb(VtdCommands.Global, 0);
            FlushDevice(device, sid, 0);
        }
        else
        {
            unit.Flush.Iotlb(VtdCommands.DomainSelective, did);
        }

        unit.ForgetCopied(sid);
    }

    /// <summary>6.1 spares the device TLB in caching mode; there, ATS is off by now anyway.</summary>
    private void FlushDevice(VtdDevice device, ushort sid, uint pasid)
    {
        if (device.AtsEnabled && steps.FlushesDeviceTlb
            && (rules.StaticDomains || !device.Unit.Capabilities.IsCaching))
        {
            device.Unit.Flush.DeviceTlb(sid, pasid, 0, VtdCommands.WholeDeviceTlb);
        }
    }

    private void Zero(VtdUnit unit, ulong at, int words)
    {
        for (var i = 0; i < words && steps.ZeroesBlockedEntry; i++)
        {
            unit.Write(at + ((ulong)i * 8), 0);
        }
    }
}
