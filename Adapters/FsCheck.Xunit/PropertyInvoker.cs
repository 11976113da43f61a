using System.Reflection;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Checks a property on the one instance of its class that serves all cases.</summary>
internal sealed class PropertyInvoker(
    ITest test,
    IMessageBus messageBus,
    Type testClass,
    object[] constructorArguments,
    MethodInfo testMethod,
    IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
    ExceptionAggregator aggregator,
    CancellationTokenSource cancellation,
    ITestOutputHelper output)
    : XunitTestInvoker(
        test,
        messageBus,
        testClass,
        constructorArguments,
        testMethod,
        [],
        beforeAfterAttributes,
        aggregator,
        cancellation)
{
    protected override async Task<decimal> InvokeTestMethodAsync(object testClassInstance)
    {
        await Aggregator.RunAsync(() => Timer.AggregateAsync(() => CheckInTime(testClassInstance)));
        return Timer.Total;
    }

    private async Task CheckInTime(object? instance)
    {
        var milliseconds = TestCase.Timeout;
        if (milliseconds <= 0)
        {
            CheckWithoutContext(instance);
            return;
        }

        try
        {
            await Task.Run(() => CheckProperty(instance)).WaitAsync(TimeSpan.FromMilliseconds(milliseconds));
        }
        catch (TimeoutException)
        {
            throw new TestTimeoutException(milliseconds);
        }
    }

    /// <summary>
    /// The check blocks its thread until asynchronous cases are done, so these must not need the same thread.
    /// </summary>
    private void CheckWithoutContext(object? instance)
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            CheckProperty(instance);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    private void CheckProperty(object? instance)
    {
        var settings = PropertySettings.Of(TestClass, TestMethod);
        var runner = new XunitRunner();
        var config = settings.ToConfig().WithRunner(runner);
        if (settings.Verbose == true)
            config = config.WithEvery(WriteCase()).WithEveryShrink(WriteShrink());

        var target = instance is null ? FSharpOption<object>.None : FSharpOption<object>.Some(instance);
        Check.Method(config, TestMethod, target);
        Report(runner.Result);
    }

    private void Report(TestResult result)
    {
        if (result is not TestResult.Passed)
            throw PropertyFailedException.Of(result);

        Write(ResultText.Whole("", result));
    }

    private FSharpFunc<int, FSharpFunc<FSharpList<object>, string>> WriteCase() =>
        FuncConvert.FromFunc<int, FSharpList<object>, string>(
            (number, arguments) => Write(ResultText.Case(number, arguments)));

    private FSharpFunc<FSharpList<object>, string> WriteShrink() =>
        FuncConvert.FromFunc<FSharpList<object>, string>(
            arguments => Write(ResultText.Shrink(arguments)));

    /// <summary>
    /// Writes a text, if there is any, and returns none: nothing is left for FsCheck to print.
    /// </summary>
    private string Write(string text)
    {
        if (text.Length > 0)
            output.WriteLine(text.TrimEnd('\r', '\n'));
        return "";
    }
}
