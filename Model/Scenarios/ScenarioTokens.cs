namespace Conformance.Model.Scenarios;

/// <summary>A word of a scenario text and where it stands; empty text marks the end of its line.</summary>
internal readonly record struct Token(string Text, int Line, int Column)
{
    public bool IsEnd => Text.Length == 0;

    public bool Is(string word) => string.Equals(Text, word, StringComparison.Ordinal);

    /// <summary>The text from <paramref name="start"/> on, as a token of its own.</summary>
    public Token From(int start) => new(Text[start..], Line, Column + start);

    /// <summary>The text before <paramref name="end"/>, as a token of its own.</summary>
    public Token Until(int end) => new(Text[..end], Line, Column);
}

/// <summary>Cuts a text into lines of tokens, without comments and blank lines.</summary>
internal sealed class ScenarioTokens(string text)
{
    private readonly List<Token> tokens = [];
    private int position;
    private int line;
    private int next;
    private int column = 1;

    /// <summary>The first token of the line at hand.</summary>
    public Token First { get; private set; } = new("", 1, 1);

    /// <summary>There is no line any more; <see cref="First"/> is then the end of the text.</summary>
    public bool AtEndOfText { get; private set; }

    /// <summary>Goes to the next line that says something. False at the end of the text.</summary>
    public bool NextLine()
    {
        while (position < text.Length)
        {
            var end = text.IndexOf('\n', position);
            end = end < 0 ? text.Length : end;
            line++;
            Cut(text.AsSpan(position, end - position));
            column = end - position + 1;
            position = end + 1;
            if (!tokens[0].IsEnd)
            {
                First = tokens[0];
                next = 1;
                return true;
            }
        }

        AtEndOfText = true;
        First = new Token("", Math.Max(line, 1), column);
        return false;
    }

    /// <summary>The next token of the line, an end token for ever after the last.</summary>
    public Token Next() => tokens[next < tokens.Count - 1 ? next++ : tokens.Count - 1];

    /// <summary>What <see cref="Next"/> will return.</summary>
    public Token Peek() => tokens[Math.Min(next, tokens.Count - 1)];

    private void Cut(ReadOnlySpan<char> body)
    {
        tokens.Clear();
        var comment = body.IndexOf('#');
        var rest = comment < 0 ? body : body[..comment];
        var at = 0;
        while (at < rest.Length)
        {
            if (rest[at] is ' ' or '\t' or '\r')
            {
                at++;
                continue;
            }

            var length = rest[at..].IndexOfAny(' ', '\t', '\r');
            length = length < 0 ? rest.Length - at : length;
            tokens.Add(new Token(new string(rest.Slice(at, length)), line, at + 1));
            at += length;
        }

        tokens.Add(new Token("", line, rest.Length + 1));
    }
}
