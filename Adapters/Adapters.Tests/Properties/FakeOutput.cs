using System.Globalization;
using Xunit.Abstractions;

namespace Conformance.Adapters.Tests.Properties;

/// <summary>A test output that keeps its lines.</summary>
internal sealed class FakeOutput : ITestOutputHelper
{
    public List<string> Lines { get; } = [];

    public void WriteLine(string message) => Lines.Add(message);

    public void WriteLine(string format, params object[] args) =>
        Lines.Add(string.Format(CultureInfo.InvariantCulture, format, args));
}
