using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>What an access should have met.</summary>
public sealed partial class TraceLedger
{
    // Places and mappings that were seen to be wrong in the command at hand.
    private readonly List<int> lost = [];
    private readonly List<(DomainId Domain, ulong First, ulong Last)> doubtful = [];
    private DmaView view;

    /// <summary>The access at hand; valid while its event is being delivered.</summary>
    public ref readonly DmaView Dma => ref view;

    /// <summary>
    /// The access at hand broke a promise. What follows from the same wrong state is not reported again: from
    /// the next command on the mapping, or the place of the device until its next attach, counts as unknown.
    /// </summary>
    public void NoteReported()
    {
        if (view.Judgement != Judgement.Differs || view.Domain is not { } domain)
        {
            return;
        }

        var moved = (view.Topics & DmaTopics.Moved) != 0;
        if (view.Entry.Kind == EntryKind.Live && !moved)
        {
            doubtful.Add((domain.Id, view.Entry.Start, view.Entry.Last));
        }
        else if (IsInFailedMap(view) && !moved)
        {
            // A failed map left something behind; how much of its range is not known.
            doubtful.Add((domain.Id, Now.Map.Iova, Now.Map.Last));
        }
        else if (view.Entry.Kind == EntryKind.Gone && !moved)
        {
            doubtful.Add((domain.Id, view.At & ~0xfffUL, view.At | 0xfff));
        }
        else if (view.Pasid == 0)
        {
            lost.Add(view.Device.Index);
        }
    }

    /// <summary>Works out <see cref="Dma"/> for an access event.</summary>
    public ref readonly DmaView Look(in TraceEvent e)
    {
        var device = devices[e.Device];
        view.Device = device;
        view.Group = GroupOf(device);
        view.Domain = null;
        view.Entry = default;
        view.Iova = e.A;
        view.At = device.Addresses.InWalk(e.A);
        view.Pa = e.B;
        view.Pasid = (uint)e.E;
        view.Landed = e.Flag;
        view.Write = (DmaAccess)e.Extra == DmaAccess.Write;
        view.Topics = DmaTopics.None;
        view.Judgement = Judgement.Open;
        if (device.Addresses.IsUntranslated(e.A))
        {
            return ref view;
        }

        view.Domain = view.Pasid == 0
            ? (device.IsPlaced ? Domain(device.Domain) : null)
            : Domain(PasidDomain(device, view.Pasid));
        if (view.Domain is { } domain)
        {
            view.At = WalkIn(domain);
            if (domain.Type.IsPaging())
            {
                domain.Map.TryFind(view.At, out view.Entry);
            }

            view.Judgement = Judge(domain, view.Entry, view.At);
            view.Topics = TopicsOf(domain);
        }

        view.Topics |= view.Pasid == 0 ? RidTopics(device) : DmaTopics.Pasid;
        view.Topics |= device.Staged ? DmaTopics.Staged : 0;
        view.Topics |= view.Judgement == Judgement.Differs ? DmaTopics.Wrong : 0;
        return ref view;
    }

    /// <summary>The access at hand held against any domain, live or freed.</summary>
    public Judgement JudgeAgainst(DomainId id)
    {
        if (Domain(id) is not { } domain)
        {
            return Judgement.Open;
        }

        if (domain == view.Domain)
        {
            return view.Judgement;
        }

        TranslationEntry entry = default;
        var at = WalkIn(domain);
        if (domain.Type.IsPaging())
        {
            domain.Map.TryFind(at, out entry);
        }

        return Judge(domain, entry, at);
    }

    /// <summary>
    /// The address that a walk of the domain's tables uses. One that lacks its sign stays as it is: what is
    /// mapped there was promised to be reached.
    /// </summary>
    private ulong WalkIn(DomainFacts domain) =>
        domain.Profile is { SignedUpperFirst: not null } profile && profile.TryWalk(view.Iova, out var at)
            ? at
            : view.Device.Addresses.InWalk(view.Iova);

    /// <summary>The access is to the range and the domain of a map that failed in this command.</summary>
    public bool IsInFailedMap(in DmaView access) => Now.Map.Errno != Errno.OK && !Now.Map.Wraps
        && Now.Map.Domain == access.Domain?.Id && Now.Map.Holds(access.At);

