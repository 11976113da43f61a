using System.Text;

namespace Conformance.Adapters.Tests.Verification;

public sealed class ComparisonTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task A_text_without_a_verified_file_is_new()
    {
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("one\ntwo").UseDirectory(directory.Path).UseFileName("a"));

        Assert.Equal(
            $"""
            Directory: {directory.Path}
            New:
              - Received: a.received.txt
                Verified: a.verified.txt

            FileContent:

            New:

            Received: a.received.txt
            one
            two

            """,
            exception.Message);
        Assert.Equal(["a.received.txt"], directory.Files);
    }

    [Fact]
    public async Task A_text_that_differs_is_not_equal()
    {
        directory.Write("a.verified.txt", "old");
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("new").UseDirectory(directory.Path).UseFileName("a"));

        Assert.Equal(
            $"""
            Directory: {directory.Path}
            NotEqual:
              - Received: a.received.txt
                Verified: a.verified.txt

            FileContent:

            NotEqual:

            Received: a.received.txt
            new
            Verified: a.verified.txt
            old

            """,
            exception.Message);
        Assert.Equal("new", directory.Read("a.received.txt"));
        Assert.Equal("old", directory.Read("a.verified.txt"));
    }

    [Theory]
    [InlineData("same")]
    [InlineData("\uFEFFsame")]
    [InlineData("same\n")]
    public async Task The_same_text_passes_and_leaves_no_received_file(string verified)
    {
        directory.Write("a.verified.txt", verified);
        directory.Write("a.received.txt", "left over");
        var result = await Verify("same")
            .UseDirectory(directory.Path).UseFileName("a").DisableRequireUniquePrefix();

        Assert.Equal(["a.verified.txt"], directory.Files);
        Assert.Equal("same", result.Text);
        Assert.Equal(directory["a.verified.txt"], Assert.Single(result.Files).VerifiedPath);
    }

    [Theory]
    [InlineData("same\n\n")]
    [InlineData(" same")]
    [InlineData("Same")]
    [InlineData("")]
    public async Task Anything_else_differs(string verified)
    {
        directory.Write("a.verified.txt", verified);
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("same").UseDirectory(directory.Path).UseFileName("a"));

        Assert.Contains("\nNotEqual:\n", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_carriage_return_in_a_verified_file_is_an_error()
    {
        directory.Write("a.verified.txt", "one\r\ntwo");
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("one\r\ntwo").UseDirectory(directory.Path).UseFileName("a"));

        Assert.Contains("carriage return", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_have_a_byte_order_mark_line_feeds_and_no_newline_at_the_end()
    {
        await Verify("é\r\nb\rc").UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        byte[] expected = [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes("é\nb\nc")];
        Assert.Equal(expected, await File.ReadAllBytesAsync(directory["a.verified.txt"]));
        Assert.Equal(["a.verified.txt"], directory.Files);
    }

    [Fact]
    public async Task A_received_file_is_encoded_like_a_verified_one()
    {
        await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("a\r\nb").UseDirectory(directory.Path).UseFileName("a"));

        byte[] expected = [0xEF, 0xBB, 0xBF, .. "a\nb"u8];
        Assert.Equal(expected, await File.ReadAllBytesAsync(directory["a.received.txt"]));
    }

    [Fact]
    public async Task Automatic_acceptance_replaces_what_differs_and_deletes_what_is_stale()
    {
        directory.Write("a.verified.txt", "old");
        directory.Write("a.verified.json", "stale");
        await Verify("new").UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal(["a.verified.txt"], directory.Files);
        Assert.Equal("new", directory.Read("a.verified.txt"));
    }

    [Fact]
    public async Task A_verified_file_that_no_text_belongs_to_is_to_be_deleted()
    {
        directory.Write("a.verified.txt", "same");
        directory.Write("a.verified.json", "stale");
        directory.Write("a#00.verified.txt", "stale");
        directory.Write("ab.verified.txt", "another test's");
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("same").UseDirectory(directory.Path).UseFileName("a"));

        Assert.Equal(
            $"""
            Directory: {directory.Path}
            Delete:
              - a#00.verified.txt
              - a.verified.json
            Equal:
              - Received: a.received.txt
                Verified: a.verified.txt

            """,
            exception.Message);
    }

    [Fact]
    public async Task A_prefix_used_twice_is_an_error_unless_allowed()
    {
        await Verify("same").UseDirectory(directory.Path).UseFileName("a").AutoVerify();
        var exception = await Assert.ThrowsAsync<VerifyException>(
            async () => await Verify("same").UseDirectory(directory.Path).UseFileName("a"));
        await Verify("same").UseDirectory(directory.Path).UseFileName("a").DisableRequireUniquePrefix();

        Assert.StartsWith(
            $"The prefix has already been used: {directory["a"]}.",
            exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_extension_names_the_files()
    {
        await Verify("# text", "md").UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal(["a.verified.md"], directory.Files);
    }
}
