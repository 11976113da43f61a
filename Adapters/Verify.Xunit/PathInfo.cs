using System.Reflection;

namespace VerifyTests;

/// <summary>Parts of the path of a snapshot; what is null keeps its default.</summary>
public sealed class PathInfo(string? directory = null, string? typeName = null, string? methodName = null)
{
    /// <summary>The folder, relative to the test's source file unless rooted.</summary>
    public string? Directory { get; } = directory;

    /// <summary>The first part of the file name.</summary>
    public string? TypeName { get; } = typeName;

    /// <summary>The second part of the file name.</summary>
    public string? MethodName { get; } = methodName;
}

/// <summary>Chooses the path of a snapshot from where its test is.</summary>
public delegate PathInfo DerivePathInfo(
    string sourceFile,
    string projectDirectory,
    Type type,
    MethodInfo method);
