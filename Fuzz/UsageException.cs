namespace Conformance.Fuzz;

/// <summary>
/// The caller asked for something that cannot be done; the message says what, and what could be.
/// </summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>
/// The caller handed in something that cannot be used; the message says where, and what was expected.
/// </summary>
public sealed class InputException(string message) : Exception(message);
