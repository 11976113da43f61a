using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>One device access to try.</summary>
/// <param name="Device">The device.</param>
/// <param name="Requester">Index of the requester it uses.</param>
/// <param name="Pasid">0 for normal DMA.</param>
/// <param name="Iova">The address.</param>
/// <param name="Access">The direction.</param>
public readonly record struct Probe(
    DeviceId Device, int Requester, Pasid Pasid, Iova Iova, DmaAccess Access)
{
    /// <summary>
    /// The byte of the client's memory whose physical address <see cref="Iova"/> is, where the probe means
    /// that; on a real machine the byte lies elsewhere.
    /// </summary>
    public MemoryOffset? Memory { get; init; }

    /// <summary>Tries it on a system.</summary>
    public DmaOutcome On(IommuSystem system) => system.Dma(Device, Requester, Pasid, Iova, Access);
}

/// <summary>
/// Where devices try DMA after a command: both sides of each boundary the command touched, addresses of
/// earlier commands, bytes of the client's memory where translation may be off, and the ends of things.
/// Depends on the commands so far and their outcomes only, so a shrunk scenario probes alike.
/// </summary>
/// <remarks>
/// Nothing says that a probe is harmless: on a real machine a device on an identity domain reaches whatever
/// lies at the address. A caller with such devices leaves out the probes that the reference model lets land
/// outside of the client's memory.
/// </remarks>
public sealed class ProbePlan
{
    private const int RingSize = 16;

    /// <summary>Prime to the number of pages, so that all of the memory gets its turn.</summary>
    private const int MemoryStride = 331;

    private readonly Topology topology;
    private readonly ProbeBudget budget;
    private readonly ClientMemory memory;
    private readonly List<(ulong Address, MemoryOffset? Memory)> addresses = [];
    private readonly ulong[] ring = new ulong[RingSize];
    private readonly ulong[] fixedPoints;
    private readonly List<(int Device, uint Pasid)> pasids = [];

    /// <summary>Devices; those that commands were lately about come first, so within a budget.</summary>
    private readonly List<int> devices;

    private int ringCount;
    private int ringNext;
    private int turn;
    private int precise;

    /// <param name="topology">Whose devices are tried.</param>
    /// <param name="profileOf">What the drivers declare: the ends of apertures are tried too.</param>
    /// <param name="budget">What the devices can bear.</param>
    public ProbePlan(Topology topology, Func<InstanceId, DriverProfile> profileOf, ProbeBudget budget)
    {
        this.topology = topology;
        this.budget = budget;
        memory = new ClientMemory(topology.CpuPageShift);
        fixedPoints = [.. FixedPoints(topology, profileOf).Distinct()];
        devices = [.. Enumerable.Range(0, topology.Devices.Length)];
    }

    /// <summary>What to try now, in order.</summary>
    public List<Probe> Probes { get; } = [];

    /// <summary>Plans for the command that has just run, and gave <paramref name="outcome"/>.</summary>
    public void After(in Command command, Outcome outcome)
    {
        Probes.Clear();
        addresses.Clear();
        precise = 0;
        Touch(command);
        if (!Choose(command, outcome))
        {
            return;
        }

        if (ringCount > 0)
        {
            Add(ring[turn % ringCount]);
        }

        if (fixedPoints.Length > 0)
        {
            Add(fixedPoints[turn % fixedPoints.Length]);
        }

        turn++;
        Spread();
        Cut();
    }

    /// <summary>The addresses of one command; false when there is nothing to try after it.</summary>
    private bool Choose(in Command command, Outcome outcome)
    {
        switch (command.Op)
        {
            case Op.Map or Op.Unmap or Op.UnmapFast or Op.IoasMap or Op.IoasCopy or Op.IoasUnmap
                or Op.VfioMap or Op.VfioUnmap:
                AroundRange(command.Iova, command.Size);
                return true;
            case Op.IoasMapAuto when outcome is { Errno: Errno.OK, NoOp: false }:
                AroundRange(outcome.Value, command.Size);
                return true;
            case Op.Dma or Op.FailAlloc or Op.FailAttach or Op.FailMap:
            case Op.FailNth or Op.ShowType or Op.DmaMemory or Op.IoasRanges:
                return false;
            case Op.AttachPasid or Op.ReplacePasid:
                Remember(command.B, command.Extra);
                RecentOnes(2);
                return true;
            case Op.Register or Op.Probe or Op.Release or Op.Bind or Op.Unbind or Op.SetType:
            case Op.FdBind or Op.FdUnbind or Op.FdAttach or Op.FdDetach:
            case Op.VfioSetContainer or Op.VfioUnsetContainer or Op.VfioSetIommu:
                RecentOnes(3);
                AddMemory();
                return true;
            case Op.IoasUnmapAll or Op.VfioUnmapAll:
                RecentOnes(3);
                return true;
            default:
                RecentOnes(command.IsClient ? 1 : 3);
                return true;
        }
    }

    private void Add(ulong address) => addresses.Add((address, null));

