using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R67. Premise: a table page was freed, so that a walk could meet one. Where a device is that a void call
/// could not move (a warning in the kernel) nobody can tell its user, who frees the domain all the same.
/// </summary>
public sealed class R67NoWalkThroughFreed : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(67),
        RuleFamily.Hardware,
        "The walker never reads a table page that was freed.",
        "include/linux/iommu.h: struct iommu_iotlb_gather (freelist), iotlb_sync; core.md 2.2, 9 (14)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.TableFree, EventKind.WalkThroughFreed];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.TableFree)
        {
            Hold();
            return;
        }

        if (!HasStuck(context.Ledger))
        {
            Break(context, index, $"the walker reads freed table page 0x{e.A:x}");
        }
    }

    private static bool HasStuck(TraceLedger ledger)
    {
        foreach (var device in ledger.Devices)
        {
            if (device.Trouble == Trouble.Stuck)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>R68. Premise: the hardware was given something to understand.</summary>
public sealed class R68CommandsAreUnderstood : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(68),
        RuleFamily.Hardware,
        "Every command and register write is one that the hardware understands.",
        "manual of the hardware at hand (drivers/*.md: commands and registers)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.Invalidate, EventKind.AttachDev, EventKind.BadCommand];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.BadCommand)
        {
            Break(context, index, $"the hardware cannot understand 0x{e.A:x} 0x{e.B:x}");
            return;
        }

        Hold();
    }
}
