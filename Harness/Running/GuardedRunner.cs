using System.Runtime.ExceptionServices;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// Runs scenarios on a thread of its own and gives up on one that makes no progress: a driver that never
/// returns is a finding (R69) and the search goes on with a new thread. The stuck thread is left behind.
/// </summary>
public sealed class GuardedRunner : IDisposable
{
    /// <summary>The rule that a stuck driver breaks.</summary>
    public static readonly RuleId NeitherThrowsNorHangs = new(69);

    private readonly TimeSpan patience;
    private Worker worker = new();

    /// <param name="patience">How long one command may take before the driver counts as stuck.</param>
    public GuardedRunner(TimeSpan patience) => this.patience = patience;

    /// <summary>As <see cref="LockstepRunner.Run"/>; never hangs.</summary>
    /// <exception cref="SuiteFailedException">The suite itself failed.</exception>
    public RunResult Run(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        try
        {
            return Run(new LockstepRunner(subject, scenario, isExpected));
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new SuiteFailedException(scenario, error);
        }
    }

    /// <summary>
    /// Runs what is ready to run; never hangs. Whatever the suite itself throws comes through.
    /// </summary>
    public RunResult Run(LockstepRunner runner)
    {
        worker.Start(runner);
        var last = -1;
        while (!worker.Wait(patience))
        {
            if (runner.Progress == last)
            {
                worker.Abandon();
                worker = new Worker();
                return Stuck(runner.Progress - 1);
            }

            last = runner.Progress;
        }

        return worker.Result;
    }

    public void Dispose() => worker.Abandon();

    private static RunResult Stuck(int command)
    {
        var result = new RunResult { Commands = command + 1 };
        result.Failure = new Failure(
            NeitherThrowsNorHangs, command, -1, "the driver does not come back from this command");
        return result;
    }

    /// <summary>One background thread that runs what it is handed.</summary>
    private sealed class Worker
    {
        private readonly SemaphoreSlim handed = new(0);
        private readonly SemaphoreSlim done = new(0);
        private LockstepRunner? runner;
        private RunResult? result;
        private ExceptionDispatchInfo? error;

        public Worker() => new Thread(Loop, 16 << 20) { IsBackground = true, Name = "scenario" }.Start();

        /// <summary>
        /// Valid after <see cref="Wait"/> has returned true. An error of the suite itself is thrown here.
        /// </summary>
        public RunResult Result
        {
            get
            {
                error?.Throw();
                return result!;
            }
        }

        public void Start(LockstepRunner next)
        {
            (runner, result, error) = (next, null, null);
            handed.Release();
        }

        public bool Wait(TimeSpan limit) => done.Wait(limit);

        /// <summary>The thread ends when (if) it comes back.</summary>
        public void Abandon()
        {
            runner = null;
            handed.Release();
        }

        private void Loop()
        {
            while (true)
            {
                handed.Wait();
                if (runner is not { } next)
                {
                    return;
                }

                try
                {
                    result = next.Run();
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    error = ExceptionDispatchInfo.Capture(e);
                }

                done.Release();
            }
        }
    }
}
