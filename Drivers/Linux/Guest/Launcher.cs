using System.Collections.Concurrent;
using System.Diagnostics;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// Starts processes from one thread that lives as long as this process: Linux ties "die with your parent" to
/// the thread that started a process, and threads of the pool come and go.
/// </summary>
internal static class Launcher
{
    private static readonly BlockingCollection<Order> Orders = [];
    private static readonly Lazy<Thread> Worker = new(Begin);

    /// <exception cref="GuestSetupException">The program cannot be started.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        _ = Worker.Value;
        var done = new TaskCompletionSource<Process>();
        Orders.Add(new Order(start, done));
        return done.Task.GetAwaiter().GetResult();
    }

    private static Thread Begin()
    {
        var thread = new Thread(Work) { IsBackground = true, Name = "launcher" };
        thread.Start();
        return thread;
    }

    private static void Work()
    {
        foreach (var (start, done) in Orders.GetConsumingEnumerable())
        {
            try
            {
                done.SetResult(Process.Start(start)
                    ?? throw new InvalidOperationException("no process"));
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                done.SetException(new GuestSetupException($"{start.FileName}: {e.Message}", e));
            }
        }
    }

    private sealed record Order(ProcessStartInfo Start, TaskCompletionSource<Process> Done);
}
