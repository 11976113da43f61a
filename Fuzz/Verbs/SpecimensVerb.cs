using System.CommandLine;
using Conformance.Drivers.Specimens;
using Conformance.Fuzz.Display;
using Conformance.Harness.Reports;
using Conformance.Harness.Search;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>specimens [NAME] [--check]</c>: historical bugs, and whether the suite sees them.</summary>
internal static class SpecimensVerb
{
    public static Command Create(Host host)
    {
        var name = new Argument<string?>("name")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "Only this one, with the run of its hand-made minimum.",
        };
        var check = new Option<bool>("--check")
        {
            Description = "Search each one at random, shrink, and compare with its hand-made minimum.",
        };
        var seed = RunWish.SeedOption();
        var command = new Command("specimens", "Historical bugs that the suite must see.")
        {
            name, check, seed,
        };
        command.SetAction(parsed =>
        {
            var one = parsed.GetValue(name) is { } wanted ? Names.Specimen(wanted) : null;
            if (parsed.GetValue(check))
            {
                var start = RunWish.SeedOf(parsed.GetValue(seed)!);
                return Check(one is null ? SpecimenCheck.All : [one], start, host);
            }

            host.Output.Write(one is null ? SpecimenText.List(SpecimenCheck.All) : SpecimenText.Head(one));
            return one is null ? ExitCode.Kept : ShowMinimum(one, host);
        });
        return command;
    }

    private static int ShowMinimum(Specimen specimen, Host host)
    {
        var minimum = SpecimenCheck.MinimumOf(specimen);
        if (minimum.Scenario is not { } scenario)
        {
            throw new UsageException($"the minimum of {specimen.Name} is no scenario: {minimum.Error}");
        }

        var replay = Replay.Of(scenario, specimen);
        host.Output.Write("\n" + ReplayText.Render(replay, wholeTrace: false));
        return ExitCode.Kept;
    }

    private static int Check(IReadOnlyList<Specimen> specimens, ulong seed, Host host)
    {
        var results = ProgressDisplay.Track(
            host,
            "specimens",
            specimens.Count,
            progress => SpecimenCheck.CheckAll(specimens, seed, result =>
            {
                progress.Advance(1);
                progress.Line(SpecimenText.Line(result));
            }, host.Cancel));
        if (specimens.Count == 1 && results[0].Found is { } found)
        {
            var replay = Replay.Of(found.Scenario, specimens[0]);
            host.Output.Write(FindingText.Render(found, replay) + "\n");
        }

        host.Output.Write(SpecimenText.Table(results));
        if (results.All(r => r.Problems.Count == 0))
        {
            return ExitCode.Kept;
        }

        return host.Cancel.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Findings;
    }
}
