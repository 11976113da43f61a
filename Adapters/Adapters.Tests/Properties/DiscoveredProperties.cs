using FsCheck.Xunit;

namespace Conformance.Adapters.Tests.Properties;

/// <summary>Properties that the test platform itself has to find and run.</summary>
public sealed class DiscoveredProperties
{
    private int cases;

    [Property]
    public bool Reversing_twice_changes_nothing(int[] values) =>
        values.AsEnumerable().Reverse().Reverse().SequenceEqual(values);

    [Property(MaxTest = 20)]
    public void The_instance_is_shared_by_the_cases(int value)
    {
        _ = value;
        cases++;
        Assert.InRange(cases, 1, 20);
    }
}
