using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Gives a property a test output, whether or not its class asked for one.</summary>
internal sealed class PropertyTestRunner(
    ITest test,
    IMessageBus messageBus,
    Type testClass,
    object[] constructorArguments,
    MethodInfo testMethod,
    string skipReason,
    IReadOnlyList<BeforeAfterTestAttribute> beforeAfterAttributes,
    ExceptionAggregator aggregator,
    CancellationTokenSource cancellation)
    : XunitTestRunner(
        test,
        messageBus,
        testClass,
        constructorArguments,
        testMethod,
        [],
        skipReason,
        beforeAfterAttributes,
        aggregator,
        cancellation)
{
    protected override async Task<Tuple<decimal, string>> InvokeTestAsync(ExceptionAggregator aggregator)
    {
        var given = ConstructorArguments.OfType<TestOutputHelper>().FirstOrDefault();
        var output = given ?? new TestOutputHelper();
        output.Initialize(MessageBus, Test);
        var invoker = new PropertyInvoker(
            Test,
            MessageBus,
            TestClass,
            ConstructorArguments,
            TestMethod,
            BeforeAfterAttributes,
            aggregator,
            CancellationTokenSource,
            output);
        var seconds = await invoker.RunAsync();
        var text = output.Output;
        output.Uninitialize();
        return Tuple.Create(seconds, text);
    }
}
