using Conformance.Fuzz;

namespace Conformance.Properties.Commands;

/// <summary>One run of the command line inside the test process.</summary>
internal sealed record Invocation(int Code, string Output, string Error)
{
    public static Invocation Of(params string[] args) => With("", args);

    public static Invocation With(string input, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var reader = new StringReader(input);
        var code = ConformanceApp.Run(args, reader, output, error);
        return new Invocation(code, output.ToString(), error.ToString());
    }

    /// <summary>With the wish to stop already there.</summary>
    public static Invocation Stopped(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var host = new Host(
            TextReader.Null,
            output,
            error,
            OutputIsTerminal: false,
            ErrorIsTerminal: false,
            new CancellationToken(canceled: true));
        return new Invocation(ConformanceApp.Run(args, host), output.ToString(), error.ToString());
    }
}
