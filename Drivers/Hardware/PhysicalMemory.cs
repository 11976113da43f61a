using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.Hardware;

/// <summary>
/// Simulated memory for tables and queues, little-endian 64-bit words, 4 KiB frames from a base address
/// upward. It has two
/// views when the walker is not coherent: what the CPU wrote, and what has been cleaned to memory and the
/// walker sees.
/// </summary>
/// <remarks>
/// Freed pages are poisoned and lie in a queue before they are given out again, so that a walk through one is
/// noticed (<see cref="EventKind.WalkThroughFreed"/>). Addresses outside read as all ones, like a bus abort.
/// </remarks>
public sealed class PhysicalMemory
{
    /// <summary>
    /// What a freed page is filled with: looks present in every format, leads outside memory.
    /// </summary>
    public const ulong Poison = 0x6b6b_6b6b_6b6b_6b6b;

    private const int FrameShift = 12;
    private const int WordsPerFrame = 512;
    private const int QuarantineFrames = 64;

    private readonly ulong basePa;
    private readonly Trace? trace;
    private readonly bool coherent;
    private readonly List<ulong[]> cpu = [];
    private readonly List<ulong[]> memory = [];
    private readonly List<byte> frameState = [];
    private readonly Dictionary<(int Frames, int Align), Queue<ulong>> freed = [];
    private readonly List<(int Frame, int Word, ulong Value)> buffered = [];

    /// <param name="basePa">First address, 4 KiB aligned.</param>
    /// <param name="trace">Gets alloc, free and freed-walk events; null in byte-level tests.</param>
    /// <param name="coherent">False: writes become visible to the walker only by <see cref="Clean"/>.</param>
    public PhysicalMemory(ulong basePa, Trace? trace = null, bool coherent = true)
    {
        this.basePa = basePa;
        this.trace = trace;
        this.coherent = coherent;
    }

    /// <summary>
    /// What <see cref="Clean"/> writes back waits in the chipset until <see cref="Drain"/> (VT-d: CAP.RWBF).
    /// </summary>
    public bool HasWriteBuffer { get; init; }

    /// <summary>
    /// A zeroed block of <paramref name="bytes"/> (rounded up to 4 KiB), aligned to
    /// <paramref name="align"/> (a power of two, at least 4 KiB). Zeroes are visible to the walker at once.
    /// </summary>
    public PhysAddr Alloc(int bytes, int align = 4096)
    {
        var frames = (bytes + 4095) >> FrameShift;
        var key = (frames, align);
        if (freed.TryGetValue(key, out var queue) && queue.Count * frames >= QuarantineFrames)
        {
            return Reuse(queue.Dequeue(), frames);
        }

        while (((basePa + ((ulong)frameState.Count << FrameShift)) & ((ulong)align - 1)) != 0)
        {
            AddFrame();
        }

        var pa = basePa + ((ulong)frameState.Count << FrameShift);
        for (var i = 0; i < frames; i++)
        {
            AddFrame();
        }

        return Note(EventKind.TableAlloc, pa, frames);
    }

    /// <summary>Poisons and quarantines a block of <see cref="Alloc"/>.</summary>
    public void Free(PhysAddr pa, int bytes, int align = 4096)
    {
        Drain();
        var frames = (bytes + 4095) >> FrameShift;
        var first = FrameOf(pa.Value);
        for (var i = first; i < first + frames; i++)
        {
            if (frameState[i] == 0)
            {
                throw new InvalidOperationException($"table page {pa} freed twice");
            }

            frameState[i] = 0;
            Array.Fill(cpu[i], Poison);
            Array.Fill(memory[i], Poison);
        }

        if (!freed.TryGetValue((frames, align), out var queue))
        {
            freed[(frames, align)] = queue = new Queue<ulong>();
        }

        queue.Enqueue(pa.Value);
        Note(EventKind.TableFree, pa.Value, frames);
    }

    /// <summary>The CPU reads a word (8-byte aligned).</summary>
    public ulong Read(ulong pa) => Word(cpu, pa);

    /// <summary>The CPU writes a word (8-byte aligned).</summary>
    public void Write(ulong pa, ulong value)
    {
        var frame = FrameOf(pa);
        cpu[frame][(pa >> 3) & (WordsPerFrame - 1)] = value;
    }

    /// <summary>
    /// A write to uncached memory (dma_alloc_coherent), or by the hardware: both views at once.
    /// </summary>
    public void WriteThrough(ulong pa, ulong value)
    {
        var frame = FrameOf(pa);
        var word = (pa >> 3) & (WordsPerFrame - 1);
        cpu[frame][word] = value;
        memory[frame][word] = value;
    }

