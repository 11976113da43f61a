using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// What the results of commands add up to: owners, counts, binds, user domains, PASID tables, resets.
/// </summary>
public sealed partial class TraceLedger
{
    private void EndCommand(in TraceEvent e)
    {
        Now.Ended = true;
        Now.Errno = e.Errno;
        Now.NoOp = e.Flag;
        var group = Group(Now.Group);
        if (!Now.Done)
        {
            NoteSplit(group);
            return;
        }

        switch (Now.Op)
        {
            case Op.FailAttach:
                armed = (Now.Device, (Errno)Now.Command.Extra, steps);
                break;
            case Op.Sync:
                Settle(Domain(Now.Named));
                break;
            case Op.Release when group is not null:
                Unbind(group, devices[Now.Device]);
                break;
            case Op.ClaimGroup or Op.ClaimDevice or Op.ReleaseGroupOwner or Op.ReleaseDeviceOwner
                or Op.Bind or Op.Unbind when group is not null:
                Own(group);
                break;
            case Op.AttachDevice or Op.AttachGroup or Op.AttachHandle or Op.Replace when group is not null:
                group.HasUserDomain = Now.Named != group.Blocking;
                group.IsSplit = false;
                break;
            case Op.DetachDevice or Op.DetachGroup or Op.DetachHandle when group is not null:
                Detach(group);
                break;
            case Op.SetType when group is not null:
                group.HasUserDomain &= group.InUserState;
                break;
            case Op.AttachPasid or Op.ReplacePasid or Op.DetachPasid when group is not null:
                NotePasid(group);
                break;
            case Op.ResetPrepare or Op.ResetDone when group is not null && devices[Now.Device].Spec.Ats:
                var change = Now.Op == Op.ResetPrepare ? 1 : -1;
                devices[Now.Device].ResetDepth = Math.Max(0, devices[Now.Device].ResetDepth + change);
                break;
        }
    }

    /// <summary>A refused attach that is not undone (v5.19) leaves devices on the user's domain.</summary>
    private void NoteSplit(GroupFacts? group)
    {
        if (group is null || !Now.Refused || Now.Named == group.Blocking
            || Now.Op is not (Op.AttachDevice or Op.AttachGroup or Op.AttachHandle or Op.Replace))
        {
            return;
        }

        foreach (var member in group.Members)
        {
            group.IsSplit |= devices[member].IsPlaced && devices[member].Domain == Now.Named;
        }

        group.HasUserDomain |= group.IsSplit;
    }

    /// <summary>
    /// The record of a split group never named the user's domain, so a detach finds nothing to do.
    /// </summary>
    private void Detach(GroupFacts group)
    {
        var stays = Now.Warns != 0 && group.Domain != group.Blocking;
        group.IsSplit &= Now.Moves == 0;
        group.HasUserDomain &= stays || group.IsSplit;
    }

    private void Own(GroupFacts group)
    {
        var refused = Now.Warned(WarnCode.BadRelease);
        switch (Now.Op)
        {
            case Op.ClaimGroup or Op.ClaimDevice:
                Claim(group);
                break;
            case Op.ReleaseGroupOwner when !refused:
                Disown(group);
                break;
            case Op.ReleaseDeviceOwner when !refused && group.OwnerCount > 1:
                group.Misused |= group.Owner == 0;
                group.OwnerCount--;
                break;
            case Op.ReleaseDeviceOwner when !refused:
                Disown(group);
                break;
            case Op.Bind:
                group.OwnerCount++;
                group.Bound++;
                devices[Now.Device].Bound = true;
                break;
            case Op.Unbind:
                Unbind(group, devices[Now.Device]);
                break;
        }

        Forgive(group);
    }

    private void Claim(GroupFacts group)
    {
        var owner = Now.Command.A;
        group.Misused |= owner == 0;
        if (Now.Op == Op.ClaimDevice && group.OwnerCount > 0)
        {
            group.OwnerCount++;
            return;
        }

        group.Owner = owner;
        group.OwnerCount = 1;
        group.HasUserDomain = group.IsSplit = false;
    }

    private void Disown(GroupFacts group)
    {
        group.Owner = 0;
        group.OwnerCount = 0;
        group.HasUserDomain = group.IsSplit = false;
        group.AfterRelease = Now.Warns == 0;
    }

    /// <summary>
    /// An unbind that the core refuses with a warning leaves a count that belongs to nobody.
    /// </summary>
    private void Unbind(GroupFacts group, DeviceFacts device)
    {
        if (!device.Bound)
        {
            group.Misused |= Now.Op == Op.Unbind;
            return;
        }

        device.Bound = false;
        group.Bound--;
        if (Now.Warned(WarnCode.BadRelease))
        {
            group.Misused = true;
        }
        else
        {
            group.OwnerCount--;
        }
    }

    /// <summary>After misuse the record is believed until it says that nobody is left.</summary>
    private void Forgive(GroupFacts group)
    {
        if (!group.Misused)
        {
            return;
        }

        group.Owner = (int)group.RecordOwner;
        group.OwnerCount = (int)group.RecordCount;
        var bound = false;
        foreach (var member in group.Members)
        {
            bound |= devices[member].Bound;
        }

        group.Misused = bound || group.Owner != 0 || group.OwnerCount != 0;
        group.Bound = bound ? group.Bound : 0;
    }

    private void NotePasid(GroupFacts group)
    {
        var pasid = Now.Command.Extra;
        var at = IndexOf(group.Pasids, pasid);
        if (at >= 0)
        {
            group.Pasids.RemoveAt(at);
        }

        if (Now.Op != Op.DetachPasid)
        {
            group.Pasids.Add(new PasidFact(pasid, Now.Named));
        }
    }
}
