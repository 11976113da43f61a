using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Reports;

/// <summary>One remark under the matrix: what it says of which rules, drivers and eras.</summary>
public sealed record MatrixNote(string Rules, string Drivers, string Eras, string Text)
{
    public override string ToString() =>
        $"{Rules}  {Drivers} ({Eras}){(Text.Length == 0 ? "" : ": " + Text)}";
}

/// <summary>Remarks of one kind under a heading.</summary>
public sealed record NoteSection(string Heading, IReadOnlyList<MatrixNote> Notes);

/// <summary>What stands behind the marks of a matrix: citations, reasons, what is owed.</summary>
public static class MatrixNotes
{
    /// <summary>The sections that have something to say, in the order of the report.</summary>
    public static IReadOnlyList<NoteSection> Of(Matrix matrix)
    {
        NoteSection[] sections =
        [
            new("broken as expected", Collect(matrix, v => v.Seen.Select(e => e.Citation))),
            new("not exercised", Collect(matrix, Reasons)),
            new(
                "not exercised, no reason stated: the catalogue owes one, or the search a way",
                Unexplained(matrix)),
            new("expected breakage did not show", [.. Collect(matrix, Missing), .. OfCore(matrix)]),
            new("said to be impossible, but exercised", Collect(matrix, Contradicted)),
        ];
        return [.. sections.Where(s => s.Notes.Count > 0)];
    }

    private static IEnumerable<string> Reasons(Verdict verdict) =>
        verdict.Kind == VerdictKind.NotExercised ? [verdict.Reason!] : [];

    /// <summary>Only what is owed: in a small run most things go unexercised.</summary>
    private static IReadOnlyList<MatrixNote> Unexplained(Matrix matrix) =>
        Join(from rule in matrix.Rules
             from driver in matrix.Drivers
             from era in matrix.Eras
             where matrix.OwesReason(driver, era, rule)
             select new Said(rule.Id, driver, era, ""), matrix.Eras);

    private static IEnumerable<string> Missing(Verdict verdict) => verdict.Missing.Select(e => e.Citation);

    private static IEnumerable<string> Contradicted(Verdict verdict) =>
        verdict.Exercised > 0 && verdict.Reason is { } reason ? [reason] : [];

    private static IEnumerable<MatrixNote> OfCore(Matrix matrix) => matrix.CoreDidNotShow.Select(e =>
        new MatrixNote(e.Rule.ToString(), "every driver", EraSpan.Text(e), e.Citation));

    private static IReadOnlyList<MatrixNote> Collect(
        Matrix matrix, Func<Verdict, IEnumerable<string>> texts) =>
        Join(from rule in matrix.Rules
             from driver in matrix.Drivers
             from era in matrix.Eras
             from text in texts(matrix[driver, era, rule.Id])
             select new Said(rule.Id, driver, era, text), matrix.Eras);

    /// <summary>Equal texts become one remark: first over eras, then over rules, then over drivers.</summary>
    private static IReadOnlyList<MatrixNote> Join(IEnumerable<Said> said, IReadOnlyList<Era> ran)
    {
        var overEras = from s in said
                       group s.Era by (s.Rule, s.Driver, s.Text) into same
                       let eras = EraSpan.Text([.. same], ran)
                       select (same.Key.Rule, same.Key.Driver, eras, same.Key.Text);
        var overRules = from s in overEras
                        group s.Rule by (s.Driver, s.eras, s.Text) into same
                        select (rules: string.Join(' ', same), same.Key.Driver, same.Key.eras, same.Key.Text);
        var overDrivers = from s in overRules
                          group s.Driver by (s.rules, s.eras, s.Text) into same
                          select new MatrixNote(
                              same.Key.rules, string.Join(", ", same), same.Key.eras, same.Key.Text);
        return [.. overDrivers];
    }

    private readonly record struct Said(RuleId Rule, string Driver, Era Era, string Text);
}
