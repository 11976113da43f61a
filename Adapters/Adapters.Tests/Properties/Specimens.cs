// Specimens are run by tests, not by xunit, which looks at public classes only.
#pragma warning disable xUnit1000

using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit.Abstractions;

namespace Conformance.Adapters.Tests.Properties;

internal sealed record Point(int X, int Y);

/// <summary>A value that prints on several lines.</summary>
internal sealed class Program(int length)
{
    public override string ToString() =>
        "program of " + length + string.Concat(Enumerable.Range(0, length).Select(i => $"\n  step {i}"));
}

internal static class Programs
{
    public static Arbitrary<Program> Any() => Gen.Constant(new Program(2)).ToArbitrary();
}

internal sealed class Boom(string message) : Exception(message);

/// <summary>Properties of all return types, holding and falsified.</summary>
internal sealed class ReturnTypes
{
    [Property]
    public void VoidHolds(int x) => _ = x;

    [Property]
    public bool BoolHolds(int x) => x == x + 0;

    [Property]
    public Property PropertyHolds(int x) => (x * 0 == 0).ToProperty();

    [Property]
    public Lazy<bool> LazyHolds(int x) => new(() => x * 0 == 0);

    [Property]
    public Task TaskHolds(int x) => Task.FromResult(x);

    [Property]
    public async Task<bool> TaskOfBoolHolds(int x)
    {
        await Task.Yield();
        return x * 0 == 0;
    }

    [Property]
    public Task<Property> TaskOfPropertyHolds(int x) => Task.FromResult((x * 0 == 0).ToProperty());

    [Property]
    public void VoidFails(int x) => throw new Boom("void " + (x * 0));

    [Property]
    public bool BoolFails(int x) => x != x + 0;

    [Property]
    public Property PropertyFails(int x) => (x * 0 == 1).ToProperty();

    [Property]
    public Lazy<bool> LazyFails(int x) => new(() => x * 0 == 1);

    [Property]
    public async Task TaskFails(int x)
    {
        await Task.Yield();
        throw new Boom("task " + (x * 0));
    }

    [Property]
    public async Task<bool> TaskOfBoolFails(int x)
    {
        await Task.Yield();
        return x * 0 == 1;
    }

    [Property]
    public Task<Property> TaskOfPropertyFails(int x) => Task.FromResult((x * 0 == 1).ToProperty());
}

/// <summary>Properties whose reports are looked at.</summary>
internal sealed class Reports
{
    [Property(Replay = "(11,13)")]
    public static bool BelowTen(int x) => x < 10;

    [Property(Replay = "(11,13)")]
    public static void Throws(int x)
    {
        if (x > 3)
            throw new Boom("too large");
    }

    [Property(Replay = "11,13")]
    public static Property Labelled(int x) => (x < 10).Label("below ten").Classify(x < 0, "neg");

    [Property(Replay = "11,13", MaxTest = 50)]
    public static Property Classified(int x) => true.ToProperty().Classify(x * 0 == 0, "all");

    [Property(MaxTest = 10, QuietOnSuccess = true)]
    public static bool Quiet(int x) => x * 0 == 0;

    [Property(MaxTest = 10, MaxRejected = 10)]
    public static Property Exhausted(int x) => true.When(x * 0 == 1);

    [Property(Replay = "(11,13)", Verbose = true, MaxTest = 20)]
    public static bool Verbose(int x) => x < 3;

    [Property(Arbitrary = [typeof(Programs)])]
    public static bool OneProgram(Program program) => program is null;

    [Property(Arbitrary = [typeof(Programs)])]
    public static bool ProgramAndNumber(Program program, bool flag) => program is null && flag;

    [Property(Replay = "11;13")]
    public static bool MalformedReplay(int x) => x * 0 == 0;
}
