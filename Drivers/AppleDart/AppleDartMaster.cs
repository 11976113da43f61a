using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The streams of one device, by unit in the order of its firmware description (<c>struct
/// apple_dart_master_cfg</c>). Slots not in use hold NULL.
/// </summary>
/// <param name="slots">Units a device may have.</param>
/// <param name="isPci">A PCI device.</param>
internal sealed class AppleDartMaster(int slots, bool isPci)
{
    private readonly DartUnit?[] units = new DartUnit?[slots];
    private readonly DartStreams?[] streams = new DartStreams?[slots];

    public bool IsPci { get; } = isPci;

    public int Slots => units.Length;

    /// <summary>The unit whose instance serves the device.</summary>
    public DartUnit First => units[0] ?? throw new InvalidOperationException("a device without a DART");

    /// <summary>All units support bypass (looked at by 7.2).</summary>
    public bool AllBypass { get; private set; } = true;

    /// <summary>Key of the group it joined, plus one; 0 for none.</summary>
    public int GroupMark { get; set; }

    public DartUnit? Unit(int slot) => units[slot];

    /// <summary>Streams of a slot in use.</summary>
    public DartStreams Streams(int slot) => streams[slot]!;

    /// <summary>Records one (unit, stream) pair of the device; -EINVAL when no slot is free.</summary>
    public Errno Add(DartUnit unit, RequesterId stream)
    {
        AllBypass &= unit.SupportsBypass;
        for (var slot = 0; slot < units.Length; slot++)
        {
            if (units[slot] is not null && units[slot] != unit)
            {
                continue;
            }

            units[slot] = unit;
            (streams[slot] ??= new DartStreams()).Set(stream.Value);
            return Errno.OK;
        }

        return Errno.EINVAL;
    }

    /// <summary>The device's state; it must be probed.</summary>
    public static AppleDartMaster Of(IommuDevice dev) =>
        dev.DriverData as AppleDartMaster
        ?? throw new InvalidOperationException($"{dev} is not probed by apple-dart");
}
