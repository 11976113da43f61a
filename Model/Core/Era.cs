using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>A kernel version range, expressed as data and policies of the core.</summary>
/// <param name="Name"><c>v6.5</c>.</param>
/// <param name="Order">Position in time, 0 is the oldest.</param>
/// <param name="Tree">The exact tree whose driver behaviour belongs to it.</param>
public sealed record Era(string Name, int Order, KernelTree Tree);