    private Judgement Judge(DomainFacts domain, in TranslationEntry entry, ulong at)
    {
        if (domain.Type == DomainType.Identity)
        {
            // What no physical address has cannot be reached untranslated either.
            var beyond = !view.Device.Addresses.IsIdentityReach(view.Iova);
            return beyond && !view.Landed ? Judgement.Open : Of(view.Landed && view.Pa == view.Iova);
        }

        if (domain.IsBlocked)
        {
            return Of(!view.Landed);
        }

        if (!domain.Type.IsPaging() || !view.Device.Addresses.IsInWindow(view.Iova))
        {
            return Judgement.Open;
        }

        switch (entry.Kind)
        {
            case EntryKind.Live when entry.IsCertain:
                var allowed = ((byte)entry.Prot & (view.Write ? 2 : 1)) != 0;
                return Of(view.Landed ? view.Pa == entry.PaOf(at) : !allowed);
            case EntryKind.Live:
                return Judgement.Open;
            case EntryKind.Stale:
                var odd = view.Landed && view.Pa != entry.PaOf(at) && IsPlainlyStale(entry);
                return odd ? Judgement.Differs : Judgement.Open;
            case EntryKind.Gone when (entry.Flags & EntryFlags.Cut) != 0 && view.Landed:
                return Judgement.Open;
            default:
                return Of(!view.Landed);
        }
    }

    private static bool IsPlainlyStale(in TranslationEntry entry) =>
        (entry.Flags & (EntryFlags.Unsynced | EntryFlags.Disputed | EntryFlags.Doubtful)) == 0;

    private static Judgement Of(bool agrees) => agrees ? Judgement.Agrees : Judgement.Differs;

    private DmaTopics TopicsOf(DomainFacts domain)
    {
        var topics = view.Entry.Kind switch
        {
            EntryKind.Live => DmaTopics.Mapped,
            EntryKind.Gone => DmaTopics.Gone,
            _ => DmaTopics.None,
        };
        var requested = Now.Map.Domain == domain.Id || Now.Unmap.Domain == domain.Id
            || Now.Lookup.Domain == domain.Id;
        return requested ? topics | DmaTopics.Mapping : topics;
    }

    private DmaTopics RidTopics(DeviceFacts device)
    {
        if (device.State != AttachState.Attached)
        {
            return device.State == AttachState.Released ? DmaTopics.Released : DmaTopics.None;
        }

        var topics = DmaTopics.None;
        if (view.Domain is { } domain)
        {
            topics |= domain.Type == DomainType.Identity ? DmaTopics.Identity : 0;
            topics |= IsBlocking(domain) ? DmaTopics.Blocked : 0;
            topics |= device.Left != DomainId.None ? DmaTopics.Left : 0;
            topics |= device.Direct.Count > 0 ? DmaTopics.Direct : 0;
        }

        topics |= device.CalledIn == Now.Number ? DmaTopics.Moved : 0;
        if (view.Group is { } group)
        {
            var owned = group.Owner != 0 && !group.HasUserDomain && !group.Misused;
            topics |= owned ? DmaTopics.Owned : 0;
            topics |= group.AfterRelease ? DmaTopics.AfterRelease : 0;
            topics |= Now.Group == group.Index && Now.Refused ? DmaTopics.Refusal : 0;
        }

        return topics;
    }

    private bool IsBlocking(DomainFacts domain) =>
        domain.IsBlocked
        || (view.Group is { } group && group.Blocking == domain.Id && domain.Map.Reachable == 0);

    private void ForgetReported()
    {
        foreach (var device in lost)
        {
            devices[device].Trouble = Trouble.Stuck;
        }

        foreach (var (id, first, last) in doubtful)
        {
            if (Domain(id) is not { } domain)
            {
                continue;
            }

            DoubtUnmapped(domain, first, last);
            AddFlags(domain, first, last, EntryFlags.Doubtful);
        }

        lost.Clear();
        doubtful.Clear();
    }

    /// <summary>Where nothing was promised to be mapped, something may be all the same.</summary>
    private void DoubtUnmapped(DomainFacts domain, ulong first, ulong last)
    {
        scratch.Clear();
        domain.Map.CopyRange(first, last, scratch);
        var at = first;
        foreach (var found in scratch)
        {
            if (found.Kind == EntryKind.Gone)
            {
                continue;
            }

            if (found.Start > at)
            {
                Doubt(domain, at, found.Start - 1);
            }

            if (found.Last == last)
            {
                return;
            }

            at = found.Last + 1;
        }

        Doubt(domain, at, last);

        static void Doubt(DomainFacts domain, ulong from, ulong to) => domain.Map.Put(new TranslationEntry
        {
            Start = from,
            Last = to,
            Kind = EntryKind.Live,
            Flags = EntryFlags.Doubtful,
        });
    }

    private static DomainId PasidDomain(DeviceFacts device, uint pasid)
    {
        foreach (var fact in device.Pasids)
        {
            if (fact.Pasid == pasid)
            {
                return fact.Domain;
            }
        }

        return DomainId.None;
    }
}
