using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>VFIO groups and containers with the type1 backend (core.md 8).</summary>
internal sealed class VfioClient(KernelCalls kernel, ClientMemory memory) : IClient
{
    public Outcome Execute(in Command command) => memory.Size == 0 ? Outcome.Ok : Outcome.Nothing;

    public bool Holds(IommuDevice dev) => kernel.Core.Devices.Length == 0;
}
