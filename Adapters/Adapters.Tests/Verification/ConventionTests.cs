namespace Conformance.Adapters.Tests.Verification;

public sealed class ConventionTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public Task This_repository_treats_snapshots_as_it_should() => VerifyChecks.Run();

    [Fact]
    public async Task Everything_that_is_missing_is_reported()
    {
        directory.Write(".gitignore", "bin/\n*.received.*\n");
        directory.Write(".editorconfig", "[*]\nend_of_line = lf\n");
        var exception = await Assert.ThrowsAsync<VerifyException>(() => VerifyChecks.Run(directory.Path));

        Assert.Equal(
            """
            .gitignore: line "*.received/" is missing
            .gitattributes: line "*.verified.txt text eol=lf working-tree-encoding=UTF-8" is missing
            .gitattributes: line "*.verified.xml text eol=lf working-tree-encoding=UTF-8" is missing
            .gitattributes: line "*.verified.json text eol=lf working-tree-encoding=UTF-8" is missing
            .gitattributes: line "*.verified.bin binary" is missing
            .editorconfig: section [*.{received,verified}.{json,txt,xml}] is missing
            """,
            exception.Message);
    }

    [Fact]
    public async Task Lines_of_another_section_do_not_count()
    {
        directory.Write(".editorconfig", "[*.{received,verified}.{json,txt,xml}]\n[*]\nend_of_line = lf\n");
        var exception = await Assert.ThrowsAsync<VerifyException>(() => VerifyChecks.Run(directory.Path));

        Assert.Contains(
            ".editorconfig: line \"end_of_line = lf\" is missing",
            exception.Message,
            StringComparison.Ordinal);
    }
}
