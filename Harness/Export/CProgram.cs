using System.Text;
using Conformance.Drivers.Linux;
using Conformance.Harness.Linux;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Export;

/// <summary>
/// A scenario as one standalone C program on the ioctls of iommufd and VFIO, with what the reference model
/// says of each command in it. The part that is the same for all is <c>preamble.c</c>.
/// </summary>
public static class CProgram
{
    private const string Preamble = "Conformance.Harness.Export.preamble.c";

    /// <summary>The text of the program.</summary>
    /// <param name="target">The machine whose driver the model follows.</param>
    /// <param name="era">The kernel that the predictions are for.</param>
    /// <param name="scenario">Commands that a process can give.</param>
    /// <exception cref="NotFromUserSpaceException">One of them no process can give.</exception>
    public static string Render(LinuxTarget target, Era era, Scenario scenario)
    {
        var model = new LinuxModel(target, era, scenario.Topology, traced: false);
        var text = new StringBuilder(PreambleText());
        text.Append("\nint main(int count, char **words)\n{\n\tprepare(count - 1, words + 1);\n");
        for (var i = 0; i < scenario.Commands.Count; i++)
        {
            var command = scenario.Commands[i];
            if (!UserCommands.CanGive(command.Op))
            {
                throw new NotFromUserSpaceException(i, command);
            }

            if (command.Op is Op.Dma or Op.DmaMemory)
            {
                AppendAccess(text, model, i, command);
            }

            var expected = model.System.Execute(i, command);
            if (!expected.NoOp && command.Op is not (Op.Register or Op.FailNth or Op.Dma or Op.DmaMemory))
            {
                text.Append(Block(scenario.Topology, i, command, expected));
            }
        }

        return text.Append("\treturn finish();\n}\n").ToString();
    }

    private static string PreambleText()
    {
        using var stream = typeof(CProgram).Assembly.GetManifestResourceStream(Preamble)
            ?? throw new InvalidOperationException($"the resource {Preamble} is missing");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    /// <summary>A device access, unless the machine's own addresses make it mean something else.</summary>
    private static void AppendAccess(StringBuilder text, LinuxModel model, int index, in Command command)
    {
        var access = Access.Of(command);
        if (access.Direction == DmaAccess.Read || model.Plan(access) is not { } planned)
        {
            return;
        }

        var iova = access.Memory is { } at ? $"physical(0x{at.Value:x})" : $"0x{access.Iova.Value:x}";
        var where = planned.Lands is { } byteOf ? $"0x{byteOf.Value:x}" : "-1";
        text.Append($"\tdma({index + 1}, \"{command}\", {command.A}, {iova}, {where});\n");
    }

    private static string Block(Topology topology, int index, in Command command, Outcome expected)
    {
        var lines = Statements.Of(topology, command);
        var text = new StringBuilder("\t{\n");
        foreach (var line in lines.Lines)
        {
            text.Append($"\t\t{line}\n");
        }

        var value = expected.Errno == Errno.OK ? expected.Value : 0;
        var counted = lines.Value is not null;
        text.Append($"\t\tcheck({index + 1}, \"{command}\", result, ")
            .Append(counted ? $"result ? 0 : {lines.Value}" : "0")
            .Append($", {-(int)expected.Errno}, {(counted ? $"0x{value:x}ULL" : "0")});\n\t}}\n");
        return text.ToString();
    }
}
