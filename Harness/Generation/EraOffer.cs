using System.Globalization;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Which operations the core of an era has at all. Source: core.md 2.4, 4.2, 4.9.</summary>
public static class EraOffer
{
    private static readonly (Op Op, int Major, int Minor)[] Since =
    [
        (Op.ClaimDevice, 6, 2),
        (Op.ReleaseDeviceOwner, 6, 2),
        (Op.AttachPasid, 6, 2),
        (Op.DetachPasid, 6, 2),
        (Op.Replace, 6, 6),
        (Op.FdBind, 6, 6),
        (Op.AttachHandle, 6, 11),
        (Op.DetachHandle, 6, 11),
        (Op.ReplacePasid, 6, 15),
        (Op.ResetPrepare, 7, 0),
        (Op.ResetDone, 7, 0),
    ];

    /// <summary>
    /// Does the core of <paramref name="era"/> (<c>v6.5</c>) know <paramref name="op"/>? A name that is no
    /// version is taken for the newest.
    /// </summary>
    public static bool Has(string era, Op op)
    {
        var version = Version(era);
        foreach (var (known, major, minor) in Since)
        {
            if (known == op)
            {
                return version.CompareTo((major, minor)) >= 0;
            }
        }

        return true;
    }

    private static (int Major, int Minor) Version(string era)
    {
        var dot = era.IndexOf('.', StringComparison.Ordinal);
        var good = dot >= 2 && era[0] == 'v';
        var minor = 0;
        return good && Number(era.AsSpan(1, dot - 1), out var major) && Number(era.AsSpan(dot + 1), out minor)
            ? (major, minor)
            : (int.MaxValue, 0);
    }

    private static bool Number(ReadOnlySpan<char> digits, out int value) =>
        int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