    private void AddMemory()
    {
        var page = (ulong)(turn * MemoryStride % ClientMemory.Pages);
        var at = new MemoryOffset((page * memory.PageSize) + (memory.PageSize / 2));
        addresses.Add((memory.PaOf(at).Value, at));
    }

    /// <summary>
    /// The precise addresses at the device that commands were about last, then each address at each device;
    /// then PASIDs at the first address.
    /// </summary>
    private void Spread()
    {
        for (var a = 0; a < precise; a++)
        {
            AddProbes(a, devices[0]);
        }

        for (var a = 0; a < addresses.Count; a++)
        {
            for (var d = a < precise ? 1 : 0; d < devices.Count; d++)
            {
                AddProbes(a, devices[d]);
            }
        }

        foreach (var (device, pasid) in pasids)
        {
            var iova = new Iova(addresses[0].Address & ~(budget.WordSize - 1));
            var access = budget.Reads ? DmaAccess.Read : DmaAccess.Write;
            Probes.Add(new Probe(new DeviceId(device), 0, new Pasid(pasid), iova, access));
        }
    }

    /// <summary>One address at one device; precise ones both ways.</summary>
    private void AddProbes(int number, int device)
    {
        var (address, at) = addresses[number];
        var requester = budget.AllRequesters ? number % topology.Devices[device].Requesters.Length : 0;
        var write = new Probe(
            new DeviceId(device),
            requester,
            Pasid.None,
            new Iova(address & ~(budget.WordSize - 1)),
            DmaAccess.Write)
        {
            Memory = at,
        };
        if (number < precise && budget.Reads)
        {
            Probes.Add(write with { Access = DmaAccess.Read });
        }

        Probes.Add(write);
    }

    /// <summary>
    /// Over budget: what the command touched first keeps half of it, the rest takes turns at the other half.
    /// </summary>
    private void Cut()
    {
        if (Probes.Count <= budget.MostPerCommand)
        {
            return;
        }

        var sure = (budget.MostPerCommand + 1) / 2;
        var turns = budget.MostPerCommand - sure;
        var rest = Probes.Count - sure;
        for (var n = 0; n < turns; n++)
        {
            // Never overtakes what it reads: the n-th of the turns is at or behind the n-th of the rest.
            var from = sure + n + ((turn * turns) % (rest - turns + 1));
            Probes[sure + n] = Probes[from];
        }

        Probes.RemoveRange(budget.MostPerCommand, Probes.Count - budget.MostPerCommand);
    }

    private void Touch(in Command command)
    {
        switch (command.Op)
        {
            case Op.Dma or Op.DmaMemory or Op.FdBind or Op.FdUnbind or Op.FdDetach or Op.VfioOpen:
                Touch(command.A);
                break;
            case Op.FdAttach or Op.HwptAlloc:
                Touch(command.B);
                break;
            case Op.VfioSetContainer or Op.VfioUnsetContainer:
                var group = command.Op == Op.VfioSetContainer ? command.B : command.A;
                foreach (var member in topology.DevicesOf(new GroupId(group)))
                {
                    Touch(member.Index);
                }

                break;
            default:
                break;
        }
    }

    private void Touch(int device)
    {
        devices.Remove(device);
        devices.Insert(0, device);
    }

    private void AroundRange(ulong iova, ulong size)
    {
        var last = unchecked(iova + Math.Max(size, 1) - 1);
        Add(iova);
        Add(last);
        precise = 2;
        Add(unchecked(iova - 1));
        Add(unchecked(last + 1));
        Push(iova);
        Push(last);
    }

    private void RecentOnes(int count)
    {
        for (var i = 1; i <= Math.Min(count, ringCount); i++)
        {
            Add(ring[(ringNext - i + RingSize) % RingSize]);
        }

        precise = addresses.Count;
        if (ringCount == 0)
        {
            Add(0x1000);
            precise = 1;
        }
    }

    private void Push(ulong address)
    {
        ring[ringNext] = address;
        ringNext = (ringNext + 1) % RingSize;
        ringCount = Math.Min(ringCount + 1, RingSize);
    }

    private void Remember(int device, uint pasid)
    {
        var exists = pasid != 0 && pasid < topology.Devices[device].MaxPasids;
        if (exists && pasids.Count < 4 && !pasids.Contains((device, pasid)))
        {
            pasids.Add((device, pasid));
        }
    }

    /// <summary>Ends of apertures, of 32 and 64 bits, of reserved regions.</summary>
    private static IEnumerable<ulong> FixedPoints(
        Topology topology, Func<InstanceId, DriverProfile> profileOf)
    {
        yield return 0;
        yield return 0xffff_f000;
        yield return 0x1_0000_0000;
        yield return ulong.MaxValue;
        for (var i = 0; i < topology.Instances.Length; i++)
        {
            var aperture = profileOf(new InstanceId(i)).Aperture;
            yield return aperture.Start;
            yield return aperture.End;
            yield return unchecked(aperture.End + 1);
        }

        foreach (var region in topology.Devices.SelectMany(d => d.Regions))
        {
            yield return region.Start.Value;
            yield return region.End;
        }
    }
}
