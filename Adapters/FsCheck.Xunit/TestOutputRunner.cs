using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;

namespace FsCheck.Xunit;

/// <summary>A runner that writes to a test's output and throws when the property does not hold.</summary>
public sealed class TestOutputRunner(ITestOutputHelper output) : IRunner
{
    /// <inheritdoc/>
    public void OnStartFixture(Type t) => Write(Runner.onStartFixtureToString(t));

    /// <inheritdoc/>
    public void OnArguments(
        int ntest,
        FSharpList<object> args,
        FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every) =>
        Write(every.Invoke(ntest).Invoke(args));

    /// <inheritdoc/>
    public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink) =>
        Write(everyShrink.Invoke(args));

    /// <inheritdoc/>
    public void OnFinished(string name, TestResult testResult)
    {
        if (testResult is not TestResult.Passed)
            throw new PropertyFailedException(ResultText.Whole(name, testResult), Cause(testResult));

        Write(ResultText.Whole(name, testResult));
    }

    private static Exception? Cause(TestResult result) =>
        result is TestResult.Failed failed ? ResultText.ExceptionOf(failed) : null;

    private void Write(string text)
    {
        if (text.Length > 0)
            output.WriteLine(text.TrimEnd('\r', '\n'));
    }
}
