using Conformance.Drivers.Linux;
using Conformance.Drivers.Linux.Guest;
using Conformance.Harness.Generation;
using Conformance.Harness.Generation.Clients;

namespace Conformance.Harness.Linux;

/// <summary>
/// A kernel in a virtual machine, booted when it is first needed and again when it is lost.
/// </summary>
public sealed class GuestKernel : IKernelUnderTest, IDisposable
{
    private readonly LinuxTarget target;
    private readonly LinuxKernel kernel;
    private readonly List<string> splats = [];
    private LinuxGuest? guest;

    public GuestKernel(LinuxTarget target, LinuxKernel kernel)
    {
        this.target = target;
        this.kernel = kernel;
    }

    /// <summary>How often it was started.</summary>
    public int Boots { get; private set; }

    /// <summary>What can be asked of the kernel on its machine, at random; boots it.</summary>
    /// <exception cref="KernelLostException">It does not come up.</exception>
    public IScenarioGenerator Generator()
    {
        Reset();
        var facts = guest!.Facts;
        var offer = ClientOffer.Type1 | ClientOffer.Sysfs | ClientOffer.Hotplug
            | (target.Machine.KeepsPassThrough ? ClientOffer.None : ClientOffer.Identity)
            | (facts.HasIommufd ? ClientOffer.Iommufd : ClientOffer.None)
            | (facts.HasKernelDriver ? ClientOffer.Bind : ClientOffer.None)
            | (facts.CanFail ? ClientOffer.FailNth : ClientOffer.None);
        var model = new LinuxModel(target, kernel.Era, target.Topology, traced: false);
        return ClientScenarioGenerator.On(kernel.Era.Name, target.Topology, model.ProfileOf, offer);
    }

    public void Reset()
    {
        if (guest is not null && splats.Count == 0)
        {
            Ask(["reset"]);
            return;
        }

        Drop();
        splats.Clear();
        Boots++;
        Guard(() => guest = LinuxGuest.Boot(
            new BootSpec(target.Machine, kernel.Emulator, kernel.Image, kernel.Initramfs, Append: "")));
    }

    public IReadOnlyList<KernelAnswer> Run(IReadOnlyList<string> lines)
    {
        var results = Ask(lines);
        return [.. lines.Zip(results, AgentAnswer.Of)];
    }

    public IReadOnlyList<string> TakeSplats() => splats;

    public void Dispose() => Drop();

    private IReadOnlyList<GuestResult> Ask(IReadOnlyList<string> lines)
    {
        IReadOnlyList<GuestResult> results = [];
        Guard(() =>
        {
            var alive = guest ?? throw new InvalidOperationException("a kernel is reset before it is asked");
            var reply = alive.Run(lines);
            results = reply.Results;
            if (reply.KernelAlarm)
            {
                splats.AddRange(GuestHealth.Trouble(alive.Run(["dmesg"]).Results[0].Detail));
            }
        });
        return results;
    }

    /// <summary>Whatever goes wrong with the machine or its agent, the machine is thrown away.</summary>
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (GuestLostException lost)
        {
            Drop();
            throw new KernelLostException(lost.Message, lost.Evidence);
        }
        catch (ProtocolException garbled)
        {
            Drop();
            throw new KernelLostException($"the agent's answer is garbled: {garbled.Message}", []);
        }
    }

    private void Drop()
    {
        guest?.Dispose();
        guest = null;
    }
}
