using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The primary fault log: recording registers in a ring, 16 bytes each, and the fault status bits.
/// </summary>
/// <param name="records">Number of recording registers.</param>
internal sealed class VtdFaultLog(int records)
{
    private const ulong IsRead = 1UL << 62;

    private readonly ulong[] words = new ulong[2 * records];
    private int next;

    /// <summary>FSTS bits 0 (overflow), 1 (pending), 15:8 (first record).</summary>
    public uint Status { get; private set; }

    public void Record(ushort sid, uint pasid, ulong iova, DmaAccess access, uint reason)
    {
        if ((words[(2 * next) + 1] & VtdReg.FaultValid) != 0)
        {
            Status |= VtdReg.FaultOverflow;
            return;
        }

        if ((Status & VtdReg.FaultPending) == 0)
        {
            Status = VtdReg.FaultPending | ((uint)next << 8);
        }

        words[2 * next] = iova & ~0xfffUL;
        words[(2 * next) + 1] = VtdReg.FaultValid | (access == DmaAccess.Read ? IsRead : 0)
            | ((ulong)reason << 32) | (pasid == 0 ? 0 : (1UL << 31) | ((ulong)pasid << 40)) | sid;
        next = (next + 1) % records;
    }

    /// <summary>A 64-bit half of a record; anything outside reads as zero.</summary>
    public ulong Read(uint offset) => offset / 8 < words.Length ? words[offset / 8] : 0;

    /// <summary>Writing 1 to the valid bit frees the record.</summary>
    public void Write(uint offset, ulong value)
    {
        var index = offset / 8;
        if (index < words.Length && (index & 1) == 1 && (value & VtdReg.FaultValid) != 0)
        {
            words[index] &= ~VtdReg.FaultValid;
        }
    }

    /// <summary>Writing 1 to status bits clears them.</summary>
    public void ClearStatus(uint bits) => Status &= ~(bits & (VtdReg.FaultOverflow | VtdReg.FaultPending));
}
