using System.CommandLine;
using Conformance.Drivers.Linux.Guest;
using Conformance.Fuzz.Verbs;
using Conformance.Harness.Linux;
using Conformance.Harness.Running;

namespace Conformance.Fuzz;

/// <summary>The command line: verbs, options, exit codes.</summary>
public static class ConformanceApp
{
    private const string Description =
        "Holds drivers against the contract between the Linux IOMMU core and its drivers,\n"
        + "with random scenarios.\n"
        + "Exit codes: 0 kept, 1 findings, 2 wrong usage or input, 3 the suite failed, 130 interrupted.";

    /// <summary>
    /// Runs one command line without a terminal and without input; returns its <see cref="ExitCode"/>.
    /// </summary>
    /// <param name="args">Verb and options.</param>
    /// <param name="output">Takes the report and nothing else.</param>
    /// <param name="error">Takes progress and complaints.</param>
    public static int Run(string[] args, TextWriter output, TextWriter error) =>
        Run(args, TextReader.Null, output, error);

    /// <summary>The same with something to read for <c>replay -</c>.</summary>
    public static int Run(string[] args, TextReader input, TextWriter output, TextWriter error) => Run(
        args,
        new Host(
            input, output, error, OutputIsTerminal: false, ErrorIsTerminal: false, CancellationToken.None));

    internal static int Run(string[] args, Host host)
    {
        var parsed = Root(host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            return Complain(host, string.Join('\n', parsed.Errors.Select(e => e.Message)));
        }

        try
        {
            return parsed.Invoke(new InvocationConfiguration
            {
                Output = host.Output,
                Error = host.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (UsageException wrong)
        {
            return Complain(host, wrong.Message);
        }
        catch (Exception wrong) when (wrong is InputException or NotFromUserSpaceException
            or GuestSetupException or IOException or UnauthorizedAccessException)
        {
            host.Error.WriteLine(wrong.Message);
            return ExitCode.Usage;
        }
        catch (SuiteFailedException failed)
        {
            host.Error.WriteLine(failed);
            return ExitCode.SuiteFailed;
        }
    }

    private static int Complain(Host host, string message)
    {
        host.Error.WriteLine(message);
        host.Error.WriteLine("'conformance --help' shows what can be asked for.");
        return ExitCode.Usage;
    }

    private static RootCommand Root(Host host)
    {
        var root = new RootCommand(Description);
        RunVerb.AddTo(root, host);
        var run = new Command("run", "Search at random for broken promises; what happens without a verb.");
        RunVerb.AddTo(run, host);
        root.Add(run);
        root.Add(ReplayVerb.Create(host));
        root.Add(SpecimensVerb.Create(host));
        root.Add(LinuxVerb.Create(host));
        root.Add(ExportVerb.Create(host));
        foreach (var list in ListVerbs.Create(host))
        {
            root.Add(list);
        }

        return root;
    }
}
