namespace Conformance.Fuzz;

/// <summary>What the process tells its caller.</summary>
public static class ExitCode
{
    /// <summary>Everything that ran kept its promises, or broke them as expected.</summary>
    public const int Kept = 0;

    /// <summary>A finding, an expectation that did not hold, a specimen that was not found.</summary>
    public const int Findings = 1;

    /// <summary>Wrong usage, an unknown name, a file that cannot be read or is no scenario.</summary>
    public const int Usage = 2;

    /// <summary>The suite itself failed.</summary>
    public const int SuiteFailed = 3;

    /// <summary>Interrupted before anything was found: 128 + SIGINT, as shells have it.</summary>
    public const int Interrupted = 130;
}
