using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>
/// Scenarios in which one value is simpler wherever it occurs: a map and its unmap, or the uses of a slot,
/// change together.
/// </summary>
internal static class JointSteps
{
    /// <summary>Ranges closer than this move as one.</summary>
    private const ulong ClusterGap = 64UL << 20;

    public static IEnumerable<Scenario> Of(Scenario scenario) =>
        Slots(scenario).Concat(Owners(scenario)).Concat(NameSteps.Of(scenario)).Concat(Pasids(scenario))
            .Concat(Shifts(scenario))
            .Concat(Values(scenario, Operand.Iova)).Concat(Values(scenario, Operand.Size))
            .Concat(Values(scenario, Operand.Pa)).Concat(Values(scenario, Operand.Memory));

    private static bool Has(in Command command, Operand operand) =>
        CommandShape.Of(command.Op).Operands.Contains(operand);

    private static bool HasSlot(in Command command) =>
        (Has(command, Operand.Slot) || Has(command, Operand.Domain))
        && command.Domain.Role == DomainRole.Slot;

    private static Scenario Map(Scenario scenario, Func<Command, Command> change) =>
        scenario with { Commands = [.. scenario.Commands.Select(change)] };

    private static IEnumerable<Scenario> Slots(Scenario scenario)
    {
        var used = scenario.Commands.Where(c => HasSlot(c)).Select(c => c.Domain.Index).Distinct().ToList();
        foreach (var slot in used)
        {
            // A lower free name first, then names in use: two slots may be one.
            var lower = Enumerable.Range(0, Math.Min(slot, 16)).OrderBy(used.Contains);
            foreach (var other in lower)
            {
                yield return Map(scenario, c =>
                    HasSlot(c) && c.Domain.Index == slot ? c with { A = DomainRef.Slot(other).Packed } : c);
            }
        }
    }

    private static IEnumerable<Scenario> Owners(Scenario scenario) =>
        from owner in scenario.Commands.Where(c => Has(c, Operand.Owner)).Select(c => c.A).Distinct()
        from other in Enumerable.Range(1, Math.Max(Math.Min(owner, 16) - 1, 0))
        select Map(scenario, c => Has(c, Operand.Owner) && c.A == owner ? c with { A = other } : c);

    private static IEnumerable<Scenario> Pasids(Scenario scenario)
    {
        var used = scenario.Commands.Where(c => Has(c, Operand.Pasid)).Select(c => c.Extra).Distinct();
        foreach (var pasid in used)
        {
            for (var other = 1U; other < Math.Min(pasid, 8); other++)
            {
                var to = other;
                yield return Map(scenario, c => ChangePasid(c, pasid, to));
            }
        }
    }

    private static Command ChangePasid(Command command, uint from, uint to)
    {
        if (Has(command, Operand.Pasid) && command.Extra == from)
        {
            return command with { Extra = to };
        }

        return Has(command, Operand.DmaPasid) && command.Size == from ? command with { Size = to } : command;
    }

    private static IEnumerable<Scenario> Values(Scenario scenario, Operand operand)
    {
        var plain = operand switch
        {
            Operand.Pa => ScenarioWeight.PlainPa,
            Operand.Memory => 0UL,
            _ => ScenarioWeight.PlainIova,
        };
        var values = scenario.Commands.Where(c => Has(c, operand)).Select(c => Get(c, operand)).Distinct();
        return from value in values
               from simpler in NumberSteps.Of(value, plain)
               select Map(scenario, c => Change(c, operand, value, simpler));
    }

    /// <summary>Where a copy takes its areas from changes with the IOVA that put them there.</summary>
    private static Command Change(Command command, Operand operand, ulong from, ulong to)
    {
        var changed = Has(command, operand) && Get(command, operand) == from
            ? Set(command, operand, to)
            : command;
        return operand == Operand.Iova && Has(command, Operand.SourceIova) && command.Pa == from
            ? changed with { Pa = to }
            : changed;
    }

    private static ulong Get(in Command command, Operand operand) => operand switch
    {
        Operand.Iova => command.Iova,
        Operand.Pa or Operand.Memory => command.Pa,
        _ => command.Size,
    };

    private static Command Set(in Command command, Operand operand, ulong value) => operand switch
    {
        Operand.Iova => command with { Iova = value },
        Operand.Pa or Operand.Memory => command with { Pa = value },
        _ => command with { Size = value },
    };

    /// <summary>Neighbouring ranges move down together and keep their places in pages and tables.</summary>
    private static IEnumerable<Scenario> Shifts(Scenario scenario)
    {
        foreach (var cluster in Clusters(scenario))
        {
            foreach (var target in Targets(cluster.First))
            {
                if (target < cluster.First)
                {
                    var down = cluster.First - target;
                    yield return Map(scenario, c => Shift(c, cluster, down));
                }
            }
        }
    }

    private static Command Shift(Command command, Cluster cluster, ulong down)
    {
        var shifted = Has(command, Operand.Iova) && cluster.Holds(command.Iova)
            ? command with { Iova = command.Iova - down }
            : command;
        return Has(command, Operand.SourceIova) && cluster.Holds(command.Pa)
            ? shifted with { Pa = command.Pa - down }
            : shifted;
    }

    private static IEnumerable<ulong> Targets(ulong first)
    {
        yield return ScenarioWeight.PlainIova;
        foreach (var bits in (int[])[12, 14, 21, 30, 39])
        {
            var low = first & ((1UL << bits) - 1);
            yield return low;
            yield return low | (1UL << bits);
        }
    }

    private static List<Cluster> Clusters(Scenario scenario)
    {
        var clusters = new List<Cluster>();
        var values = scenario.Commands.Where(c => Has(c, Operand.Iova)).Select(c => c.Iova)
            .Concat(scenario.Commands.Where(c => Has(c, Operand.SourceIova)).Select(c => c.Pa));
        foreach (var iova in values.Order())
        {
            if (clusters.Count > 0 && iova - clusters[^1].Last <= ClusterGap)
            {
                clusters[^1] = clusters[^1] with { Last = iova };
            }
            else
            {
                clusters.Add(new Cluster(iova, iova));
            }
        }

        return clusters;
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Cluster(ulong First, ulong Last)
    {
        public bool Holds(ulong iova) => iova >= First && iova <= Last;
    }
}
