using System.Globalization;
using System.Text.RegularExpressions;
using Conformance.Model.Contract;

namespace Conformance.Harness.Running;

/// <summary>
/// Rules know domains by their serial numbers (<c>#3</c>), people by the scenario's words (<c>D0</c>,
/// <c>g0.default</c>).
/// </summary>
internal static partial class DomainNames
{
    /// <summary>The message with each serial number replaced by the name it has now.</summary>
    public static string In(string message, Func<DomainId, string> nameOf) => Serial().Replace(
        message,
        match => nameOf(new DomainId(int.Parse(match.ValueSpan[1..], CultureInfo.InvariantCulture))));

    [GeneratedRegex("#[1-9][0-9]{0,8}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Serial();
}
