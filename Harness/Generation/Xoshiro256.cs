using System.Numerics;
using System.Runtime.InteropServices;

namespace Conformance.Harness.Generation;

/// <summary>The xoshiro256** generator: four words of state, the same numbers on every machine.</summary>
/// <remarks>Seeded through splitmix64, so neighbouring seeds give unrelated sequences. Not for
/// secrets.</remarks>
[StructLayout(LayoutKind.Auto)]
public struct Xoshiro256
{
    private ulong s0;
    private ulong s1;
    private ulong s2;
    private ulong s3;

    public Xoshiro256(ulong seed)
    {
        s0 = Split(ref seed);
        s1 = Split(ref seed);
        s2 = Split(ref seed);
        s3 = Split(ref seed);
    }

    /// <summary>64 evenly distributed bits.</summary>
    public ulong Next()
    {
        var result = BitOperations.RotateLeft(s1 * 5, 7) * 9;
        var carry = s1 << 17;
        s2 ^= s0;
        s3 ^= s1;
        s1 ^= s2;
        s0 ^= s3;
        s2 ^= carry;
        s3 = BitOperations.RotateLeft(s3, 45);
        return result;
    }

    private static ulong Split(ref ulong seed)
    {
        seed += 0x9e37_79b9_7f4a_7c15;
        var z = seed;
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
