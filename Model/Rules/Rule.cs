using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// Number of a rule, printed <c>R12</c>. R1 to R62 are those of the reference, later ones our own.
/// </summary>
public readonly record struct RuleId(int Number) : IComparable<RuleId>
{
    public int CompareTo(RuleId other) => Number.CompareTo(other.Number);

    public override string ToString() => $"R{Number}";
}

/// <summary>Which part of the contract a rule belongs to; test rows are per family.</summary>
public enum RuleFamily
{
    Isolation,
    Ownership,
    State,
    MapUnmap,
    DriverContract,
    Hardware,
    Clients,
    Model,
}

/// <summary>One numbered promise: what is printed of it.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Family">Its family.</param>
/// <param name="Statement">One sentence, as in the reference.</param>
/// <param name="Source">Kernel file and function, commit subject or document section.</param>
/// <param name="Since">First era in which it is promised; older eras show "not promised".</param>
/// <param name="SecurityRelevant">Breaking it breaks isolation.</param>
public sealed record RuleInfo(
    RuleId Id, RuleFamily Family, string Statement, string Source, string Since, bool SecurityRelevant);

/// <summary>A broken promise at one event.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="EventIndex">Index of the first wrong event in the trace of the command; -1 when none.</param>
/// <param name="Message">What was expected and what was seen, in the kernel's words.</param>
public readonly record struct Violation(RuleId Rule, int EventIndex, string Message);

/// <summary>
/// A monitor of one rule over the trace of one run. It sees events only, never the state of core or driver.
/// A new one is made per run, or the old one <see cref="Reset"/>.
/// </summary>
public abstract class Rule
{
    public abstract RuleInfo Info { get; }

    /// <summary>Kinds of event the rule wants; no other is delivered.</summary>
    public abstract ReadOnlySpan<EventKind> Wants { get; }

    /// <summary>Which device accesses it wants, if it wants <see cref="EventKind.Dma"/> at all.</summary>
    public virtual DmaTopics Topics => DmaTopics.All;

    /// <summary>
    /// How often the premise held in this run; 0 at the end of all runs is "not exercised".
    /// </summary>
    public long Exercised { get; protected set; }

    /// <summary>Forget the run; what was allocated is used again.</summary>
    public virtual void Reset(RuleContext context) => Exercised = 0;

    /// <summary>One event. A broken promise is reported through <see cref="RuleContext.Report"/>.</summary>
    public abstract void On(in TraceEvent e, int index, RuleContext context);

    /// <summary>The rule is broken at an event.</summary>
    protected void Break(RuleContext context, int index, string message) =>
        context.Report(Info.Id, index, message);

    /// <summary>The premise held.</summary>
    protected void Hold() => Exercised++;
}
