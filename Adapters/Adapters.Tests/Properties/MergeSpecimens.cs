// Specimens are run by tests, not by xunit, which looks at public classes only.
#pragma warning disable xUnit1000

using Conformance.Adapters.Tests.Properties;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

[assembly: Properties(EndSize = 77, MaxRejected = 555)]

namespace Conformance.Adapters.Tests.Properties;

internal static class Sevens
{
    public static Arbitrary<int> Seven() => Gen.Constant(7).ToArbitrary();

    public static Arbitrary<string> Text() => Gen.Constant("seven").ToArbitrary();
}

internal static class Eights
{
    public static Arbitrary<int> Eight() => Gen.Constant(8).ToArbitrary();

    public static Arbitrary<char> Letter() => Gen.Constant('8').ToArbitrary();
}

internal static class Nines
{
    public static Arbitrary<int> Nine() => Gen.Constant(9).ToArbitrary();
}

/// <summary>Settings at every level, each of which is overridden further in or not.</summary>
[Properties(MaxTest = 11, StartSize = 5, Verbose = true, Arbitrary = [typeof(Sevens)], Replay = "1,3")]
internal static class Outer
{
    [Properties(MaxTest = 22, QuietOnSuccess = true, Arbitrary = [typeof(Eights)])]
    internal sealed class Inner
    {
        [Property(MaxTest = 33, Verbose = false, Arbitrary = [typeof(Nines)], Replay = null)]
        public bool Own(int x) => x == 9;

        [Property]
        public bool Inherited(int x, string text, char letter) =>
            x == 8 && letter == '8' && string.Equals(text, "seven", StringComparison.Ordinal);

        [Property(MaxTest = -1, Parallelism = -1)]
        public bool ExplicitlyUnset(int x) => x == 8;
    }

    internal sealed class Bare
    {
        [Property]
        public bool Holds(int x) => x == 7;
    }
}

internal sealed class OnlyAssembly
{
    [Property]
    public bool Holds(int x) => x * 0 == 0;
}