    /// <summary>
    /// The CPU fills <paramref name="bytes"/> (a multiple of 8) from an 8-byte aligned address with one word.
    /// </summary>
    public void Fill(ulong pa, int bytes, ulong value)
    {
        var words = bytes >> 3;
        while (words > 0)
        {
            var frame = FrameOf(pa);
            var first = (int)(pa >> 3) & (WordsPerFrame - 1);
            var count = Math.Min(words, WordsPerFrame - first);
            Array.Fill(cpu[frame], value, first, count);
            words -= count;
            pa += (ulong)count << 3;
        }
    }

    /// <summary>Makes writes in the range visible to a non-coherent walker.</summary>
    public void Clean(ulong pa, int bytes)
    {
        if (coherent)
        {
            return;
        }

        for (var at = pa & ~7UL; at < pa + (ulong)bytes; at += 8)
        {
            var frame = FrameOf(at);
            var word = (int)((at >> 3) & (WordsPerFrame - 1));
            if (HasWriteBuffer)
            {
                buffered.Add((frame, word, cpu[frame][word]));
            }
            else
            {
                memory[frame][word] = cpu[frame][word];
            }
        }
    }

    /// <summary>Empties the write buffer into memory, in order.</summary>
    public void Drain()
    {
        foreach (var (frame, word, value) in buffered)
        {
            memory[frame][word] = value;
        }

        buffered.Clear();
    }

    /// <summary>
    /// What memory holds once the write buffer is empty; notes nothing and changes nothing.
    /// </summary>
    public ulong Settled(ulong pa)
    {
        if (!Contains(pa))
        {
            return ulong.MaxValue;
        }

        var frame = FrameOf(pa);
        var word = (int)((pa >> 3) & (WordsPerFrame - 1));
        for (var i = buffered.Count - 1; i >= 0; i--)
        {
            if (buffered[i].Frame == frame && buffered[i].Word == word)
            {
                return buffered[i].Value;
            }
        }

        return memory[frame][word];
    }

    /// <summary>
    /// A walker that snoops the processor caches reads a word; otherwise as <see cref="Fetch"/>.
    /// </summary>
    public ulong FetchSnooped(ulong pa)
    {
        var word = Fetch(pa);
        return Contains(pa) ? Word(cpu, pa) : word;
    }

    /// <summary>The hardware reads a word; reading a freed page is noted in the trace.</summary>
    public ulong Fetch(ulong pa)
    {
        var frame = (long)((pa - basePa) >> FrameShift);
        if (pa < basePa || frame >= frameState.Count)
        {
            return ulong.MaxValue;
        }

        if (frameState[(int)frame] == 0 && trace is not null)
        {
            trace.Add(EventKind.WalkThroughFreed).A = pa;
        }

        return memory[(int)frame][(pa >> 3) & (WordsPerFrame - 1)];
    }

    /// <summary>
    /// False when the address lies outside all memory handed out (the walker's access aborts).
    /// </summary>
    public bool Contains(ulong pa) => pa >= basePa && (long)((pa - basePa) >> FrameShift) < frameState.Count;

    private static ulong Word(List<ulong[]> view, int frame, ulong pa) =>
        view[frame][(pa >> 3) & (WordsPerFrame - 1)];

    private ulong Word(List<ulong[]> view, ulong pa) => Word(view, FrameOf(pa), pa);

    private int FrameOf(ulong pa)
    {
        var frame = (pa - basePa) >> FrameShift;
        if (pa < basePa || frame >= (ulong)frameState.Count)
        {
            throw new InvalidOperationException($"driver touches 0x{pa:x}, which is not memory of its own");
        }

        return (int)frame;
    }

    private void AddFrame()
    {
        var words = new ulong[WordsPerFrame];
        cpu.Add(words);
        memory.Add(coherent ? words : new ulong[WordsPerFrame]);
        frameState.Add(1);
    }

    private PhysAddr Reuse(ulong pa, int frames)
    {
        var first = FrameOf(pa);
        for (var i = first; i < first + frames; i++)
        {
            frameState[i] = 1;
            Array.Clear(cpu[i]);
            Array.Clear(memory[i]);
        }

        return Note(EventKind.TableAlloc, pa, frames);
    }

    private PhysAddr Note(EventKind kind, ulong pa, int frames)
    {
        if (trace is not null)
        {
            ref var e = ref trace.Add(kind);
            e.A = pa;
            e.C = (ulong)frames << FrameShift;
        }

        return new PhysAddr(pa);
    }
}
