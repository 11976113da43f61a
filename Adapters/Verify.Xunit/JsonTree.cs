using System.Text.Json;

namespace VerifyTests;

/// <summary>Reads JSON into a tree; everything in it is kept, in its order.</summary>
internal static class JsonTree
{
    public static Tree Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Of(document.RootElement);
    }

    private static Tree Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => new Tree.Members(
            [.. element.EnumerateObject().Select(member => (member.Name, Of(member.Value)))]),
        JsonValueKind.Array => new Tree.Sequence([.. element.EnumerateArray().Select(Of)]),
        JsonValueKind.String => new Tree.Leaf(element.GetString() ?? "", IsLiteral: false),
        _ => new Tree.Leaf(element.GetRawText(), IsLiteral: true),
    };
}
