using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>iommufd with VFIO character devices (core.md 7): contexts, IOAS, HWPTs.</summary>
internal sealed class IommufdClient(KernelCalls kernel, ClientMemory memory) : IClient
{
    public Outcome Execute(in Command command) => memory.Size == 0 ? Outcome.Ok : Outcome.Nothing;

    public bool Holds(IommuDevice dev) => kernel.Core.Devices.Length == 0;
}
