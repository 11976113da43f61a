/// <summary>A received text differs from the verified one, or verification was asked for wrongly.</summary>
#pragma warning disable MA0047 // The type has no namespace where test reports and their parsers look for it.
public sealed class VerifyException(string message) : Exception(message);
#pragma warning restore MA0047
