using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>Where devices are: groups, attaches, records, set-domain operations, resets.</summary>
public sealed partial class TraceLedger
{
    private (int Device, Errno Errno, int Step) armed;

    /// <summary>
    /// The error of an attach call was put there by the scenario, not chosen by the driver: a fault of this
    /// error was armed for the device by the command before.
    /// </summary>
    public bool IsInjected(in TraceEvent attach) =>
        armed.Step != 0 && armed.Step == steps - 1
        && armed.Device == attach.Device && armed.Errno == attach.Errno;

    private void ApplyPlace(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.ProbeDevice when e.Errno == Errno.OK:
                LeaveDomain(devices[e.Device]);
                devices[e.Device].Begin();
                break;
            case EventKind.GroupJoin:
                Join(e);
                break;
            case EventKind.GroupLeave:
                devices[e.Device].Group = -1;
                Group(e.Group)?.Members.Remove(e.Device);
                break;
            case EventKind.ReleaseDevice:
                Release(devices[e.Device]);
                break;
            case EventKind.AttachDev:
                Attach(e);
                break;
            case EventKind.DetachDev:
            case EventKind.SetPlatformDmaOps:
                Now.PlatformCalls++;
                LeaveDomain(devices[e.Device]);
                devices[e.Device].State = AttachState.Platform;
                devices[e.Device].Trouble = Trouble.None;
                break;
            case EventKind.SetDevPasid:
                SetPasid(e);
                break;
            case EventKind.GroupRecord:
                Record(e);
                break;
            case EventKind.SetDomainBegin:
                BeginSet(e);
                break;
            case EventKind.SetDomainEnd:
                Set.Active = false;
                Now.SetDomainErrno = e.Errno != Errno.OK ? e.Errno : Now.SetDomainErrno;
                break;
            case EventKind.Deferred:
                devices[e.Device].Deferred = e.Flag;
                break;
            case EventKind.ResetStaged:
                devices[e.Device].Staged = e.Flag;
                break;
            case EventKind.DirectRegion:
                AddRegion(devices[e.Device], e);
                break;
        }
    }

    private void Join(in TraceEvent e)
    {
        var group = EnsureGroup(e.Group);
        if (group.Members.Count == 0)
        {
            group.Reset();
        }

        group.Members.Add(e.Device);
        devices[e.Device].Group = e.Group;
        devices[e.Device].Joined = true;
        Now.Joined.Add(e.Device);
        Touch(e.Group);
    }

    private void Release(DeviceFacts device)
    {
        LeaveDomain(device);
        foreach (var fact in device.Pasids)
        {
            Unhold(fact.Domain);
        }

        device.Pasids.Clear();
        device.State = AttachState.Released;
        device.Left = DomainId.None;
        device.Trouble = Trouble.None;
        device.Deferred = device.Staged = false;
        device.ResetDepth = 0;
    }

    private void Attach(in TraceEvent e)
    {
        var device = devices[e.Device];
        Now.Calls.Add(new AttachCall(e.Device, e.Domain, e.Old, e.Errno));
        device.Tried = true;
        device.CalledIn = Now.Number;
        Touch(device.Group);
        if (e.Errno == Errno.OK)
        {
            Place(device, e);
            return;
        }

        Now.FailedAttaches++;
        var setting = Set.Active && Set.Group == device.Group;
        var mustHold = setting && (Set.Must || e.Domain == Set.Old);
        if (mustHold)
        {
            device.Trouble = Trouble.Stuck;
        }
        else if (device.Profile.RefusedAttach != RefusedAttach.Old)
        {
            // From v6.19 on it must be on the old domain all the same; whether it is, R7 and R36 look at.
            device.Trouble = Trouble.Refused;
        }
    }

    private void Place(DeviceFacts device, in TraceEvent e)
    {
        var isNew = Domain(e.Domain) is null;
        var domain = Ensure(e.Domain);
        Belong(domain, device);
        domain.Type = isNew ? e.Type : domain.Type;
        FollowUnit(domain, device);

        if (device.State != AttachState.Attached || device.Domain != e.Domain)
        {
            LeaveDomain(device);
            domain.Attached++;
        }

        var parked = GroupOf(device) is { } group && e.Domain == group.Blocking && HasFailed(device.Index);
        device.Trouble = parked ? Trouble.Rescued : Trouble.None;
        if (device.Profile.IgnoresUnknownTypes && !device.Profile.Knows(e.Type) && !domain.Static)
        {
            // Accepted and not carried out: R63 is broken, and where the device is nobody knows.
            device.Trouble = Trouble.Stuck;
        }

        device.State = AttachState.Attached;
        device.Domain = e.Domain;
        device.Left = device.Left == e.Domain ? DomainId.None : device.Left;
        domain.Groups |= Bit(device.Group);
    }

    /// <summary>A domain that an attach makes final takes over what the device's unit declares.</summary>
    private static void FollowUnit(DomainFacts domain, DeviceFacts device)
    {
        var becomesFinal = device.Profile.Finalise switch
        {
            FinaliseRule.AtFirstAttach => domain.Groups == 0,
            FinaliseRule.AtFirstAttachOfEmpty => domain.Attached == 0,
            _ => false,
        };
        if (becomesFinal && !domain.Static)
        {
            domain.Profile = ProfileFor(device.Profile, domain);
        }
    }

    /// <summary>
    /// An attach of the device failed in the set-domain step at hand: what it gets now on blocking is a
    /// rescue.
    /// </summary>
    public bool HasFailed(int device)
    {
        for (var i = Set.Active ? Set.FirstCall : Now.Calls.Count; i < Now.Calls.Count; i++)
        {
            if (Now.Calls[i].Device == device && Now.Calls[i].Errno != Errno.OK)
            {
                return true;
            }
        }

        return false;
    }

    private void LeaveDomain(DeviceFacts device)
    {
        if (device.State == AttachState.Attached && Domain(device.Domain) is { } domain)
        {
            domain.Attached--;
            device.Left = domain.Type.IsPaging() ? domain.Id : device.Left;
        }

        device.Domain = DomainId.None;
    }

    private void SetPasid(in TraceEvent e)
    {
        var device = devices[e.Device];
        Now.PasidCalls.Add(new PasidCall(e.Device, (uint)e.A, e.Domain, e.Old, e.Errno));
        if (e.Errno != Errno.OK)
        {
            return;
        }

        var pasid = (uint)e.A;
        var at = IndexOf(device.Pasids, pasid);
        if (at >= 0)
        {
            Unhold(device.Pasids[at].Domain);
            device.Pasids.RemoveAt(at);
        }

        var ends = Domain(e.Domain) is null or { Type: DomainType.Blocked };
        device.Pasids.Add(new PasidFact(pasid, ends ? DomainId.None : e.Domain));
        if (!ends)
        {
            Domain(e.Domain)!.Attached++;
        }
    }

    private static int IndexOf(List<PasidFact> facts, uint pasid)
    {
        for (var i = 0; i < facts.Count; i++)
        {
            if (facts[i].Pasid == pasid)
            {
                return i;
            }
        }

        return -1;
    }

    private void Unhold(DomainId id)
    {
        if (Domain(id) is { } domain)
        {
            domain.Attached--;
        }
    }

    private void Record(in TraceEvent e)
    {
        var group = EnsureGroup(e.Group);
        group.DefaultSince = e.Old != group.Default ? Now.Number : group.DefaultSince;
        group.Domain = e.Domain;
        group.Default = e.Old;
        group.Blocking = new DomainId((int)e.A);
        group.RecordOwner = e.B;
        group.RecordCount = e.C;
        group.SetUp |= e.Domain != DomainId.None;
        Touch(e.Group);
    }

    private void BeginSet(in TraceEvent e)
    {
        Set.Active = true;
        Set.Group = e.Group;
        Set.Target = e.Domain;
        Set.Old = e.Old;
        Set.Must = e.Flag;
        Set.FirstCall = Now.Calls.Count;
        Now.SetDomains++;
        var group = EnsureGroup(e.Group);
        group.AfterRelease = false;
        group.MustTarget = e.Flag ? e.Domain : group.MustTarget;
        if (Now.Op is Op.AttachDevice or Op.AttachGroup or Op.AttachHandle or Op.Replace
            && Domain(e.Domain) is { } domain)
        {
            domain.AskedFor |= Bit(e.Group);
        }
    }

    private static void AddRegion(DeviceFacts device, in TraceEvent e)
    {
        var range = new DirectRange(e.A, e.B, (Prot)e.Extra, e.Flag);
        device.RequiresDirect |= !e.Flag;
        if (!device.Direct.Contains(range))
        {
            device.Direct.Add(range);
        }
    }

    private void Touch(int group)
    {
        if (group >= 0 && !Now.Dirty.Contains(group))
        {
            Now.Dirty.Add(group);
        }
    }

    private static ulong Bit(int group) => group < 0 ? 0 : 1UL << (group & 63);
}
