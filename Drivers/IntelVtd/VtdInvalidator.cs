using Conformance.Drivers.Hardware;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The unit's execution of invalidation commands, from the queue or from registers.</summary>
internal sealed class VtdInvalidator(
    VtdCapabilities capabilities, VtdCaches caches, VtdDeviceTlbs deviceTlbs, PhysicalMemory memory,
        Trace trace)
{
    /// <summary>The root table has the scalable layout.</summary>
    public bool Scalable { get; set; }

    /// <summary>One queue descriptor; false when its words make no sense.</summary>
    public bool Execute(VtdDescriptor d)
    {
        if (!IsKnown(d))
        {
            return false;
        }

        memory.Drain();
        if ((d.Q0 & 0xf) == VtdCommands.Wait)
        {
            if ((d.Q0 & 0x20) != 0)
            {
                WriteStatus(d.Q1, (uint)(d.Q0 >> 32));
            }

            return true;
        }

        Note(d.Q0, d.Q1);
        switch (d.Q0 & 0xf)
        {
            case VtdCommands.Context:
                Contexts(Field(d.Q0, 4, 2), (ushort)(d.Q0 >> 16), (ushort)(d.Q0 >> 32), Field(d.Q0, 48, 2));
                break;
            case VtdCommands.Iotlb:
                Iotlb(Field(d.Q0, 4, 2), (ushort)(d.Q0 >> 16), d.Q1);
                break;
            case VtdCommands.PasidIotlb:
                PasidIotlb(Field(d.Q0, 4, 2), (ushort)(d.Q0 >> 16), Field(d.Q0, 32, 20), d.Q1);
                break;
            case VtdCommands.PasidCache:
                PasidCache(Field(d.Q0, 4, 2), (ushort)(d.Q0 >> 16), Field(d.Q0, 32, 20));
                break;
            case VtdCommands.DeviceTlb:
                DeviceTlb((ushort)(d.Q0 >> 32), 0, d.Q1, 1);
                break;
            default:
                DeviceTlb((ushort)(d.Q0 >> 16), Field(d.Q0, 32, 20), d.Q1, 1UL << 11);
                break;
        }

        return true;
    }

    /// <summary>A write of CCMD with the start bit.</summary>
    public bool ContextRegister(ulong value)
    {
        var granularity = Field(value, 61, 2);
        if (granularity == 0)
        {
            return false;
        }

        memory.Drain();
        Note(value, 0);
        Contexts(granularity, (ushort)value, (ushort)(value >> 16), Field(value, 32, 2));
        return true;
    }

    /// <summary>A write of the IOTLB register with the start bit.</summary>
    public bool IotlbRegister(ulong value, ulong address)
    {
        var granularity = Field(value, 60, 2);
        if (granularity == 0 || !PagesAllowed(granularity, address))
        {
            return false;
        }

        memory.Drain();
        Note(value, address);
        Iotlb(granularity, (ushort)(value >> 32), address);
        return true;
    }

    private static uint Field(ulong word, int low, int bits) => (uint)(word >> low) & ((1u << bits) - 1);

    /// <summary>First and last byte of 2^mask pages around an address.</summary>
    private static (ulong First, ulong Last) Range(ulong address, int mask)
    {
        if (mask >= 52)
        {
            return (0, ulong.MaxValue);
        }

        var span = 1UL << (12 + mask);
        var first = address & ~(span - 1);
        return (first, first + span - 1);
    }

    private void Contexts(uint granularity, ushort did, ushort sid, uint functionMask)
    {
        ushort ignored = functionMask switch { 0 => 0, 1 => 4, 2 => 6, _ => 7 };
        switch (granularity)
        {
            case VtdCommands.Global:
                caches.DropAllContexts();
                break;
            case VtdCommands.DomainSelective:
                caches.DropContexts(Scalable ? null : did, null, 0);
                break;
            default:
                caches.DropContexts(Scalable ? null : did, sid, ignored);
                break;
        }
    }

    private void Iotlb(uint granularity, ushort did, ulong address)
    {
        switch (granularity)
        {
            case VtdCommands.Global:
                caches.DropAllPages();
                break;
            case VtdCommands.DomainSelective:
                caches.DropDomain(did);
                break;
            default:
                var (first, last) = Range(address, (int)(address & 0x3f));
                caches.DropRange(VtdCaches.SecondStageTag(did), first, last, (address & 0x40) != 0);
                break;
        }
    }

    private void PasidIotlb(uint granularity, ushort did, uint pasid, ulong address)
    {
        var tag = VtdCaches.FirstStageTag(did, pasid);
        if (granularity == VtdCommands.PasidIotlbAll)
        {
            caches.DropTag(tag);
            return;
        }

        var (first, last) = Range(address, (int)(address & 0x3f));
        caches.DropRange(tag, first, last, (address & 0x40) != 0);
    }

    private void PasidCache(uint granularity, ushort did, uint pasid)
    {
        switch (granularity)
        {
            case VtdCommands.PasidCacheGlobal:
                caches.DropAllPasids();
                break;
            case VtdCommands.PasidCacheDomain:
                caches.DropPasids(did, null);
                break;
            default:
                caches.DropPasids(did, pasid);
                break;
        }
    }

    /// <summary>The size is coded in the address: the lowest clear bit above 11 ends it.</summary>
    private void DeviceTlb(ushort sid, uint pasid, ulong address, ulong sizeBit)
    {
        var mask = 0;
        if ((address & sizeBit) != 0)
        {
            mask = 1 + System.Numerics.BitOperations.TrailingZeroCount(~(address >> 12));
        }

        var (first, last) = Range(address, mask);
        deviceTlbs.Drop(sid, pasid, first, last);
    }

    /// <summary>Reserved bits, granularities and features of a descriptor.</summary>
    private bool IsKnown(VtdDescriptor d)
    {
        var granularity = Field(d.Q0, 4, 2);
        return (d.Q0 & 0xf) switch
        {
            VtdCommands.Context => Clear(d.Q0, 0xfffc_0000_0000_ffc0) && d.Q1 == 0 && granularity != 0,
            VtdCommands.Iotlb => Clear(d.Q0, 0xffff_ffff_0000_ff00) && Clear(d.Q1, 0xf80)
                && granularity != 0 && PagesAllowed(granularity, d.Q1),
            VtdCommands.DeviceTlb => Clear(d.Q0, 0x000f_0000_ffe0_0ff0) && Clear(d.Q1, 0xffe)
                && capabilities.HasDeviceTlb,
            VtdCommands.Wait => Clear(d.Q0, 0x0000_0000_ffff_ff00) && Clear(d.Q1, 3),
            VtdCommands.PasidIotlb => Clear(d.Q0, 0xfff0_0000_0000_ffc0) && Clear(d.Q1, 0xf80)
                && granularity >= 2 && Scalable,
            VtdCommands.PasidCache => Clear(d.Q0, 0xfff0_0000_0000_ffc0) && d.Q1 == 0 && granularity != 2
                && Scalable,
            VtdCommands.PasidDeviceTlb => Clear(d.Q0, 0x0000_0000_0000_0e00) && Clear(d.Q1, 0x7fe)
                && Scalable && capabilities.HasDeviceTlb,
            _ => false,
        };
    }

    private static bool Clear(ulong word, ulong reserved) => (word & reserved) == 0;

    private bool PagesAllowed(uint granularity, ulong address) =>
        granularity != VtdCommands.Selective
        || (capabilities.HasPageSelective && (int)(address & 0x3f) <= capabilities.MaxAddressMask);

    private void WriteStatus(ulong address, uint data)
    {
        if (memory.Contains(address))
        {
            var word = memory.Read(address & ~7UL);
            var shift = (int)(address & 4) * 8;
            word = (word & ~(0xffff_ffffUL << shift)) | ((ulong)data << shift);
            memory.WriteThrough(address & ~7UL, word);
        }
    }

    private void Note(ulong a, ulong b)
    {
        ref var e = ref trace.Add(EventKind.Invalidate);
        e.A = a;
        e.B = b;
    }
}
