using Spectre.Console;

namespace Conformance.Fuzz;

/// <summary>
/// What a verb has to the outside: streams, whether people watch them, and the wish to stop.
/// </summary>
/// <param name="Input">Standard input.</param>
/// <param name="Output">The report.</param>
/// <param name="Error">Progress and complaints.</param>
/// <param name="OutputIsTerminal">Colours and tables are welcome in the report.</param>
/// <param name="ErrorIsTerminal">A moving bar is welcome.</param>
/// <param name="Cancel">Set by Ctrl-C.</param>
internal sealed record Host(
    TextReader Input,
    TextWriter Output,
    TextWriter Error,
    bool OutputIsTerminal,
    bool ErrorIsTerminal,
    CancellationToken Cancel)
{
    /// <summary>A console of Spectre over the report or over the progress.</summary>
    public static IAnsiConsole Console(TextWriter writer) =>
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
}
