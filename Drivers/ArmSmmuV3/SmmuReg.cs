namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>Register offsets and fields (SMMUv3 architecture, memory map; arm-smmu-v3.h).</summary>
public static class SmmuReg
{
    public const int Idr0 = 0x00;
    public const int Idr1 = 0x04;
    public const int Idr3 = 0x0c;
    public const int Idr5 = 0x14;
    public const int Cr0 = 0x20;
    public const int Cr0Ack = 0x24;
    public const int Cr1 = 0x28;
    public const int Cr2 = 0x2c;
    public const int Gbpa = 0x44;
    public const int IrqCtrl = 0x50;
    public const int IrqCtrlAck = 0x54;
    public const int Gerror = 0x60;
    public const int Gerrorn = 0x64;
    public const int StrtabBase = 0x80;
    public const int StrtabBaseCfg = 0x88;
    public const int CmdqBase = 0x90;
    public const int CmdqProd = 0x98;
    public const int CmdqCons = 0x9c;
    public const int EvtqBase = 0xa0;
    public const int PriqBase = 0xc0;

    /// <summary>Register page 1 lies 64 KiB above page 0.</summary>
    public const int Page1 = 0x1_0000;
    public const int EvtqProd = Page1 + 0xa8;
    public const int EvtqCons = Page1 + 0xac;
    public const int PriqProd = Page1 + 0xc8;
    public const int PriqCons = Page1 + 0xcc;

    public const uint Cr0SmmuEn = 1;
    public const uint Cr0PriqEn = 2;
    public const uint Cr0EvtqEn = 4;
    public const uint Cr0CmdqEn = 8;
    public const uint Cr0AtsChk = 16;

    /// <summary>Tables and queues write-back, inner shareable, allocating nothing special.</summary>
    public const uint Cr1Normal = 0xd75;

    public const uint Cr2E2h = 1;
    public const uint Cr2RecInvSid = 2;
    public const uint Cr2Ptm = 4;

    public const uint GbpaAbort = 1U << 20;
    public const uint GbpaUpdate = 1U << 31;

    public const uint GerrorCmdq = 1;

    public const uint IrqGerror = 1;
    public const uint IrqPriq = 2;
    public const uint IrqEvtq = 4;

    /// <summary>STRTAB_BASE: the walker may allocate in caches; address in bits 51:6.</summary>
    public const ulong StrtabBaseRa = 1UL << 62;

    /// <summary>Queue base: the unit may allocate in caches; address in bits 51:5, log2 size in
    /// 4:0.</summary>
    public const ulong QueueBaseRwa = 1UL << 62;

    public const uint QueueOverflow = 1U << 31;

    /// <summary>CMDQ_CONS error code, bits 30:24.</summary>
    public const int CmdqErrorShift = 24;
    public const uint CmdqErrorIllegal = 1;
    public const uint CmdqErrorAbort = 2;
}

/// <summary>Opcodes of the command queue, bits 7:0 of the first word.</summary>
public enum SmmuOpcode : byte
{
    PrefetchCfg = 0x01,
    CfgiSte = 0x03,

    /// <summary>CFGI_STE_RANGE; with range 31 it is CFGI_ALL.</summary>
    CfgiAll = 0x04,
    CfgiCd = 0x05,
    CfgiCdAll = 0x06,
    TlbiNhAll = 0x10,
    TlbiNhAsid = 0x11,
    TlbiNhVa = 0x12,
    TlbiEl2All = 0x20,
    TlbiEl2Asid = 0x21,
    TlbiEl2Va = 0x22,
    TlbiS12Vmall = 0x28,
    TlbiS2Ipa = 0x2a,
    TlbiNsnhAll = 0x30,
    AtcInv = 0x40,
    PriResp = 0x41,
    Resume = 0x44,
    Sync = 0x46,
}

/// <summary>Numbers of event records, which also serve as fault codes.</summary>
public enum SmmuEvent : byte
{
    None = 0,
    BadStreamId = 0x02,
    SteFetch = 0x03,
    BadSte = 0x04,
    StreamDisabled = 0x06,
    TranslationForbidden = 0x07,
    BadSubstreamId = 0x08,
    CdFetch = 0x09,
    BadCd = 0x0a,
    WalkExternalAbort = 0x0b,
    Translation = 0x10,
    AddressSize = 0x11,
    Access = 0x12,
    Permission = 0x13,
}

/// <summary>STE.Config, bits 3:1 of the first word.</summary>
public enum SmmuConfig : byte
{
    Abort = 0,
    Bypass = 4,
    Stage1 = 5,
    Stage2 = 6,
    Nested = 7,
}
