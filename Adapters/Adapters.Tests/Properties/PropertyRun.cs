using System.Reflection;
using FsCheck.Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Conformance.Adapters.Tests.Properties;

/// <summary>One run of a specimen as xunit would run it, with everything it reported.</summary>
internal sealed class PropertyRun
{
    private readonly IReadOnlyList<IMessageSinkMessage> messages;

    private PropertyRun(RunSummary summary, IReadOnlyList<IMessageSinkMessage> messages)
    {
        Summary = summary;
        this.messages = messages;
    }

    public RunSummary Summary { get; }

    public bool Passed => messages.OfType<ITestPassed>().Any();

    public ITestFailed Failure => Assert.Single(messages.OfType<ITestFailed>());

    public string Output =>
        Assert.Single(messages.OfType<ITestResultMessage>()).Output.ReplaceLineEndings("\n");

    public string SkipReason => Assert.Single(messages.OfType<ITestSkipped>()).Reason;

    /// <summary>The failure's message, line by line.</summary>
    public string[] FailureLines => Failure.Messages[0].ReplaceLineEndings("\n").Split('\n');

    public static Task<PropertyRun> Of<T>(string method, params object[] constructorArguments) =>
        Of(typeof(T), method, constructorArguments);

    public static async Task<PropertyRun> Of(Type type, string method, params object[] constructorArguments)
    {
        using var bus = new RecordingBus();
        using var cancellation = new CancellationTokenSource();
        var summary = await Case(type, method).RunAsync(
            new NullMessageSink(), bus, constructorArguments, new ExceptionAggregator(), cancellation);
        return new PropertyRun(summary, bus.Messages);
    }

    public static IXunitTestCase Case(Type type, string method)
    {
        var info = Method(type, method);
        var assembly = new TestAssembly(Reflector.Wrap(type.Assembly));
        var collection = new TestCollection(assembly, collectionDefinition: null, "specimens");
        var testClass = new TestClass(collection, Reflector.Wrap(type));
        var testMethod = new TestMethod(testClass, Reflector.Wrap(info));
        var fact = Reflector.Wrap(info).GetCustomAttributes(typeof(FactAttribute)).Single();
        return Assert.Single(new PropertyDiscoverer(new NullMessageSink()).Discover(
            new DefaultOptions(), testMethod, fact));
    }

    public static MethodInfo Method(Type type, string method) =>
        type.GetMethod(method) ?? throw new ArgumentException($"{type} has no {method}.", nameof(method));

    private sealed class RecordingBus : IMessageBus
    {
        private readonly Lock gate = new();
        private readonly List<IMessageSinkMessage> messages = [];

        public IReadOnlyList<IMessageSinkMessage> Messages => messages;

        public bool QueueMessage(IMessageSinkMessage message)
        {
            lock (gate)
                messages.Add(message);
            return true;
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Discovery options of a run that sets none.</summary>
    private sealed class DefaultOptions : ITestFrameworkDiscoveryOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value) =>
            throw new NotSupportedException("These options are read only.");
    }
}
