namespace Conformance.Harness.Search;

/// <summary>
/// Seeds of a job, from the run's seed and the job's names; stable over versions of the runtime.
/// </summary>
public sealed class SeedStream
{
    private ulong state;

    public SeedStream(ulong seed, params ReadOnlySpan<string> names)
    {
        state = seed;
        foreach (var name in names)
        {
            foreach (var c in name)
            {
                state = Mix(state ^ c);
            }
        }
    }

    public ulong Next()
    {
        state += 0x9e37_79b9_7f4a_7c15;
        return Mix(state);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xbf58_476d_1ce4_e5b9;
        z = (z ^ (z >> 27)) * 0x94d0_49bb_1331_11eb;
        return z ^ (z >> 31);
    }
}
