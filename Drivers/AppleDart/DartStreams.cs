using System.Numerics;

namespace Conformance.Drivers.AppleDart;

/// <summary>A bitmap of streams of one unit (<c>DECLARE_BITMAP(sidmap, DART_MAX_STREAMS)</c>).</summary>
internal sealed class DartStreams
{
    /// <summary>Streams a unit can have at most.</summary>
    public const uint Max = 256;

    private readonly ulong[] words = new ulong[Max / 64];

    /// <summary>Streams 0 to 31, the word that the older layout's select register takes.</summary>
    public uint FirstWord => (uint)words[0];

    /// <summary>A bitmap of streams 0 to <paramref name="count"/> - 1.</summary>
    public static DartStreams First(uint count)
    {
        var streams = new DartStreams();
        for (var stream = 0u; stream < count; stream++)
        {
            streams.Set(stream);
        }

        return streams;
    }

    /// <summary>Sets a bit; one beyond the map is dropped.</summary>
    public void Set(uint stream)
    {
        if (stream < Max)
        {
            words[stream / 64] |= 1UL << (int)(stream % 64);
        }
    }

    public void Assign(DartStreams? other)
    {
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = other?.words[i] ?? 0;
        }
    }

    public void Add(DartStreams other)
    {
        for (var i = 0; i < words.Length; i++)
        {
            words[i] |= other.words[i];
        }
    }

    public void Remove(DartStreams other)
    {
        for (var i = 0; i < words.Length; i++)
        {
            words[i] &= ~other.words[i];
        }
    }

    /// <summary>
    /// The lowest stream at or above <paramref name="stream"/> and below <paramref name="limit"/>; false when
    /// there is none (for_each_set_bit).
    /// </summary>
    public bool Next(ref uint stream, uint limit)
    {
        for (var word = stream / 64; word < words.Length; word++)
        {
            var rest = words[word];
            if (word == stream / 64)
            {
                rest &= ulong.MaxValue << (int)(stream % 64);
            }

            if (rest != 0)
            {
                stream = (word * 64) + (uint)BitOperations.TrailingZeroCount(rest);
                return stream < limit;
            }
        }

        return false;
    }
}
