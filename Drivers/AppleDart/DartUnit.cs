using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>A decoded fault, as the driver's interrupt handler logs it.</summary>
internal readonly record struct DartFault(uint Stream, uint Code, ulong Iova);

/// <summary>
/// One unit as the driver sees it (<c>struct apple_dart</c>): its registers and what they told at probe.
/// </summary>
internal sealed class DartUnit
{
    /// <summary>Reads of a busy bit before giving up: 100 us at one a microsecond.</summary>
    private const int PollsMax = 100;

    private readonly DartSilicon regs;
    private readonly DartSoc soc;
    private readonly AppleDartSteps steps;
    private readonly DartStreams all;

    public DartUnit(DartSilicon regs, DartSoc soc, AppleDartSteps steps, int cpuPageShift)
    {
        this.regs = regs;
        this.soc = soc;
        this.steps = steps;
        var pageShift = (int)((regs.Read32(DartRegisters.Params1) >> DartRegisters.Params1PageShift) & 0xf);
        var (ias, oas, streams) = (32, soc.Oas, soc.Streams);
        if (soc.Layout == DartLayout.T8110)
        {
            var widths = regs.Read32(T8110.Params3);
            ias = (int)((widths >> T8110.Params3VaShift) & T8110.WidthField);
            oas = (int)((widths >> T8110.Params3PaShift) & T8110.WidthField);
            streams = regs.Read32(T8110.Params4) & T8110.Params4Streams;
        }

        Config = new DartTableConfig(pageShift, ias, oas);
        Streams = streams;
        SupportsBypass = (regs.Read32(DartRegisters.Params2) & DartRegisters.Params2Bypass) != 0;
        ForceBypass = pageShift > cpuPageShift;
        all = DartStreams.First(Math.Min(streams, DartStreams.Max));
    }

    public DartTableConfig Config { get; }

    public DartFormat Format => soc.Format;

    public uint Streams { get; }

    public bool SupportsBypass { get; }

    /// <summary>Its pages are larger than the CPU's: paging is refused.</summary>
    public bool ForceBypass { get; }

    /// <summary>The last fault the interrupt handler saw.</summary>
    public DartFault LastFault { get; private set; }

    /// <summary>
    /// Group key that owns each stream; 0 for none (<c>sid2group</c>, keys are stored plus one).
    /// </summary>
    public int[] StreamOwners { get; } = new int[DartStreams.Max];

    /// <summary>
    /// <c>apple_dart_hw_reset</c>. -EINVAL when locked or when it has more streams than the driver's bitmaps;
    /// -ETIMEDOUT when the busy bit stays set.
    /// </summary>
    public Errno Reset()
    {
        if (Streams > DartStreams.Max || (regs.Read32(soc.LockRegister) & soc.LockBit) != 0)
        {
            return Errno.EINVAL;
        }

        WriteTcr(all, 0);
        for (var i = 0; i < soc.TtbrsPerStream; i++)
        {
            WriteTtbr(all, i, 0);
        }

        for (var word = 0u; word < (Streams + 31) / 32; word++)
        {
            regs.Write32(soc.EnableStreams + (4 * word), uint.MaxValue);
        }

        regs.Write32(soc.Error, regs.Read32(soc.Error));
        if (soc.Layout == DartLayout.T8110)
        {
            regs.Write32(T8110.ErrorMask, 0);
        }

        return Invalidate(all);
    }

    /// <summary>
    /// Valid TTBRs, cleared TTBRs, TCR, invalidation, in this order and without a blocked state between.
    /// </summary>
    public void SetupTranslation(DartStreams streams, DartPageTable table)
    {
        var roots = table.Roots;
        for (var i = 0; i < roots.Length; i++)
        {
            WriteTtbr(streams, i, TtbrOf(roots[i]));
        }

        for (var i = roots.Length; i < soc.TtbrsPerStream; i++)
        {
            WriteTtbr(streams, i, 0);
        }

        var tcr = soc.TcrTranslate | (table.Levels == 4 ? soc.TcrFourLevel : 0);
        for (var stream = 0u; streams.Next(ref stream, Streams); stream++)
        {
            steps.WriteTranslateTcr(regs, soc.Tcr + (4 * stream), tcr);
        }

        if (steps.InvalidatesOnAttach)
        {
            Invalidate(streams);
        }
    }

    /// <summary>TCR only.</summary>
    public void Disable(DartStreams streams) => WriteTcr(streams, 0);

    /// <summary>TCR only.</summary>
    public void EnableBypass(DartStreams streams) => WriteTcr(streams, soc.TcrBypass);

    /// <summary>
    /// Invalidates all of the given streams; there is nothing smaller. -ETIMEDOUT when still busy.
    /// </summary>
    public Errno Invalidate(DartStreams streams)
    {
        if (soc.Layout == DartLayout.T8020)
        {
            regs.Write32(T8020.StreamSelect, streams.FirstWord);
            regs.Write32(T8020.StreamCommand, T8020.CommandInvalidate);
            return Poll(T8020.StreamCommand, T8020.CommandBusy);
        }

        var errno = Errno.OK;
        for (var stream = 0u; errno == Errno.OK && streams.Next(ref stream, Streams); stream++)
        {
            regs.Write32(T8110.TlbCommand, (T8110.OpInvalidateStream << T8110.CommandOpShift) | stream);
            errno = Poll(T8110.TlbCommand, T8110.CommandBusy);
        }

        return errno;
    }

    /// <summary>The interrupt handler: reads the one error, clears it.</summary>
    public void HandleInterrupt()
    {
        var error = regs.Read32(soc.Error);
        if ((error & DartRegisters.ErrorFlag) == 0)
        {
            return;
        }

        var low = regs.Read32(soc.ErrorAddressLow);
        var iova = low | ((ulong)regs.Read32(soc.ErrorAddressLow + 4) << 32);
        LastFault = soc.Layout == DartLayout.T8020
            ? new DartFault((error >> T8020.ErrorStreamShift) & 0xf, error & 0xfff, iova)
            : new DartFault((error >> T8110.ErrorStreamShift) & 0xff, error & 0x7fff, iova);
        regs.Write32(soc.Error, error);
        for (var word = 0u; soc.Layout == DartLayout.T8110 && word < (Streams + 31) / 32; word++)
        {
            regs.Write32(T8110.ErrorStreams + (4 * word), uint.MaxValue);
        }
    }

    private uint TtbrOf(ulong table) =>
        soc.TtbrValid | (uint)((table >> soc.TtbrAddressShift) << soc.TtbrFieldShift);

    private void WriteTtbr(DartStreams streams, int index, uint value)
    {
        for (var stream = 0u; streams.Next(ref stream, Streams); stream++)
        {
            regs.Write32(soc.Ttbr + (4 * (((uint)soc.TtbrsPerStream * stream) + (uint)index)), value);
        }
    }

    private void WriteTcr(DartStreams streams, uint value)
    {
        for (var stream = 0u; streams.Next(ref stream, Streams); stream++)
        {
            regs.Write32(soc.Tcr + (4 * stream), value);
        }
    }

    private Errno Poll(uint register, uint busy)
    {
        if (!steps.WaitsForInvalidation)
        {
            return Errno.OK;
        }

        for (var i = 0; i < PollsMax; i++)
        {
            if ((regs.Read32(register) & busy) == 0)
            {
                return Errno.OK;
            }
        }

        return Errno.ETIMEDOUT;
    }
}
