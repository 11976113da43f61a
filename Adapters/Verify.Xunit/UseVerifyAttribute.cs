using System.Reflection;
using VerifyTests;
using Xunit.Sdk;

namespace VerifyXunit;

/// <summary>Remembers the running test, so that its snapshots can be named after it.</summary>
[AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Class | AttributeTargets.Method)]
public sealed class UseVerifyAttribute : BeforeAfterTestAttribute
{
    private static readonly AsyncLocal<MethodInfo?> Current = new();

    /// <inheritdoc/>
    public override void Before(MethodInfo methodUnderTest) => Current.Value = methodUnderTest;

    /// <inheritdoc/>
    public override void After(MethodInfo methodUnderTest) => Current.Value = null;

    internal static MethodInfo CurrentMethod => Current.Value ?? throw new VerifyException(
        "No test is running, or its assembly has no [assembly: UseVerify].");

    internal static TestPlace Place(string sourceFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceFile);
        if (sourceFile.StartsWith("/_", StringComparison.Ordinal))
        {
            throw new VerifyException(
                $"The source file is \"{sourceFile}\": the test project has DeterministicSourcePaths on.");
        }

        return new TestPlace(CurrentMethod, sourceFile);
    }
}
