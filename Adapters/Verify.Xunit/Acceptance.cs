namespace VerifyTests;

/// <summary>When a received text becomes the verified one without anyone looking.</summary>
internal enum Acceptance
{
    ByHand,
    OffBuildServers,
    Always,
}

internal static class AcceptanceRules
{
    private static readonly string[] BuildServerVariables =
        ["CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL"];

    private static bool OnBuildServer { get; } = Array.Exists(
        BuildServerVariables,
        name => Environment.GetEnvironmentVariable(name) is { Length: > 0 });

    public static bool Applies(this Acceptance acceptance) =>
        acceptance == Acceptance.Always || (acceptance == Acceptance.OffBuildServers && !OnBuildServer);
}
