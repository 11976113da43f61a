using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Specimens;

/// <summary>A real driver whose every system has a breach of the contract in front of it.</summary>
internal sealed class SpoiltFactory(IDriverFactory real, Func<Spoil> breach) : IDriverFactory
{
    public string Name => real.Name;

    public IReadOnlyList<string> Variants => real.Variants;

    public DriverProfile Profile(KernelTree tree, string variant) => real.Profile(tree, variant);

    public IDriverStack Create(DriverContext context) => new SpoiltStack(real.Create(context), breach());

    private sealed class SpoiltStack(IDriverStack real, Spoil spoil) : IDriverStack
    {
        public IIommuDriver Driver { get; } = new SpoiltDriver(real.Driver, spoil);

        public Errno StartInstance(InstanceId instance) => real.StartInstance(instance);

        public bool ForcesStrict(InstanceId instance) => real.ForcesStrict(instance);

        public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access) =>
            real.Dma(requester, pasid, iova, access);

        public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink) =>
            real.Walk(requester, pasid, sink);
    }
}
