namespace Conformance.Adapters.Tests.Verification;

/// <summary>A folder of its own for a test.</summary>
internal sealed class TempDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("snapshots").FullName;

    public IEnumerable<string> Files =>
        Directory.EnumerateFiles(Path)
            .Select(file => System.IO.Path.GetFileName(file))
            .Order(StringComparer.Ordinal);

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Write(string name, string text) => File.WriteAllText(this[name], text);

    public string Read(string name) => File.ReadAllText(this[name]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
