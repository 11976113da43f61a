using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>
/// A runner that only stores the result, because throwing from inside a check would wrap it.
/// </summary>
public sealed class XunitRunner : IRunner
{
    private TestResult? result;

    /// <summary>The result of the check, once there is one.</summary>
    public TestResult Result =>
        result ?? throw new InvalidOperationException("The property has not been checked yet.");

    /// <inheritdoc/>
    public void OnStartFixture(Type t)
    {
    }

    /// <inheritdoc/>
    public void OnArguments(
        int ntest,
        FSharpList<object> args,
        FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> every) =>
        every.Invoke(ntest).Invoke(args);

    /// <inheritdoc/>
    public void OnShrink(FSharpList<object> args, FSharpFunc<FSharpList<object>, string> everyShrink) =>
        everyShrink.Invoke(args);

    /// <inheritdoc/>
    public void OnFinished(string name, TestResult testResult) => result = testResult;
}
