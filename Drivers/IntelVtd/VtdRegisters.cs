namespace Conformance.Drivers.IntelVtd;

/// <summary>Register offsets of a remapping unit and the bits both halves use.</summary>
internal static class VtdReg
{
    public const uint Cap = 0x08;
    public const uint Ecap = 0x10;
    public const uint Gcmd = 0x18;
    public const uint Gsts = 0x1c;
    public const uint RootAddress = 0x20;
    public const uint ContextCommand = 0x28;
    public const uint FaultStatus = 0x34;
    public const uint FaultControl = 0x38;
    public const uint ProtectedMemory = 0x64;
    public const uint QueueHead = 0x80;
    public const uint QueueTail = 0x88;
    public const uint QueueAddress = 0x90;

    public const uint TranslationEnable = 1u << 31;
    public const uint SetRoot = 1u << 30;
    public const uint WriteBufferFlush = 1u << 27;
    public const uint QueueEnable = 1u << 26;

    /// <summary>RTADDR: the root table has the scalable layout.</summary>
    public const ulong ScalableRoot = 1UL << 10;

    /// <summary>CCMD and IOTLB: start; clears when done.</summary>
    public const ulong Go = 1UL << 63;

    public const uint FaultOverflow = 1;
    public const uint FaultPending = 1u << 1;
    public const uint QueueError = 1u << 4;
    public const uint FaultMask = 1u << 31;
    public const uint EnableProtected = 1u << 31;

    /// <summary>IQA: 32-byte descriptors and a queue of two pages.</summary>
    public const ulong WideQueue = (1UL << 11) | 1;

    public const ulong FaultValid = 1UL << 63;
}

/// <summary>Fault reasons as the hardware records them; for printing and the fault log only.</summary>
internal static class VtdFault
{
    public const uint RootNotPresent = 0x1;
    public const uint ContextNotPresent = 0x2;
    public const uint ContextInvalid = 0x3;
    public const uint BeyondWidth = 0x4;
    public const uint NoWrite = 0x5;
    public const uint NoRead = 0x6;
    public const uint TableAccess = 0x7;
    public const uint RootAccess = 0x8;
    public const uint ContextAccess = 0x9;
    public const uint RootReserved = 0xa;
    public const uint ContextReserved = 0xb;
    public const uint PteReserved = 0xc;

    /// <summary>A translated request through a context that does not allow it.</summary>
    public const uint TranslatedBlocked = 0xd;

    /// <summary>
    /// The access became an interrupt request and reached no memory (our number: it is no fault).
    /// </summary>
    public const uint InterruptRequest = 0x20;

    public const uint DirectoryAccess = 0x50;
    public const uint DirectoryNotPresent = 0x51;
    public const uint DirectoryReserved = 0x52;
    public const uint PasidAccess = 0x58;
    public const uint PasidNotPresent = 0x59;
    public const uint PasidReserved = 0x5a;
    public const uint PasidInvalid = 0x5b;
    public const uint FirstAccess = 0x70;
    public const uint FirstNotPresent = 0x71;
    public const uint FirstReserved = 0x72;
    public const uint SecondAccess = 0x78;
    public const uint SecondPermission = 0x79;
    public const uint SecondReserved = 0x7a;
    public const uint NonCanonical = 0x80;
    public const uint FirstNoWrite = 0x85;
    public const uint FirstNoRead = 0x86;
}

/// <summary>Fields of context and PASID-table entries.</summary>
internal static class VtdEntryBits
{
    public const ulong Present = 1;
    public const ulong FaultDisable = 1UL << 1;
    public const ulong AddressMask = ~0xfffUL;

    /// <summary>Legacy context, TT 3:2.</summary>
    public const int TranslationShift = 2;

    public const ulong Translate = 0;
    public const ulong TranslateWithDeviceTlb = 1;
    public const ulong PassThrough = 2;

    /// <summary>Legacy context, high word, DID 23:8.</summary>
    public const int ContextDidShift = 8;

    /// <summary>Scalable context: device TLB, PASID requests, directory size.</summary>
    public const ulong DeviceTlbEnable = 1UL << 2;

    public const ulong PasidEnable = 1UL << 3;
    public const int DirectorySizeShift = 9;

    /// <summary>PASID entry, q0: AW 4:2, PGTT 8:6.</summary>
    public const int PasidAwShift = 2;

    public const int PasidTypeShift = 6;
    public const ulong TypeFirst = 1;
    public const ulong TypeSecond = 2;
    public const ulong TypePassThrough = 4;

    /// <summary>PASID entry, q1: the walk snoops; page snoop forced.</summary>
    public const ulong WalkSnoop = 1UL << 23;

    public const ulong PageSnoop = 1UL << 24;

    /// <summary>PASID entry, q2: paging mode 3:2 (1 is 5 levels), no-execute enable.</summary>
    public const ulong FiveLevels = 1UL << 2;

    public const ulong NoExecuteEnable = 1UL << 5;

    /// <summary>Domain id of pass-through entries, never given to a domain.</summary>
    public const ushort PassThroughDid = 1;

    /// <summary>Domain id that tags "not present" in caching mode, never given to a domain.</summary>
    public const ushort NegativeDid = 0;
}
