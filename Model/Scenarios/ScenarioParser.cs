using System.Collections.Immutable;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>Reads one scenario text from top to bottom; stops at the first error.</summary>
internal sealed class ScenarioParser
{
    private static readonly Dictionary<string, CommandShape> ShapeOfWord =
        CommandShape.All.ToDictionary(s => s.Word, StringComparer.Ordinal);

    private readonly ScenarioTokens tokens;
    private readonly HeaderParser header;
    private ScenarioError? error;

    public ScenarioParser(string text, ScenarioVocabulary vocabulary)
    {
        tokens = new ScenarioTokens(text);
        header = new HeaderParser(tokens, vocabulary);
    }

    public ScenarioResult Run()
    {
        if (header.Run() is not { } topology)
        {
            return ScenarioResult.Of(header.Error!);
        }

        var commands = Commands(new OperandReader(topology));
        return error is null
            ? ScenarioResult.Of(new Scenario(header.Era, topology, commands))
            : ScenarioResult.Of(error);
    }

    /// <summary>An error at a token; the token is quoted and shortened.</summary>
    internal static ScenarioError ErrorAt(Token token, bool endOfText, string expected)
    {
        const int Longest = 40;
        var found = token.Text.Length <= Longest ? token.Text : token.Text[..Longest] + "...";
        var end = endOfText ? "the end of the text" : "the end of the line";
        found = token.IsEnd ? end : $"'{Printable(found)}'";
        return new ScenarioError(token.Line, token.Column, expected, found);
    }

    private static string Printable(string word) =>
        string.Create(word.Length, word, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = char.IsControl(from[i]) || char.IsSurrogate(from[i]) ? '?' : from[i];
            }
        });

    private ImmutableArray<Command> Commands(OperandReader operands)
    {
        var commands = ImmutableArray.CreateBuilder<Command>();
        while (error is null && tokens.NextLine())
        {
            if (!ShapeOfWord.TryGetValue(tokens.First.Text, out var shape))
            {
                Fail(tokens.First, "a command: " + Nearest(tokens.First.Text));
                break;
            }

            operands.Clear();
            foreach (var operand in shape.Operands)
            {
                if (!ReadOperand(operands, operand))
                {
                    return [];
                }
            }

            if (!tokens.Peek().IsEnd)
            {
                Fail(tokens.Peek(), $"no more operands of {shape.Word}");
            }

            commands.Add(operands.Command(shape.Op));
        }

        return commands.ToImmutable();
    }

    private bool ReadOperand(OperandReader operands, Operand operand)
    {
        if (OperandReader.IsAbsent(operand, tokens.Peek()))
        {
            return true;
        }

        var token = tokens.Next();
        var expected = operands.Read(operand, token);
        if (expected is null && operand == Operand.DmaPasid)
        {
            token = tokens.Next();
            expected = operands.ReadDmaPasid(token);
        }

        if (expected is not null)
        {
            Fail(token, expected);
        }

        return expected is null;
    }

    private void Fail(Token token, string expected) => error ??= ErrorAt(token, tokens.AtEndOfText, expected);

    /// <summary>
    /// The words that share the longest beginning with what was written; all when none does.
    /// </summary>
    private static string Nearest(string word)
    {
        var best = CommandShape.All.Max(s => Shared(s.Word, word));
        return string.Join(", ", CommandShape.All.Select(s => s.Word).Where(w => Shared(w, word) == best));
    }

    private static int Shared(string a, string b) => a.AsSpan().CommonPrefixLength(b);
}
