using System.Runtime.CompilerServices;

namespace Conformance.Adapters.Tests.Verification;

/// <summary>Settings of all verifications of this assembly.</summary>
internal static class GlobalSettings
{
    [ModuleInitializer]
    public static void Initialise()
    {
        VerifierSettings.AddScrubber(builder => builder.Replace("everyone's secret", "(scrubbed)"));
        Verifier.DerivePathInfo((_, project, type, method) => type == typeof(DerivedPathTests)
            ? new PathInfo(Path.Combine(project, "derived"), "Type", "By" + method.Name)
            : new PathInfo());
    }
}
