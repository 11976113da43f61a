using System.Text.Json.Nodes;

namespace Conformance.Adapters.Tests.Verification;

public sealed class ContentTests : IDisposable
{
    private readonly TempDirectory directory = new();
    private int verifications;

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Texts_stand_as_they_are()
    {
        Assert.Equal("a \"b\"\n  c", await TextOf(Verify("a \"b\"\n  c")));
        Assert.Equal("null", await TextOf(Verify((string?)null)));
        Assert.Equal("emptyString", await TextOf(Verify("")));
        Assert.Equal("null", await TextOf(Verify((object?)null)));
        Assert.Equal("boxed", await TextOf(Verify((object)"boxed")));
    }

    [Fact]
    public async Task Results_of_tasks_are_verified()
    {
        Assert.Equal("done", await TextOf(Verify(Task.FromResult("done"))));
        Assert.Equal("[\n  1\n]", await TextOf(Verify(new ValueTask<int[]>([1]))));
        Assert.Equal("{\n  X: 1\n}", await TextOf(Verify(() => Task.FromResult(new { X = 1 }))));
    }

    [Fact]
    public async Task Objects_are_relaxed_json()
    {
        var text = await TextOf(Verify(Graph()));

        Assert.Equal(
            """
            {
              Name: a "name",
              Number: 42,
              Flag: true,
              Day: Monday,
              Lines:
            one
            two
            ,
              Items: [
                1,
                0,
                null
              ],
              Map: {
                a: 1,
                b: 2
              },
              First: Guid_1,
              Second: Guid_2,
              Again: Guid_1,
              When: DateTime_1
            }
            """,
            text);
    }

    [Fact]
    public async Task Strict_json_is_json()
    {
        var text = await TextOf(Verify(Graph()).UseStrictJson(), "json");
        var json = JsonNode.Parse(text)!;

        Assert.Equal("a \"name\"", json["Name"]!.GetValue<string>());
        Assert.Equal(42, json["Number"]!.GetValue<int>());
        Assert.Equal("one\ntwo", json["Lines"]!.GetValue<string>());
        Assert.Null(json["Empty"]);
    }

    [Fact]
    public async Task Left_out_members_can_be_chosen()
    {
        Assert.Equal("{\n  A: 1\n}", await TextOf(Verify(new { A = 1, B = 2 }).IgnoreMember("B")));
        Assert.Equal("{}", await TextOf(Verify(new { A = 1, B = 2 }).IgnoreMembers("A", "B")));
        Assert.Equal(
            "{\n  A: []\n}",
            await TextOf(Verify(new { A = Array.Empty<int>() }).DontIgnoreEmptyCollections()));
        Assert.Equal(
            "{\n  b: 2,\n  a: 1\n}",
            await TextOf(Verify(new Dictionary<string, int>(StringComparer.Ordinal) { ["b"] = 2, ["a"] = 1 })
                .DontSortDictionaries()));
    }

    [Fact]
    public async Task A_cycle_is_cut()
    {
        var node = new Node { Name = "self" };
        node.Next = node;

        Assert.Equal("{\n  Name: self\n}", await TextOf(Verify(node)));
    }

    [Fact]
    public async Task Json_is_laid_out_with_all_its_members()
    {
        const string Expected = "{\n  b: 0,\n  a: [\n    text,\n    {},\n    null\n  ]\n}";

        Assert.Equal(Expected, await TextOf(VerifyJson("""{"b":0,"a":["text",{},null]}""")));
        Assert.Equal(Expected, await TextOf(VerifyJson(JsonNode.Parse("""{"b":0,"a":["text",{},null]}"""))));
        Assert.Equal("null", await TextOf(VerifyJson((string?)null)));
    }

    [Fact]
    public async Task Exceptions_are_verified_by_type_and_message()
    {
        const string Expected = "{\n  Type: InvalidOperationException,\n  Message: gone wrong\n}";

        Assert.Equal(Expected, await TextOf(Throws(() => Fail()).IgnoreStackTrace()));
        Assert.Equal(Expected, await TextOf(Throws(() => (object?)Fail()).IgnoreStackTrace()));
        Assert.Equal(Expected, await TextOf(ThrowsTask(FailLater).IgnoreStackTrace()));
    }

    [Fact]
    public async Task A_stack_trace_names_methods_but_no_files()
    {
        var text = await TextOf(Throws(() => Fail()));

        Assert.Contains("at Conformance.Adapters.Tests.", text, StringComparison.Ordinal);
        Assert.Contains("  StackTrace:", text, StringComparison.Ordinal);
        Assert.DoesNotContain(".cs", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_action_that_does_not_throw_is_an_error()
    {
        Assert.Throws<VerifyException>(() => { _ = Throws(() => { }); });
        await Assert.ThrowsAsync<VerifyException>(async () => await ThrowsTask(() => Task.CompletedTask));
    }

    private static object Graph() => new
    {
        Name = "a \"name\"",
        Number = 42,
        Zero = 0,
        Flag = true,
        Off = false,
        Nothing = (string?)null,
        Day = DayOfWeek.Monday,
        Lines = "one\ntwo",
        Items = new int?[] { 1, 0, null },
        Empty = Array.Empty<int>(),
        Map = new Dictionary<string, int>(StringComparer.Ordinal) { ["b"] = 2, ["a"] = 1 },
        First = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Second = new Guid(2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11),
        Again = new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11).ToString(),
        When = DateTime.UnixEpoch,
    };

    private static int Fail() => throw new InvalidOperationException("gone wrong");

    private static async Task FailLater()
    {
        await Task.Yield();
        Fail();
    }

    private async Task<string> TextOf(SettingsTask verification, string extension = "txt")
    {
        var name = $"content{verifications++}";
        await verification.UseDirectory(directory.Path).UseFileName(name).AutoVerify();
        return directory.Read($"{name}.verified.{extension}");
    }

    private sealed class Node
    {
        public string? Name { get; init; }

        public Node? Next { get; set; }
    }
}
