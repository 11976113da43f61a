using System.Runtime.InteropServices;
using Conformance.Fuzz;

using var stop = new CancellationTokenSource();

// The first signal asks, the second one kills as usual.
void Stop(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var host = new Host(
    Console.In,
    Console.Out,
    Console.Error,
    OutputIsTerminal: !Console.IsOutputRedirected,
    ErrorIsTerminal: !Console.IsErrorRedirected,
    stop.Token);
return ConformanceApp.Run(args, host);
