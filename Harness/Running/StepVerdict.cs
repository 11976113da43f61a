using Conformance.Model.Rules;

namespace Conformance.Harness.Running;

/// <summary>Turns what the rules and the comparison say of a step into the result of a run.</summary>
/// <param name="result">Of the run.</param>
/// <param name="rules">Which have seen the step.</param>
/// <param name="isExpected">Breakages that do not end a run.</param>
/// <param name="inWords">A message as people read it.</param>
internal sealed class StepVerdict(
    RunResult result, RuleSet rules, Func<RuleId, bool> isExpected, Func<string, string> inWords)
{
    private static readonly RuleId Predicted = Comparison.R71OutcomesAgree.Id;

    /// <summary>False when the run cannot go on.</summary>
    /// <param name="index">The command of the step.</param>
    /// <param name="difference">From the reference model; null for none.</param>
    public bool Conclude(int index, string? difference)
    {
        var found = rules.Violations;
        foreach (var violation in found)
        {
            if (!isExpected(violation.Rule))
            {
                Fail(violation.Rule, index, violation.EventIndex, violation.Message);
                return false;
            }

            result.ExpectedSeen.Add(violation.Rule);
        }

        if (difference is null)
        {
            rules.ClearViolations();
            return true;
        }

        if (found.Count == 0 && !isExpected(Predicted))
        {
            Fail(Predicted, index, -1, difference);
        }
        else if (found.Count == 0)
        {
            result.ExpectedSeen.Add(Predicted);
        }

        return false;
    }

    /// <summary>What is wrong; the first word counts.</summary>
    public void Fail(RuleId rule, int command, int eventIndex, string message) =>
        result.Failure ??= new Failure(rule, command, eventIndex, inWords(message));
}
