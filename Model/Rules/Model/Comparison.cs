namespace Conformance.Model.Rules;

/// <summary>
/// Promises that need the reference model beside the system; the runner reports and counts them.
/// </summary>
public static class Comparison
{
    /// <summary>Premise: any compared outcome.</summary>
    public static readonly RuleInfo R71OutcomesAgree = new(
        new RuleId(71),
        RuleFamily.Model,
        "Return values and DMA outcomes are those the reference model predicts.",
        "the reference model: same core over the driver's declared behaviour",
        "v5.19",
        SecurityRelevant: true);

    /// <summary>Premise: a final walk of a requester's tables.</summary>
    public static readonly RuleInfo R72TablesAgree = new(
        new RuleId(72),
        RuleFamily.Model,
        "At the end the tables in memory hold exactly the expected translation.",
        "the reference model: its address spaces against a walk of the tables",
        "v5.19",
        SecurityRelevant: true);

    /// <summary>Premise: a real kernel answered a command.</summary>
    public static readonly RuleInfo R73KernelStaysWell = new(
        new RuleId(73),
        RuleFamily.Model,
        "A real kernel neither warns nor crashes nor hangs, whatever a process asks of it.",
        "include/asm-generic/bug.h: WARN_ON is for what must never happen",
        "v5.19",
        SecurityRelevant: true);
}
