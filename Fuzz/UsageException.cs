namespace Conformance.Fuzz;

/// <summary>The caller asked for something that cannot be done; the message says what, and what could be.</summary>
public sealed class UsageException(string message) : Exception(message);
