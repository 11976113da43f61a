using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>Registers, the event queue as producer, the command queue as consumer.</summary>
public sealed partial class SmmuHardware
{
    private const int PageWords = 0x40;

    /// <summary>Words of page 0 and of page 1, the parts that exist here.</summary>
    private readonly uint[] registers = new uint[2 * PageWords];

    private uint Cr0 => registers[SmmuReg.Cr0 / 4];

    /// <summary>The event interrupt line: enabled, and records wait.</summary>
    public bool EventInterrupt =>
        (Read32(SmmuReg.IrqCtrl) & SmmuReg.IrqEvtq) != 0
            && Read32(SmmuReg.EvtqProd) != Read32(SmmuReg.EvtqCons);

    /// <summary>Called with each command word pair after it took effect; for tests that look between
    /// steps.</summary>
    public Action<ulong, ulong>? CommandDone { get; set; }

    public uint Read32(int offset) => offset switch
    {
        SmmuReg.Idr0 => build.Idr0,
        SmmuReg.Idr1 => build.Idr1,
        SmmuReg.Idr3 => build.Idr3,
        SmmuReg.Idr5 => build.Idr5,
        _ => registers[WordOf(offset)],
    };

    public ulong Read64(int offset) => Read32(offset) | ((ulong)Read32(offset + 4) << 32);

    public void Write64(int offset, ulong value)
    {
        registers[WordOf(offset)] = (uint)value;
        registers[WordOf(offset + 4)] = (uint)(value >> 32);
        configs.TableBase = Read64(SmmuReg.StrtabBase);
    }

    public void Write32(int offset, uint value)
    {
        switch (offset)
        {
            case SmmuReg.Gbpa:
                // A write without the update bit is ignored; the unit takes the value and clears the bit.
                if ((value & SmmuReg.GbpaUpdate) != 0)
                {
                    registers[offset / 4] = value & ~SmmuReg.GbpaUpdate;
                }

                return;
            case SmmuReg.Cr0:
                registers[offset / 4] = value;
                registers[SmmuReg.Cr0Ack / 4] = value;
                ConsumeCommands();
                return;
            case SmmuReg.IrqCtrl:
                registers[SmmuReg.IrqCtrlAck / 4] = value;
                break;
            case SmmuReg.StrtabBaseCfg:
                configs.TableConfig = value;
                break;
            case SmmuReg.Cr2:
                configs.HostAtEl2 = (value & SmmuReg.Cr2E2h) != 0;
                break;
            default:
                break;
        }

        registers[WordOf(offset)] = value;
        if (offset is SmmuReg.CmdqProd or SmmuReg.Gerrorn)
        {
            ConsumeCommands();
        }
    }

    private static int WordOf(int offset) =>
        offset >= SmmuReg.Page1 ? PageWords + ((offset - SmmuReg.Page1) / 4) : offset / 4;

    /// <summary>Runs commands up to the producer index, or to the first that cannot be understood.</summary>
    private void ConsumeCommands()
    {
        var queue = Read64(SmmuReg.CmdqBase);
        var wrap = (2U << (int)(queue & 0x1f)) - 1;
        while ((Cr0 & SmmuReg.Cr0CmdqEn) != 0 && !CommandErrorPending)
        {
            var cons = registers[SmmuReg.CmdqCons / 4] & wrap;
            if (cons == (registers[SmmuReg.CmdqProd / 4] & wrap))
            {
                return;
            }

            var at = (queue & 0x000f_ffff_ffff_ffe0) + ((ulong)(cons & (wrap >> 1)) << 4);
            var (q0, q1) = (memory.Fetch(at), memory.Fetch(at + 8));
            if (!memory.Contains(at) || !Execute(q0, q1))
            {
                var code = memory.Contains(at) ? SmmuReg.CmdqErrorIllegal : SmmuReg.CmdqErrorAbort;
                registers[SmmuReg.CmdqCons / 4] = cons | (code << SmmuReg.CmdqErrorShift);
                registers[SmmuReg.Gerror / 4] ^= SmmuReg.GerrorCmdq;
                NoteBadCommand(q0, q1);
                return;
            }

            registers[SmmuReg.CmdqCons / 4] = (cons + 1) & wrap;
            CommandDone?.Invoke(q0, q1);
        }
    }

    private bool CommandErrorPending =>
        ((registers[SmmuReg.Gerror / 4] ^ registers[SmmuReg.Gerrorn / 4]) & SmmuReg.GerrorCmdq) != 0;

    private void NoteBadCommand(ulong q0, ulong q1)
    {
        if (trace is not null)
        {
            ref var e = ref trace.Add(EventKind.BadCommand);
            e.A = q0;
            e.B = q1;
        }
    }

    /// <summary>Refuses an access; writes an event record when the configuration asks for records.</summary>
    private DmaOutcome Fault(in SmmuRequest request, SmmuEvent fault, ulong fetch, bool records, bool stage2)
    {
        if (records && (Cr0 & SmmuReg.Cr0EvtqEn) != 0)
        {
            Record(request, fault, fetch, stage2);
        }

        return DmaOutcome.Refused((uint)fault);
    }

    private void Record(in SmmuRequest request, SmmuEvent fault, ulong fetch, bool stage2)
    {
        var q0 = (ulong)fault | (request.Ssv ? (1UL << 11) | ((ulong)request.Ssid << 12) : 0)
            | ((ulong)request.Sid << 32);
        var isAccess = fault is SmmuEvent.Translation or SmmuEvent.AddressSize or SmmuEvent.Access
            or SmmuEvent.Permission or SmmuEvent.WalkExternalAbort;
        var q1 = 0UL;
        if (isAccess)
        {
            q1 = (request.Privileged ? 1UL << 33 : 0)
                | (request.Access == DmaAccess.Read ? 1UL << 35 : 0)
                | (stage2 ? 1UL << 39 : 0)
                | (2UL << 40);
        }

        var q3 = isAccess ? (stage2 ? request.Va & 0x000f_ffff_ffff_f000 : 0) : fetch;
        PutEvent(q0, q1, isAccess ? request.Va : 0, q3);
    }

    private void PutEvent(ulong q0, ulong q1, ulong q2, ulong q3)
    {
        var queue = Read64(SmmuReg.EvtqBase);
        var wrap = (2U << (int)(queue & 0x1f)) - 1;
        var prod = Read32(SmmuReg.EvtqProd);
        var cons = Read32(SmmuReg.EvtqCons);
        var isFull = ((prod ^ cons) & wrap) == (wrap >> 1) + 1;
        if (isFull)
        {
            // The overflow flag is toggled once and stands until software copies it into the consumer
            // register.
            var told = ((prod ^ cons) & SmmuReg.QueueOverflow) != 0;
            registers[WordOf(SmmuReg.EvtqProd)] = told ? prod : prod ^ SmmuReg.QueueOverflow;
            return;
        }

        var at = (queue & 0x000f_ffff_ffff_ffe0) + ((ulong)(prod & (wrap >> 1)) << 5);
        memory.WriteThrough(at, q0);
        memory.WriteThrough(at + 8, q1);
        memory.WriteThrough(at + 16, q2);
        memory.WriteThrough(at + 24, q3);
        registers[WordOf(SmmuReg.EvtqProd)] = ((prod + 1) & wrap) | (prod & SmmuReg.QueueOverflow);
    }
}
