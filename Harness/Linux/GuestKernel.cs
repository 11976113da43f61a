using Conformance.Drivers.Linux;
using Conformance.Drivers.Linux.Guest;
using Conformance.Harness.Generation;
using Conformance.Harness.Generation.Clients;

namespace Conformance.Harness.Linux;

/// <summary>A kernel in a virtual machine, booted when it is first needed and again when it is lost.</summary>
public sealed class GuestKernel : IKernelUnderTest, IDisposable
{
    /// <summary>A boot under translation, on a busy machine.</summary>
    private static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    /// <summary>Longer than a batch can take: a kernel that does not answer by then hangs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private readonly LinuxTarget target;
    private readonly LinuxKernel kernel;
    private readonly MachineSpec spec;
    private readonly BootFiles files;
    private readonly List<string> splats = [];
    private QemuMachine? machine;
    private AgentChannel? channel;

    public GuestKernel(LinuxTarget target, LinuxKernel kernel)
    {
        this.target = target;
        this.kernel = kernel;
        spec = Machines.Find(target.Machine);
        files = new BootFiles(
            LinuxArtefacts.Ask().Require($"qemu.{spec.Arch}", "qemu"), kernel.Image, kernel.Initramfs);
    }

    /// <summary>How often it was started.</summary>
    public int Boots { get; private set; }

    /// <summary>What can be asked of such a kernel on such a machine, at random.</summary>
    public static IScenarioGenerator Generator(LinuxTarget target, LinuxKernel kernel)
    {
        var model = new LinuxModel(target, kernel.Era, target.Topology, traced: false);
        var offer = ClientOffer.Type1 | ClientOffer.Sysfs | ClientOffer.Identity | ClientOffer.Bind
            | ClientOffer.Hotplug
            | (kernel.HasIommufd ? ClientOffer.Iommufd : ClientOffer.None)
            | (kernel.HasFaultInjection ? ClientOffer.FailNth : ClientOffer.None);
        return ClientScenarioGenerator.On(kernel.Era.Name, target.Topology, model.ProfileOf, offer);
    }

    public void Reset()
    {
        if (machine is { IsAlive: true } && channel is not null && splats.Count == 0)
        {
            Guard(() => Answered(channel.Exchange(["reset"], Patience)[0], "reset"));
            return;
        }

        Drop();
        splats.Clear();
        Guard(Boot);
    }

    public IReadOnlyList<KernelAnswer> Run(IReadOnlyList<string> lines)
    {
        IReadOnlyList<KernelAnswer> answers = [];
        Guard(() =>
        {
            var said = Channel.Exchange(lines, Patience);
            answers = [.. lines.Zip(said, AgentAnswer.Of)];
        });
        return answers;
    }

    public IReadOnlyList<string> TakeSplats()
    {
        splats.AddRange(machine?.TakeSplats() ?? []);
        if (channel is { HasTrouble: true })
        {
            splats.Add("its log has a warning");
        }

        return splats;
    }

    public void Dispose() => Drop();

    private AgentChannel Channel =>
        channel ?? throw new InvalidOperationException("a kernel is reset before it is asked");

    private void Boot()
    {
        Boots++;
        machine = QemuMachine.Start(spec, files);
        channel = new AgentChannel(machine.Accept(BootPatience), machine.Lost);
        channel.Greet(BootPatience);
        for (var d = 0; d < spec.Devices.Count; d++)
        {
            var line = $"device d{d} {spec.Devices[d].Bdf} {spec.Devices[d].Engine}";
            Answered(channel.Exchange([line], Patience)[0], line);
        }

        machine.TakeSplats();
    }

    /// <summary>What the set-up of a machine asks for must be done.</summary>
    private static void Answered(string answer, string line)
    {
        if (answer != "0" && !answer.StartsWith("0 ", StringComparison.Ordinal))
        {
            throw new GuestLostException($"'{line}' gives {answer}", []);
        }
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
            throw new KernelLostException(lost.Message, lost.Log);
        }
        catch (ProtocolException garbled)
        {
            Drop();
            throw new KernelLostException(garbled.Message, []);
        }
    }

    private void Drop()
    {
        channel?.Dispose();
        machine?.Dispose();
        (channel, machine) = (null, null);
    }
}
