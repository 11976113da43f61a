using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace FsCheck.Xunit;

/// <summary>Checks a property inside a test and reports through the test's output.</summary>
public static class CheckExtensions
{
    /// <summary>Checks with the default configuration.</summary>
    public static void QuickCheck(this Property property, ITestOutputHelper testOutputHelper) =>
        property.QuickCheck("", testOutputHelper);

    /// <summary>Checks with the default configuration, under a name.</summary>
    public static void QuickCheck(
        this Property property,
        string testName,
        ITestOutputHelper testOutputHelper) =>
        Check.One(testName, Quick(testOutputHelper), property);

    /// <summary>Checks with the default configuration; throws if the property does not hold.</summary>
    public static void QuickCheckThrowOnFailure(this Property property, ITestOutputHelper testOutputHelper) =>
        Check.One(Quick(testOutputHelper), property);

    /// <summary>Checks and writes every case.</summary>
    public static void VerboseCheck(this Property property, ITestOutputHelper testOutputHelper) =>
        property.VerboseCheck("", testOutputHelper);

    /// <summary>Checks under a name and writes every case.</summary>
    public static void VerboseCheck(
        this Property property,
        string testName,
        ITestOutputHelper testOutputHelper) =>
        Check.One(testName, Verbose(testOutputHelper), property);

    /// <summary>Checks and writes every case; throws if the property does not hold.</summary>
    public static void VerboseCheckThrowOnFailure(
        this Property property,
        ITestOutputHelper testOutputHelper) =>
        Check.One(Verbose(testOutputHelper), property);

    private static Config Quick(ITestOutputHelper output) =>
        Config.Quick.WithRunner(new TestOutputRunner(output));

    private static Config Verbose(ITestOutputHelper output) =>
        Quick(output)
            .WithEvery(FuncConvert.FromFunc<int, FSharpList<object>, string>(ResultText.Case))
            .WithEveryShrink(FuncConvert.FromFunc<FSharpList<object>, string>(ResultText.Shrink));
}
