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
    /// <summary>Tries it on a system.</summary>
    public DmaOutcome On(IommuSystem system) => system.Dma(Device, Requester, Pasid, Iova, Access);
}

/// <summary>
/// Where devices try DMA after a command: both sides of each boundary the command touched, addresses of
/// earlier commands, and the ends of things. Depends on the commands so far only, so a shrunk scenario probes
/// alike.
/// </summary>
public sealed class ProbePlan
{
    private const int RingSize = 16;

    private readonly Topology topology;
    private readonly List<ulong> addresses = [];
    private readonly ulong[] ring = new ulong[RingSize];
    private readonly ulong[] fixedPoints;
    private readonly List<(int Device, uint Pasid)> pasids = [];
    private int ringCount;
    private int ringNext;
    private int turn;
    private int precise;

    /// <param name="topology">Whose devices are tried.</param>
    /// <param name="profileOf">What the drivers declare: the ends of apertures are tried too.</param>
    public ProbePlan(Topology topology, Func<InstanceId, DriverProfile> profileOf)
    {
        this.topology = topology;
        fixedPoints = [.. FixedPoints(topology, profileOf).Distinct()];
    }

    /// <summary>What to try now, in order.</summary>
    public List<Probe> Probes { get; } = [];

    /// <summary>Plans for the command that has just run.</summary>
    public void After(in Command command)
    {
        Probes.Clear();
        addresses.Clear();
        precise = 0;
        switch (command.Op)
        {
            case Op.Map or Op.Unmap or Op.UnmapFast:
                AroundRange(command.Iova, command.Size);
                break;
            case Op.Dma or Op.FailAlloc or Op.FailAttach or Op.FailMap:
                return;
            case Op.AttachPasid or Op.ReplacePasid:
                Remember(command.B, command.Extra);
                RecentOnes(2);
                break;
            default:
                RecentOnes(3);
                break;
        }

        if (ringCount > 0)
        {
            addresses.Add(ring[turn % ringCount]);
        }

        if (fixedPoints.Length > 0)
        {
            addresses.Add(fixedPoints[turn % fixedPoints.Length]);
        }

        turn++;
        Spread();
    }

    /// <summary>
    /// Each address at each device, the precise ones both ways; then PASIDs at the first address.
    /// </summary>
    private void Spread()
    {
        for (var d = 0; d < topology.Devices.Length; d++)
        {
            var requesters = topology.Devices[d].Requesters.Length;
            for (var a = 0; a < addresses.Count; a++)
            {
                var iova = new Iova(addresses[a]);
                if (a < precise)
                {
                    Probes.Add(new Probe(new DeviceId(d), a % requesters, Pasid.None, iova, DmaAccess.Read));
                }

                Probes.Add(new Probe(new DeviceId(d), a % requesters, Pasid.None, iova, DmaAccess.Write));
            }
        }

        foreach (var (device, pasid) in pasids)
        {
            var iova = new Iova(addresses[0]);
            Probes.Add(new Probe(new DeviceId(device), 0, new Pasid(pasid), iova, DmaAccess.Read));
        }
    }

    private void AroundRange(ulong iova, ulong size)
    {
        var last = unchecked(iova + Math.Max(size, 1) - 1);
        addresses.Add(iova);
        addresses.Add(last);
        precise = 2;
        addresses.Add(unchecked(iova - 1));
        addresses.Add(unchecked(last + 1));
        Push(iova);
        Push(last);
    }

    private void RecentOnes(int count)
    {
        for (var i = 1; i <= Math.Min(count, ringCount); i++)
        {
            addresses.Add(ring[(ringNext - i + RingSize) % RingSize]);
        }

        precise = addresses.Count;
        if (ringCount == 0)
        {
            addresses.Add(0x1000);
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
