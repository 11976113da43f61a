using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>One unit of a <see cref="NaiveAddressSpace"/>.</summary>
internal readonly record struct NaiveUnit(ulong Pa, Prot Prot, byte LeafShift);

/// <summary>The plainest address space: a dictionary with an entry for each unit of bytes.</summary>
internal sealed class NaiveAddressSpace(ulong unit)
{
    private readonly SortedDictionary<ulong, NaiveUnit> units = [];

    public IEnumerable<ulong> Starts => units.Keys;

    public bool TryGet(ulong iova, out NaiveUnit value) => units.TryGetValue(iova / unit, out value);

    public bool AnyIn(ulong first, ulong last) => Indices(first, last).Any(units.ContainsKey);

    public void Insert(in AddressRun run)
    {
        var pa = run.Pa;
        foreach (var index in Indices(run.Start, run.Last))
        {
            units.Add(index, new NaiveUnit(pa, run.Prot, run.LeafShift));
            pa += unit;
        }
    }

    public void Remove(ulong first, ulong last)
    {
        foreach (var index in Indices(first, last).ToArray())
        {
            units.Remove(index);
        }
    }

    public void Clear() => units.Clear();

    /// <summary>The runs, as long as they can be.</summary>
    public List<AddressRun> Runs()
    {
        var runs = new List<AddressRun>();
        foreach (var (index, value) in units)
        {
            var run = new AddressRun(
                index * unit, (index * unit) + (unit - 1), value.Pa, value.Prot, value.LeafShift);
            if (runs.Count > 0 && Joins(runs[^1], run))
            {
                runs[^1] = runs[^1] with { Last = run.Last };
            }
            else
            {
                runs.Add(run);
            }
        }

        return runs;
    }

    private static bool Joins(in AddressRun left, in AddressRun right) =>
        left.Last + 1 == right.Start && left.PaOf(right.Start) == right.Pa
        && left.Prot == right.Prot && left.LeafShift == right.LeafShift;

    private IEnumerable<ulong> Indices(ulong first, ulong last)
    {
        for (var index = first / unit; ; index++)
        {
            yield return index;
            if (index == last / unit)
            {
                yield break;
            }
        }
    }
}
