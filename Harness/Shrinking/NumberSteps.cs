using System.Numerics;

namespace Conformance.Harness.Shrinking;

/// <summary>Simpler numbers to try in place of an address or a size.</summary>
internal static class NumberSteps
{
    private static readonly ulong[] PageSizes = [0x1000, 0x4000, 0x1_0000, 0x20_0000];

    /// <summary>Simpler values, plainest first; the caller drops what is not lighter.</summary>
    /// <param name="value">The value at hand.</param>
    /// <param name="plain">The value that needs no explanation.</param>
    public static IEnumerable<ulong> Of(ulong value, ulong plain)
    {
        yield return plain;
        yield return 0;
        foreach (var size in PageSizes)
        {
            yield return size;
        }

        if (value == 0)
        {
            yield break;
        }

        yield return 1UL << BitOperations.Log2(value);
        foreach (var bits in (int[])[12, 21, 30, 32, 39])
        {
            // The same place in a smaller table, and just behind its beginning.
            var low = value & ((1UL << bits) - 1);
            yield return low;
            yield return low | (1UL << bits);
        }

        foreach (var bits in (int[])[30, 21, 16, 14, 12])
        {
            yield return value & ~((1UL << bits) - 1);
        }

        yield return value & ~(1UL << BitOperations.Log2(value));
        yield return value & (value - 1);
        yield return value >> 1;
    }
}
