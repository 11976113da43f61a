using Conformance.Model.Contract;

namespace Conformance.Model.Rules;

/// <summary>
/// What the trace has shown of one group: the core's record, and what the commands' results add up to.
/// </summary>
public sealed class GroupFacts(int index)
{
    public int Index { get; } = index;

    /// <summary>Devices in the order of joining.</summary>
    public List<int> Members { get; } = [];

    // ---- the record (GroupRecord) ----

    public DomainId Domain { get; internal set; }

    public DomainId Default { get; internal set; }

    public DomainId Blocking { get; internal set; }

    public ulong RecordOwner { get; internal set; }

    public ulong RecordCount { get; internal set; }

    /// <summary>The record named a domain since the group came to be.</summary>
    public bool SetUp { get; internal set; }

    /// <summary>Number of the command in which the default domain was set last.</summary>
    public int DefaultSince { get; internal set; } = -1;

    // ---- derived from commands ----

    /// <summary>Owner, 0 for none.</summary>
    public int Owner { get; internal set; }

    /// <summary>Successful claims and binds not yet undone; a group claim counts one.</summary>
    public int OwnerCount { get; internal set; }

    /// <summary>Bound kernel drivers.</summary>
    public int Bound { get; internal set; }

    /// <summary>
    /// A caller broke the rules of the API, so the counts mean nothing until they are zero again.
    /// </summary>
    public bool Misused { get; internal set; }

    /// <summary>The owner (or a kernel user) has attached a domain of its own.</summary>
    public bool HasUserDomain { get; internal set; }

    /// <summary>An attach that was refused left devices on the user's domain (before v6.5).</summary>
    public bool IsSplit { get; internal set; }

    /// <summary>Ownership was released and nothing has moved since.</summary>
    public bool AfterRelease { get; internal set; }

    /// <summary>Domain of the last must-succeed move.</summary>
    public DomainId MustTarget { get; internal set; }

    public List<PasidFact> Pasids { get; } = [];

    /// <summary>The record is a domain that is neither default nor blocking.</summary>
    public bool InUserState => Domain != DomainId.None && Domain != Default && Domain != Blocking;

    /// <summary>Default, or blocking while owned.</summary>
    public bool IsCore(DomainId domain) =>
        domain != DomainId.None && domain == (Owner != 0 ? Blocking : Default);

    public override string ToString() => $"g{Index}";

    internal void Reset()
    {
        Members.Clear();
        Pasids.Clear();
        Domain = Default = Blocking = MustTarget = DomainId.None;
        RecordOwner = RecordCount = 0;
        SetUp = Misused = HasUserDomain = IsSplit = AfterRelease = false;
        DefaultSince = -1;
        Owner = OwnerCount = Bound = 0;
    }
}
