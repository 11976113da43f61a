using Microsoft.FSharp.Collections;

namespace FsCheck.Xunit;

/// <summary>FsCheck's own report texts, with values printed by <see cref="ValueText"/>.</summary>
internal static class ResultText
{
    public static string Whole(string name, TestResult result) =>
        Runner.onFinishedToStringWithFormatter(ValueText.Formatter, name, result);

    /// <summary>The text without the exception that closes it, for callers who pass that one on.</summary>
    public static string WithoutException(TestResult.Failed result)
    {
        var text = Whole("", result);
        if (ExceptionOf(result) is not { } exception)
            return text;

        var tail = $"with exception:{Environment.NewLine}{exception}{Environment.NewLine}";
        return text.EndsWith(tail, StringComparison.Ordinal) ? text[..^tail.Length] : text;
    }

    public static Exception? ExceptionOf(TestResult.Failed result) => (result.Item4 as Outcome.Failed)?.Item;

    public static string Case(int number, FSharpList<object> arguments) =>
        Runner.onArgumentsToStringWithFormatter(ValueText.Formatter, number, arguments);

    public static string Shrink(FSharpList<object> arguments) =>
        Runner.onShrinkToStringWithFormatter(ValueText.Formatter, arguments);
}
