using System.Runtime.InteropServices;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>
/// Scenarios in which an object of a client has a lower name wherever it is named, be it one in use: two
/// objects may be one.
/// </summary>
internal static class NameSteps
{
    private enum Kind
    {
        Context,
        Ioas,
        Hwpt,
        Container,
    }

    public static IEnumerable<Scenario> Of(Scenario scenario)
    {
        var used = scenario.Commands.SelectMany(NamesIn).Distinct().ToList();
        foreach (var name in used)
        {
            var lower = Enumerable.Range(0, name.Index)
                .Select(n => name with { Index = n })
                .OrderBy(used.Contains);
            foreach (var other in lower)
            {
                yield return scenario with
                {
                    Commands = [.. scenario.Commands.Select(c => Rename(c, name, other))],
                };
            }
        }
    }

    private static IEnumerable<Name> NamesIn(Command command)
    {
        foreach (var operand in CommandShape.Of(command.Op).Operands)
        {
            if (NameIn(operand, command) is { } name)
            {
                yield return name;
            }
        }
    }

    private static Command Rename(Command command, Name from, Name to)
    {
        var renamed = command;
        foreach (var operand in CommandShape.Of(command.Op).Operands)
        {
            if (NameIn(operand, command) == from)
            {
                renamed = With(renamed, operand, to);
            }
        }

        return renamed;
    }

    private static Name? NameIn(Operand operand, in Command command) => operand switch
    {
        Operand.ContextB => new Name(Kind.Context, command.B),
        Operand.Ioas => new Name(Kind.Ioas, command.A),
        Operand.IoasB => new Name(Kind.Ioas, command.B),
        Operand.Hwpt => new Name(Kind.Hwpt, command.A),
        Operand.Table => NameOf(command.Table),
        Operand.Parent => NameOf(command.Parent),
        Operand.Container => new Name(Kind.Container, command.A),
        _ => null,
    };

    private static Name NameOf(PageTableRef table) =>
        new(table.IsHwpt ? Kind.Hwpt : Kind.Ioas, table.Index);

    private static Command With(Command command, Operand operand, Name name) => operand switch
    {
        Operand.ContextB or Operand.IoasB => command with { B = name.Index },
        Operand.Table => command with { A = (command.Table with { Index = name.Index }).Packed },
        Operand.Parent => command with
        {
            Pa = (ulong)(command.Parent with { Index = name.Index }).Packed,
        },
        _ => command with { A = name.Index },
    };

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Name(Kind Kind, int Index);
}
