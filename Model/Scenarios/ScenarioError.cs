namespace Conformance.Model.Scenarios;

/// <summary>
/// Why a text is no scenario: the place, what could have stood there, and what stands there.
/// </summary>
/// <param name="Line">From 1.</param>
/// <param name="Column">From 1, in characters.</param>
/// <param name="Expected">What the place allows, never empty.</param>
/// <param name="Found">The word at that place, shortened and quoted, or where the text ended.</param>
public sealed record ScenarioError(int Line, int Column, string Expected, string Found)
{
    public override string ToString() => $"line {Line}, column {Column}: expected {Expected}, found {Found}";
}

/// <summary>Outcome of a parse: either a scenario or the first error.</summary>
public sealed class ScenarioResult
{
    private ScenarioResult(Scenario? scenario, ScenarioError? error)
    {
        Scenario = scenario;
        Error = error;
    }

    /// <summary>Null exactly when there is an <see cref="Error"/>.</summary>
    public Scenario? Scenario { get; }

    /// <summary>Null exactly when there is a <see cref="Scenario"/>.</summary>
    public ScenarioError? Error { get; }

    /// <summary>The scenario, for texts that are part of the program.</summary>
    /// <exception cref="FormatException">The text is no scenario; the message is the error.</exception>
    public Scenario OrThrow() => Scenario ?? throw new FormatException(Error?.ToString());

    internal static ScenarioResult Of(Scenario scenario) => new(scenario, null);

    internal static ScenarioResult Of(ScenarioError error) => new(null, error);
}
