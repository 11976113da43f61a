using Conformance.Drivers.Hardware;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>The driver's half of the command queue (arm_smmu_cmdq_issue_cmdlist).</summary>
public sealed class SmmuQueue
{
    /// <summary>Commands written before the unit is told, as the kernel's batches.</summary>
    private const int Batch = 64;

    private readonly PhysicalMemory memory;
    private readonly SmmuHardware unit;
    private readonly ulong table;
    private readonly uint entries;
    private readonly SmmuCommand sync;
    private readonly SmmuSteps steps;
    private uint prod;
    private uint told;

    /// <param name="log2">log2 of the number of entries, 16 bytes each.</param>
    public SmmuQueue(PhysicalMemory memory, SmmuHardware unit, int log2, bool sendsEvent, SmmuSteps steps)
    {
        this.memory = memory;
        this.unit = unit;
        this.steps = steps;
        entries = 1U << log2;
        sync = SmmuCommand.Sync(sendsEvent);
        table = memory.Alloc(16 << log2, Math.Max(4096, 16 << log2)).Value;
        Base = SmmuReg.QueueBaseRwa | table | (uint)log2;
    }

    /// <summary>Value for CMDQ_BASE.</summary>
    public ulong Base { get; }

    /// <summary>Indexes at reset.</summary>
    public void Reset() => (prod, told) = (0, 0);

    /// <summary>Appends a command; the unit is told at the end of a batch.</summary>
    public void Add(SmmuCommand command)
    {
        var at = table + ((ulong)(prod & (entries - 1)) << 4);
        memory.WriteThrough(at, command.Q0);
        memory.WriteThrough(at + 8, command.Q1);
        prod = (prod + 1) & ((2 * entries) - 1);
        if (((prod - told) & (entries - 1)) >= Math.Min(Batch, entries / 2))
        {
            Ring();
        }
    }

    /// <summary>A command whose end nobody waits for.</summary>
    public void Issue(SmmuCommand command)
    {
        Add(command);
        Ring();
    }

    /// <summary>CMD_SYNC after all before, and waits for it.</summary>
    public void Sync()
    {
        if (steps.SendsSync)
        {
            Add(sync);
        }

        Ring();
    }

    /// <summary>CMD_SYNC that no specimen leaves out: configuration changes.</summary>
    public void SyncConfig()
    {
        Add(sync);
        Ring();
    }

    private void Ring()
    {
        told = prod;
        unit.Write32(SmmuReg.CmdqProd, prod);
        while (((unit.Read32(SmmuReg.Gerror) ^ unit.Read32(SmmuReg.Gerrorn)) & SmmuReg.GerrorCmdq) != 0)
        {
            SkipError();
        }
    }

    /// <summary>The global error handler: puts a CMD_SYNC in place of the command that was not
    /// understood.</summary>
    private void SkipError()
    {
        var cons = unit.Read32(SmmuReg.CmdqCons) & (entries - 1);
        var at = table + ((ulong)cons << 4);
        memory.WriteThrough(at, SmmuCommand.Sync(sendsEvent: false).Q0);
        memory.WriteThrough(at + 8, 0);
        unit.Write32(SmmuReg.Gerrorn, unit.Read32(SmmuReg.Gerror));
    }
}
