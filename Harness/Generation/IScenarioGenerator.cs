using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Draws scenarios: the same seed and length give the same scenario on every machine.</summary>
/// <remarks>Immutable after construction; may be used from several threads.</remarks>
public interface IScenarioGenerator
{
    /// <summary>
    /// A scenario of <paramref name="length"/> commands; more only when the registrations at the beginning
    /// need more.
    /// </summary>
    Scenario Generate(ulong seed, int length);
}
