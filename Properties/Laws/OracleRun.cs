using Conformance.Drivers.Catalog;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Laws;

/// <summary>The reference model on its own.</summary>
internal static class OracleRun
{
    /// <summary>Runs commands and gives back what each answered.</summary>
    public static (IommuSystem System, IReadOnlyList<Outcome> Outcomes) Of(
        Scenario scenario, IEnumerable<Command> commands)
    {
        var era = Eras.Find(scenario.Era)!;
        var system = new IommuSystem(
            scenario.Topology, era, (_, context) => AbstractStack.Create(context, ProfileOf), traced: true);
        var outcomes = new List<Outcome>();
        foreach (var command in commands)
        {
            system.Trace.Clear();
            outcomes.Add(system.Execute(outcomes.Count, command));
        }

        return (system, outcomes);

        DriverProfile ProfileOf(InstanceId instance) => DriverCatalog.ProfileOf(
            DriverCatalog.Find(scenario.Topology.Instances[instance.Index].Driver)!.Factory,
            era.Tree,
            scenario.Topology,
            instance.Index);
    }

    /// <summary>What every requester of the topology can reach, merged into maximal runs.</summary>
    public static IReadOnlyList<string> Reachable(IommuSystem system)
    {
        var lines = new List<string>();
        foreach (var requester in system.Topology.Devices.SelectMany(device => device.Requesters))
        {
            TranslationRun? last = null;
            system.StackOf(requester).Walk(requester, Pasid.None, run =>
            {
                if (last is { } before && before.Length != 0 && Joins(before, run))
                {
                    last = before with { Length = before.Length + run.Length };
                    return;
                }

                Close();
                last = run;
            });
            Close();

            void Close()
            {
                if (last is { } run)
                {
                    lines.Add($"{requester}: {run}");
                }

                last = null;
            }
        }

        return lines;
    }

    private static bool Joins(TranslationRun a, TranslationRun b) =>
        a.Iova + a.Length == b.Iova && a.Pa + a.Length == b.Pa && a.Read == b.Read && a.Write == b.Write;
}
