using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Queues the steps of a <see cref="PlanKind"/>.</summary>
internal sealed partial class PlanDrawer(
    Dice dice, Topology topology, LightState state, CommandDrawer draw, string era)
{
    /// <summary>Number of kinds.</summary>
    public const int Count = (int)PlanKind.SharedDomain + 1;

    private readonly StepQueue steps = new();

    /// <summary>Steps are waiting.</summary>
    public bool HasNext => steps.HasNext;

    /// <summary>
    /// Weight of a plan before the swarm: 0 when the topology or the era gives it no meaning.
    /// </summary>
    public static int Usual(PlanKind plan, Topology topology, string era) => plan switch
    {
        PlanKind.OwnerCycle or PlanKind.TableChurn => 8,
        PlanKind.GroupFailure => topology.GroupCount < topology.Devices.Length ? 12 : 5,
        PlanKind.Reset => EraOffer.Has(era, Op.ResetPrepare) && topology.Devices.Any(d => d.Ats) ? 8 : 0,
        PlanKind.PasidCycle =>
            EraOffer.Has(era, Op.AttachPasid) && topology.Devices.Any(d => d.MaxPasids > 0) ? 8 : 0,
        PlanKind.DeferredFirst => topology.Kernel.Kdump && topology.Devices.Any(d => d.Deferred) ? 10 : 0,
        PlanKind.DirectRegion => topology.Devices.Any(HasDirect) ? 10 : 0,
        PlanKind.SharedDomain => topology.GroupCount > 1 ? 5 : 0,
        _ => 4,
    };

    public Command Next() => steps.Next();

    /// <summary>Queues a plan.</summary>
    public void Begin(PlanKind plan)
    {
        switch (plan)
        {
            case PlanKind.OwnerCycle or PlanKind.HotplugIntoOwned or PlanKind.SharedDomain
                or PlanKind.MapBeforeAttach or PlanKind.FreeAndReuse:
                BeginAttach(plan);
                break;
            case PlanKind.GroupFailure or PlanKind.MapFailure or PlanKind.AllocFailure:
                BeginFailure(plan);
                break;
            case PlanKind.StaticMap or PlanKind.TableChurn or PlanKind.FastUnmap:
                BeginMemory(plan);
                break;
            default:
                BeginDevice(plan);
                break;
        }
    }

    private static bool HasDirect(DeviceSpec device) => device.Regions.Any(r => r.Type == ResvType.Direct);

    private void BeginAttach(PlanKind plan)
    {
        var group = dice.Below(topology.GroupCount);
        switch (plan)
        {
            case PlanKind.OwnerCycle:
                OwnerCycle(group);
                break;
            case PlanKind.HotplugIntoOwned:
                HotplugIntoOwned(group);
                break;
            case PlanKind.SharedDomain:
                SharedDomain(group);
                break;
            case PlanKind.MapBeforeAttach:
                MapBeforeAttach(group);
                break;
            default:
                FreeAndReuse(group);
                break;
        }
    }

    /// <summary>
    /// Brings a group to "no user": unbinds drivers or takes the owner's claim back, mostly.
    /// </summary>
    private void Vacate(int group)
    {
        var guess = state.Groups[group];
        if (guess.Count == 0 || dice.Percent(10))
        {
            return;
        }

        if (guess.Owner != 0)
        {
            Step(() => Make.OnA(Op.ReleaseGroupOwner, group));
            return;
        }

        foreach (var member in topology.DevicesOf(new GroupId(group)))
        {
            for (var n = state.Devices[member.Index].Bound; n > 0; n--)
            {
                Step(() => Make.OnA(Op.Unbind, member.Index));
            }
        }
    }

    private void ClaimStep(int group)
    {
        var owner = draw.Owner();
        var byDevice = EraOffer.Has(era, Op.ClaimDevice) && dice.Percent(40);
        var device = draw.DeviceOf(group);
        Step(byDevice
            ? Make.Claim(Op.ClaimDevice, owner, device)
            : Make.Claim(Op.ClaimGroup, owner, group));
    }

    private void ReleaseOwnerStep(int group)
    {
        var byDevice = EraOffer.Has(era, Op.ClaimDevice) && dice.Percent(40);
        var device = draw.DeviceOf(group);
        Step(byDevice
            ? Make.OnA(Op.ReleaseDeviceOwner, device)
            : Make.OnA(Op.ReleaseGroupOwner, group));
    }

    /// <summary>A slot that serves a group; queues its allocation when there is none.</summary>
    private int Slot(int group)
    {
        if (draw.SlotFor(group) is { } known && dice.Percent(80))
        {
            return known;
        }

        var slot = draw.FreeSlot();
        var device = draw.DeviceOf(group);
        Step(() => Make.Alloc(slot, device, AllocFlags.None));
        return slot;
    }

    private void AttachStep(int slot, int group)
    {
        var single = topology.DevicesOf(new GroupId(group)).Count == 1;
        var handle = EraOffer.Has(era, Op.AttachHandle) && dice.Percent(40);
        Op op;
        if (handle)
        {
            op = Op.AttachHandle;
        }
        else
        {
            op = single && dice.Percent(25) ? Op.AttachDevice : Op.AttachGroup;
        }

        var on = op == Op.AttachDevice ? draw.DeviceOf(group) : group;
        Step(() => Make.OnDomain(op, DomainRef.Slot(slot), on));
    }

    private void DetachStep(int slot, int group) => Step(() => Make.OnDomain(
        state.Groups[group].ByHandle ? Op.DetachHandle : Op.DetachGroup, DomainRef.Slot(slot), group));

    private void MapSteps(DomainRef domain, int count)
    {
        for (var n = 0; n < count; n++)
        {
            Step(() => draw.DrawMap(domain));
        }
    }

    private void UnmapLastStep(Op op, DomainRef domain) => Step(() =>
        state.MemoryOf(domain) is { Live.Count: > 0 } memory
            ? Make.Unmap(op, domain, memory.Live[^1].Iova, memory.Live[^1].Size)
            : draw.DrawUnmap(op, domain));

    /// <summary>
    /// An access of some device, now and then: the runner itself tries accesses after each command.
    /// </summary>
    private void DmaStep(int group)
    {
        if (!dice.Percent(35))
        {
            return;
        }

        var device = draw.DeviceOf(group);
        Step(() => draw.DrawDma(device));
    }

    private void Step(Func<Command> step) => steps.Add(step);

    /// <summary>A step with operands fixed now.</summary>
    private void Step(Command command) => steps.Add(command);
}
