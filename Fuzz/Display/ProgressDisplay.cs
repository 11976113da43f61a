using Spectre.Console;

namespace Conformance.Fuzz.Display;

/// <summary>What a long verb tells while it works; from several threads.</summary>
internal interface IProgressSink
{
    /// <summary>So much more is done.</summary>
    void Advance(long steps);

    /// <summary>A part is done.</summary>
    void Line(string text);
}

/// <summary>Progress on standard error: a bar on a terminal, lines in a pipe.</summary>
internal static class ProgressDisplay
{
    /// <param name="host">Where to show it.</param>
    /// <param name="what">What is counted.</param>
    /// <param name="total">How much there is.</param>
    /// <param name="work">The work; its result is returned.</param>
    public static T Track<T>(Host host, string what, long total, Func<IProgressSink, T> work)
    {
        if (!host.ErrorIsTerminal)
        {
            return work(new LineSink(host.Error));
        }

        return Host.Console(host.Error).Progress()
            .AutoClear(enabled: true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .Start(context => work(new BarSink(context.AddTask(what, maxValue: total))));
    }

    private sealed class LineSink(TextWriter writer) : IProgressSink
    {
        private readonly Lock gate = new();

        public void Advance(long steps)
        {
            // A pipe is told of whole parts only.
        }

        public void Line(string text)
        {
            lock (gate)
            {
                writer.WriteLine(text);
            }
        }
    }

    private sealed class BarSink(ProgressTask task) : IProgressSink
    {
        public void Advance(long steps) => task.Increment(steps);

        public void Line(string text) => task.Description = Markup.Escape(text);
    }
}
