using System.Text;
using Conformance.Harness.Linux;
using Conformance.Model.Rules;

namespace Conformance.Harness.Reports;

/// <summary>What a search on a real kernel has shown, as plain text.</summary>
public static class LinuxText
{
    /// <summary>
    /// How many of the predictions were of which kind, and which promises were put to the test.
    /// </summary>
    public static string Summary(LinuxReport report)
    {
        var tally = report.Tally;
        var text = new StringBuilder();
        text.Append($"{tally.Sent:N0} commands in {report.Scenarios:N0} scenarios, ")
            .Append($"{tally.Landed + tally.DmaRefused:N0} device accesses\n")
            .Append($"  succeeded as predicted    {Share(tally.Succeeded, tally.Sent)}\n")
            .Append($"  failed as predicted       {Share(tally.Refused, tally.Sent)}\n")
            .Append($"  allocation made to fail   {Share(tally.Struck, tally.Sent)}\n")
            .Append($"  DMA landed                {Share(tally.Landed, tally.Landed + tally.DmaRefused)}\n")
            .Append($"  DMA refused               ")
            .Append($"{Share(tally.DmaRefused, tally.Landed + tally.DmaRefused)}\n");
        AppendRules(text, report);
        return text.ToString();
    }

    private static void AppendRules(StringBuilder text, LinuxReport report)
    {
        var promises = RuleCatalog.All.Concat(RuleCatalog.OfKernelsOnly).Select(info => info.Id).ToList();
        var seen = promises.Where(rule => IsShown(report, rule)).ToList();
        var numbered = seen.Count(rule => rule.Number <= 62);
        var met = string.Join(' ', seen.Select(rule => $"{rule} ({report.Exercised[rule]:N0})"));
        text.Append(PlainText.Wrap($"promises put to the test, {numbered} of R1 to R62: {met}", 2));
        var missed = promises
            .Where(rule => LinuxEvidence.ViewOf(rule) == LinuxView.Outside && !seen.Contains(rule))
            .Select(rule => rule.ToString());
        text.Append(PlainText.Wrap($"not met in this run: {Listed(missed)}", 2));
        foreach (var group in Enumerable.Range(1, 62).Select(n => new RuleId(n))
            .Where(rule => LinuxEvidence.ViewOf(rule) != LinuxView.Outside && !seen.Contains(rule))
            .GroupBy(Reason, StringComparer.Ordinal))
        {
            text.Append(PlainText.Wrap($"not shown: {string.Join(' ', group)}: {group.Key}", 2));
        }
    }

    private static bool IsShown(LinuxReport report, RuleId rule) =>
        report.Exercised.GetValueOrDefault(rule) > 0
        && LinuxEvidence.ViewOf(rule) == LinuxView.Outside;

    private static string Reason(RuleId rule) => LinuxEvidence.ViewOf(rule) == LinuxView.Inside
        ? "it speaks of driver calls, which are not compared yet"
        : LinuxEvidence.ReasonOf(rule);

    private static string Listed(IEnumerable<string> words)
    {
        var text = string.Join(' ', words);
        return text.Length == 0 ? "none" : text;
    }

    private static string Share(long part, long whole) =>
        whole == 0 ? "none" : $"{part,12:N0}  {100.0 * part / whole,5:F1} %";
}
