namespace Conformance.Properties.Rules;

/// <summary>One rule with traces that keep it, break it, and do not touch it.</summary>
/// <param name="Rule">Its number.</param>
/// <param name="Name">What the case is about.</param>
/// <param name="Keep">Exercises the rule and breaks no rule at all.</param>
/// <param name="Break">Breaks it.</param>
/// <param name="Idle">Neither exercises it nor breaks any rule.</param>
internal sealed record RuleCase(
    int Rule, string Name, Action<RuleBench> Keep, Action<RuleBench> Break, Action<RuleBench> Idle)
{
    public string Era { get; init; } = "v7.2";

    public BenchSetting Setting { get; init; } = new();

    public RuleBench Run(Action<RuleBench> trace)
    {
        var bench = new RuleBench(Era, Setting);
        trace(bench);
        return bench;
    }

    public override string ToString() => $"R{Rule} {Name}";
}
