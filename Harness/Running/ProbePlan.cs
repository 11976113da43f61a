using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// Where devices try DMA after a command: both sides of each boundary the command touched, addresses of earlier
/// commands, and the ends of things. Depends on the commands so far only, so a shrunk scenario probes alike.
/// </summary>
public sealed class ProbePlan
{
    private const int RingSize = 16;

    private readonly ulong[] ring = new ulong[RingSize];
    private readonly ulong[] fixedPoints;
    private readonly List<(int Device, uint Pasid)> pasids = [];
    private int ringCount;
    private int ringNext;
    private int turn;

    /// <param name="fixedPoints">Ends of apertures, of 32 and 64 bits, of reserved regions.</param>
    public ProbePlan(IEnumerable<ulong> fixedPoints) => this.fixedPoints = [.. fixedPoints];

    /// <summary>Addresses to try now; the first <see cref="Precise"/> of them for reading and writing.</summary>
    public List<ulong> Addresses { get; } = [];

    /// <summary>How many leading addresses are tried both ways.</summary>
    public int Precise { get; private set; }

    /// <summary>PASIDs that some command has used, to be tried at the first address.</summary>
    public IReadOnlyList<(int Device, uint Pasid)> Pasids => pasids;

    /// <summary>Plans for the command that has just run.</summary>
    public void After(in Command command)
    {
        Addresses.Clear();
        Precise = 0;
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
            Addresses.Add(ring[turn % ringCount]);
        }

        if (fixedPoints.Length > 0)
        {
            Addresses.Add(fixedPoints[turn % fixedPoints.Length]);
        }

        turn++;
    }

    private void AroundRange(ulong iova, ulong size)
    {
        var last = unchecked(iova + Math.Max(size, 1) - 1);
        Addresses.Add(iova);
        Addresses.Add(last);
        Precise = 2;
        Addresses.Add(unchecked(iova - 1));
        Addresses.Add(unchecked(last + 1));
        Push(iova);
        Push(last);
    }

    private void RecentOnes(int count)
    {
        for (var i = 1; i <= Math.Min(count, ringCount); i++)
        {
            Addresses.Add(ring[(ringNext - i + RingSize) % RingSize]);
        }

        Precise = Addresses.Count;
        if (ringCount == 0)
        {
            Addresses.Add(0x1000);
            Precise = 1;
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
        if (pasid != 0 && pasids.Count < 4 && !pasids.Contains((device, pasid)))
        {
            pasids.Add((device, pasid));
        }
    }
}
