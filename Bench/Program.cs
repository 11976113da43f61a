using BenchmarkDotNet.Running;
using Conformance.Bench;

if (args is ["compare", ..])
{
    return Compare.Run(Console.Out);
}

BenchmarkSwitcher.FromAssembly(typeof(Compare).Assembly).Run(args);
return 0;
