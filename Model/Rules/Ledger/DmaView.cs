namespace Conformance.Model.Rules;

/// <summary>What a device access is about; a rule names the topics it has a premise for.</summary>
[Flags]
public enum DmaTopics
{
    None = 0,

    /// <summary>RID access of a device on an IDENTITY domain.</summary>
    Identity = 1 << 0,

    /// <summary>RID access of a device on a blocking domain with nothing mapped.</summary>
    Blocked = 1 << 1,

    /// <summary>The domain has the address mapped.</summary>
    Mapped = 1 << 2,

    /// <summary>The domain had the address mapped; unmapped and invalidated.</summary>
    Gone = 1 << 3,

    /// <summary>The device was released.</summary>
    Released = 1 << 4,

    /// <summary>RID access of a device that has left a paging domain.</summary>
    Left = 1 << 5,

    /// <summary>RID access in a group with an owner who has attached nothing.</summary>
    Owned = 1 << 6,

    /// <summary>RID access in a group whose ownership was released last.</summary>
    AfterRelease = 1 << 7,

    /// <summary>RID access of a device that attach_dev was called for in this command.</summary>
    Moved = 1 << 8,

    /// <summary>RID access in the group of a command that was refused.</summary>
    Refusal = 1 << 9,

    /// <summary>The command mapped, unmapped or looked up in the domain of the access.</summary>
    Mapping = 1 << 10,

    /// <summary>Access with a PASID.</summary>
    Pasid = 1 << 11,

    /// <summary>The device is staged for reset.</summary>
    Staged = 1 << 12,

    /// <summary>RID access of a device with direct regions.</summary>
    Direct = 1 << 13,

    /// <summary>Not what its domain translates.</summary>
    Wrong = 1 << 14,

    All = (1 << 15) - 1,
}

/// <summary>How an access compares to what a domain must translate.</summary>
public enum Judgement : byte
{
    /// <summary>Nothing can be said: the domain is unknown, or several outcomes are legal.</summary>
    Open,

    Agrees,

    Differs,
}

/// <summary>One device access with all that the ledger knows of it; worked out once for all rules.</summary>
public struct DmaView
{
    public DeviceFacts Device;

    /// <summary>Group of the device, null for none.</summary>
    public GroupFacts? Group;

    /// <summary>The domain behind this RID or PASID; null when it cannot be told.</summary>
    public DomainFacts? Domain;

    /// <summary>What that domain holds at the address, if it is a paging domain.</summary>
    public TranslationEntry Entry;

    public DmaTopics Topics;
    public ulong Iova;

    /// <summary>The address the walk uses: the hardware may drop high bits.</summary>
    public ulong At;

    /// <summary>Where it landed.</summary>
    public ulong Pa;

    public uint Pasid;
    public bool Landed;
    public bool Write;

    /// <summary>Against <see cref="Domain"/>.</summary>
    public Judgement Judgement;

    /// <summary>The mapping grants the access.</summary>
    public readonly bool Permitted => ((byte)Entry.Prot & (Write ? 2 : 1)) != 0;

    /// <summary>It landed exactly where the entry says.</summary>
    public readonly bool LandedRight => Landed && Pa == Entry.PaOf(At);

    public override readonly string ToString() =>
        $"{Device}{(Pasid != 0 ? $"/pasid {Pasid}" : "")} {(Write ? "writes" : "reads")} 0x{Iova:x}: "
        + (Landed ? $"lands at 0x{Pa:x}" : "refused");
}
