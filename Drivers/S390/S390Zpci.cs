using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.S390;

/// <summary>A <c>struct zpci_dev</c>: a PCI function as the kernel sees it.</summary>
public sealed class S390Function(
    InstanceId instance, S390FunctionState hardware, (ulong Start, ulong End) window)
{
    public InstanceId Instance { get; } = instance;

    /// <summary>The silicon; the driver takes handle and firmware answers from it, nothing else.</summary>
    public uint Handle { get; } = hardware.Handle;

    public S390Firmware Firmware { get; } = hardware.Firmware;

    /// <summary>First usable bus address.</summary>
    public ulong StartDma { get; } = window.Start;

    /// <summary>Last usable bus address; 7.2 may lower it when a domain is allocated.</summary>
    public ulong EndDma { get; set; } = window.End;

    /// <summary>The paging domain whose table is registered; null for none.</summary>
    public S390Domain? Domain { get; set; }

    /// <summary>The identity domain is attached (7.2).</summary>
    public bool OnIdentity { get; set; }

    /// <summary>
    /// The private table of the arch DMA API (6.1); null while a domain is attached or after a refusal.
    /// </summary>
    public S390PageTable? PlatformTable { get; set; }
}

/// <summary>
/// The PCI layer of the architecture below the driver: memory, instructions and the functions that firmware
/// shows.
/// </summary>
public sealed class S390Zpci
{
    /// <summary>First address that tables are taken from.</summary>
    public const ulong TableMemory = 0x8000_0000;

    private readonly S390Function?[] functions;

    public S390Zpci(
        DriverContext context, ulong tableMemory = TableMemory, Func<string, S390Firmware>? firmwareOf = null)
    {
        Context = context;
        Memory = new PhysicalMemory(tableMemory, context.Trace);
        Hardware = new S390Hardware(Memory, context.Trace);
        Instructions = new S390Instructions(Memory, Hardware);
        functions = new S390Function?[context.Topology.Devices.Length];
        for (var i = 0; i < functions.Length; i++)
        {
            var device = context.Topology.Devices[i];
            if (!context.Instances.Contains(device.Instance)) continue;
            var firmware = (firmwareOf ?? S390Firmware.Of)(context.Topology.InstanceOf(device).Variant);
            var state = Hardware.AddFunction(device.Requesters[0], firmware);
            functions[i] = new S390Function(device.Instance, state, firmware.Window(context.Tree));
        }
    }

    public DriverContext Context { get; }

    public PhysicalMemory Memory { get; }

    public S390Hardware Hardware { get; }

    public S390Instructions Instructions { get; }

    public IEnumerable<S390Function> Functions => functions.OfType<S390Function>();

    /// <summary><c>to_zpci_dev</c>.</summary>
    public S390Function? FunctionOf(DeviceId device) => functions[device.Index];

    /// <summary>
    /// All functions of the system have relaxed translation. (The kernel chooses the ops table per function;
    /// here one driver object serves all.)
    /// </summary>
    public bool IsRelaxed => S390Firmware.All(Context.Topology, f => f.RelaxedTranslation);

    /// <summary>Firmware makes the functions of an instance usable.</summary>
    public void Enable(InstanceId instance)
    {
        foreach (var requester in Context.Topology.Devices
            .Where(d => d.Instance == instance).Select(d => d.Requesters[0]))
        {
            if (Hardware.FunctionOf(requester) is { } state) state.Present = true;
        }
    }
}
