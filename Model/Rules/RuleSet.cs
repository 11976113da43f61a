using Conformance.Model.Clients;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// The monitors of one run. Each event goes only to the rules that want its kind, device accesses only to
/// those that have a premise for what the access is about.
/// </summary>
/// <remarks>
/// Order of use: <see cref="Begin"/> with the command, then <see cref="Observe"/> with its events. Nothing is
/// allocated per event; text is made only for a broken promise.
/// </remarks>
public sealed class RuleSet
{
    private readonly Rule[] monitors;
    private readonly Rule[][] byKind;
    private readonly Rule[] accessRules;
    private readonly DmaTopics[] accessTopics;

    /// <param name="context">What the rules share; its era decides which of them are promised.</param>
    public RuleSet(RuleContext context)
    {
        Context = context;
        monitors = [.. RuleCatalog.MonitorsOf(context.Era)];
        var kinds = Enum.GetValues<EventKind>();
        byKind = new Rule[kinds.Length][];
        foreach (var kind in kinds)
        {
            byKind[(int)kind] = [.. monitors.Where(rule => rule.Wants.Contains(kind))];
        }

        accessRules = byKind[(int)EventKind.Dma];
        accessTopics = [.. accessRules.Select(rule => rule.Topics)];
        byKind[(int)EventKind.Dma] = [];
    }

    public RuleContext Context { get; }

    /// <summary>The monitors, ascending by number.</summary>
    public IReadOnlyList<Rule> Rules => monitors;

    /// <summary>Broken promises, in the order of events, and of rule numbers for one event.</summary>
    public IReadOnlyList<Violation> Violations => Context.Violations;

    /// <summary>The command whose events come next.</summary>
    public void Begin(in Command command) => Context.Command = command;

    /// <summary>Forget what was broken.</summary>
    public void ClearViolations() => Context.ClearViolations();

    /// <summary>Forget the run; all premise counts go to 0.</summary>
    public void Reset()
    {
        Context.Reset();
        foreach (var rule in monitors)
        {
            rule.Reset(Context);
        }
    }

    /// <summary>
    /// Shows the events of the command at hand from index <paramref name="from"/> on, so that a command and
    /// the accesses tried after it may be shown in turns. Returns the number of promises broken by them.
    /// </summary>
    public int Observe(ReadOnlySpan<TraceEvent> events, int from = 0)
    {
        var before = Context.Violations.Count;
        var ledger = Context.Ledger;
        for (var i = from; i < events.Length; i++)
        {
            ref readonly var e = ref events[i];
            if (e.Kind == EventKind.Dma)
            {
                ObserveAccess(e, i, ledger.Look(e).Topics);
                continue;
            }

            if (e is { Kind: EventKind.CommandBegin, Flag: true })
            {
                Context.Command = KernelCalls.Of(e);
            }

            var endsCommand = e.Kind == EventKind.CommandEnd;
            if (endsCommand)
            {
                ledger.Apply(e);
            }

            foreach (var rule in byKind[(int)e.Kind])
            {
                rule.On(e, i, Context);
            }

            if (!endsCommand)
            {
                ledger.Apply(e);
            }
        }

        return Context.Violations.Count - before;
    }

    private void ObserveAccess(in TraceEvent e, int index, DmaTopics topics)
    {
        if (topics == DmaTopics.None)
        {
            return;
        }

        var before = Context.Violations.Count;
        var rules = accessRules;
        for (var i = 0; i < rules.Length; i++)
        {
            if ((accessTopics[i] & topics) != 0)
            {
                rules[i].On(e, index, Context);
            }
        }

        if (Context.Violations.Count > before)
        {
            Context.Ledger.NoteReported();
        }
    }
}
