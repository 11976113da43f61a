using System.Numerics;
using Conformance.Drivers.Hardware;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// Changes a live entry of eight words, seen by the hardware one word at a time, without showing it a
/// mixture: in one
/// decisive word if that is enough (hitless), else through V=0. Source: arm_smmu_write_entry of 6.12 and 7.2.
/// </summary>
public abstract class SmmuEntryWriter(PhysicalMemory memory)
{
    private const int Words = SmmuEntries.Words;

    /// <summary>Brings the entry at <paramref name="at"/> to <paramref name="target"/>.</summary>
    public void Write(ulong at, ReadOnlySpan<ulong> target)
    {
        Span<ulong> entry = stackalloc ulong[Words];
        Span<ulong> step = stackalloc ulong[Words];
        for (var i = 0; i < Words; i++)
        {
            entry[i] = memory.Read(at + (8UL * (ulong)i));
        }

        var differing = Prepare(entry, target, step);
        if (BitOperations.PopCount(differing) == 1)
        {
            // The decisive word keeps its old value until all others can bear the new one.
            var decisive = BitOperations.TrailingZeroCount(differing);
            step[decisive] = entry[decisive];
            Set(at, entry, step, 0, Words);
            Set(at, entry, target, decisive, 1);
            Set(at, entry, target, 0, Words);
        }
        else if (differing != 0)
        {
            step[0] = 0;
            Set(at, entry, step, 0, 1);
            Set(at, entry, target, 1, Words - 1);
            Set(at, entry, target, 0, 1);
        }
        else
        {
            Set(at, entry, target, 0, Words);
        }
    }

    /// <summary>Bits the hardware looks at in an entry of this value.</summary>
    protected abstract void Used(ReadOnlySpan<ulong> entry, Span<ulong> used);

    /// <summary>Bits of the second word that may change at any moment although both values use
    /// them.</summary>
    protected virtual ulong SafeInSecondWord => 0;

    /// <summary>Makes the hardware read the entry again, and waits.</summary>
    protected abstract void Sync();

    /// <summary>Fills in what is unused so far; returns the words whose used bits still differ.</summary>
    private uint Prepare(ReadOnlySpan<ulong> entry, ReadOnlySpan<ulong> target, Span<ulong> step)
    {
        Span<ulong> now = stackalloc ulong[Words];
        Span<ulong> then = stackalloc ulong[Words];
        Used(entry, now);
        Used(target, then);
        now[1] &= ~(SafeInSecondWord & then[1]);
        var differing = 0U;
        for (var i = 0; i < Words; i++)
        {
            step[i] = (entry[i] & now[i]) | (target[i] & ~now[i]);
            differing |= (step[i] & then[i]) != target[i] ? 1U << i : 0;
        }

        return differing;
    }

    private void Set(ulong at, Span<ulong> entry, ReadOnlySpan<ulong> value, int first, int count)
    {
        var changed = false;
        for (var i = first; i < first + count; i++)
        {
            if (entry[i] != value[i])
            {
                entry[i] = value[i];
                memory.WriteThrough(at + (8UL * (ulong)i), value[i]);
                changed = true;
            }
        }

        if (changed)
        {
            Sync();
        }
    }
}

/// <summary>Stream table entries.</summary>
public sealed class SmmuSteWriter(PhysicalMemory memory, SmmuDevice smmu, bool eatsIsSafe)
    : SmmuEntryWriter(memory)
{
    private uint sid;

    public void Write(uint stream, ReadOnlySpan<ulong> target)
    {
        sid = stream;
        Write(smmu.Streams.EntryOf(stream), target);
    }

    protected override ulong SafeInSecondWord => eatsIsSafe ? SmmuEntries.EatsFull : 0;

    protected override void Used(ReadOnlySpan<ulong> entry, Span<ulong> used)
    {
        used.Clear();
        used[0] = SmmuEntries.SteValid;
        if ((entry[0] & SmmuEntries.SteValid) == 0)
        {
            return;
        }

        used[0] |= SmmuEntries.ConfigMask;
        var config = (int)((entry[0] >> 1) & 7);
        if ((config & 5) == 5)
        {
            used[0] |= (3UL << 4) | 0x000f_ffff_ffff_ffc0 | (0x1fUL << 59);
            used[1] |= 3UL | (3UL << 2) | (3UL << 4) | (3UL << 6) | SmmuEntries.StallDisable | (3UL << 28)
                | (3UL << 30) | (1UL << 19);
            used[2] |= 0xffff;
            used[1] |= (entry[1] & 3) == SmmuEntries.DssBypass ? 3UL << 44 : 0;
        }

        if ((config & 6) == 6)
        {
            used[1] |= (1UL << 25) | (3UL << 28) | (3UL << 44) | (1UL << 19);
            used[2] |= 0xffff | (0x7ffffUL << 32) | (1UL << 51) | (1UL << 52) | (1UL << 54) | (1UL << 57)
                | (1UL << 58);
            used[3] |= 0x000f_ffff_ffff_fff0;
        }

        used[1] |= config == (int)SmmuConfig.Bypass ? 3UL << 44 : 0;
    }

    protected override void Sync() => smmu.Steps.SyncStreamEntry(smmu, sid);
}

/// <summary>Context descriptors: all bits count once V is set.</summary>
public sealed class SmmuCdWriter(PhysicalMemory memory, SmmuMaster master) : SmmuEntryWriter(memory)
{
    private uint ssid;

    public void Write(uint substream, ulong at, ReadOnlySpan<ulong> target)
    {
        ssid = substream;
        Write(at, target);
    }

    protected override void Used(ReadOnlySpan<ulong> entry, Span<ulong> used)
    {
        used.Clear();
        if ((entry[0] & SmmuEntries.CdValid) == 0)
        {
            used[0] = SmmuEntries.CdValid;
            return;
        }

        used.Fill(ulong.MaxValue);
    }

    protected override void Sync() => master.SyncContext(ssid, leaf: true);
}
