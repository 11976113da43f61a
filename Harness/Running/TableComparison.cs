using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// Compares the whole translation of a requester: the tables in memory against the reference model.
/// </summary>
public sealed class TableComparison(IommuSystem oracle, IommuSystem system)
{
    private readonly List<TranslationRun> expected = [];
    private readonly List<TranslationRun> actual = [];

    /// <summary>Null when equal, else the first difference.</summary>
    public string? Compare(Requester requester)
    {
        Collect(oracle.StackOf(requester), requester, expected);
        Collect(system.StackOf(requester), requester, actual);
        for (var i = 0; i < Math.Max(expected.Count, actual.Count); i++)
        {
            var want = i < expected.Count ? Text(expected[i]) : "nothing more";
            var have = i < actual.Count ? Text(actual[i]) : "nothing more";
            if (!string.Equals(want, have, StringComparison.Ordinal))
            {
                return $"tables of {requester}: {have}, the reference model: {want}";
            }
        }

        return null;
    }

    private static void Collect(IDriverStack stack, Requester requester, List<TranslationRun> runs)
    {
        runs.Clear();
        stack.Walk(requester, Pasid.None, run => Append(runs, run));
    }

    private static void Append(List<TranslationRun> runs, TranslationRun run)
    {
        if (runs.Count > 0)
        {
            var last = runs[^1];
            var joins = last.Length != 0 && last.Iova + last.Length == run.Iova
                && last.Pa + last.Length == run.Pa && last.Read == run.Read && last.Write == run.Write;
            if (joins)
            {
                runs[^1] = last with { Length = last.Length + run.Length };
                return;
            }
        }

        runs.Add(run);
    }

    private static string Text(TranslationRun run) =>
        $"[0x{run.Iova:x}, +0x{run.Length:x}) to 0x{run.Pa:x} "
        + (run.Read ? "r" : "") + (run.Write ? "w" : "");
}
