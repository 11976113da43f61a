using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The driver's record of one remapping unit (struct intel_iommu): root table, domain ids, copied entries.
/// </summary>
internal sealed class VtdUnit
{
    private const int PageBytes = 4096;
    private const ulong OldKernelDid = 2;

    private readonly PhysicalMemory memory;
    private readonly VtdSteps steps;
    private readonly ulong[] usedIds;
    private readonly HashSet<ushort> copied = [];
    private ulong root;

    public VtdUnit(int index, VtdHardware hardware, PhysicalMemory memory, VtdSteps steps)
    {
        Index = index;
        Hardware = hardware;
        this.memory = memory;
        this.steps = steps;
        Flush = new VtdFlush(hardware, memory);
        usedIds = new ulong[(Capabilities.DomainIds + 63) / 64];
        usedIds[0] = (1UL << VtdEntryBits.NegativeDid) | (1UL << VtdEntryBits.PassThroughDid);
    }

    /// <summary>Position among the units of the driver.</summary>
    public int Index { get; }

    public VtdHardware Hardware { get; }

    public VtdCapabilities Capabilities => Hardware.Capabilities;

    public VtdFlush Flush { get; }

    /// <summary>Physical address of the root table; 0 before <see cref="Start"/>.</summary>
    public ulong Root => root;

    public bool IsScalable => Capabilities.IsScalable;

    /// <summary>
    /// Brings the unit up with an empty context table: every function is blocked from here on. In a crash
    /// kernel
    /// the entries of <paramref name="inherited"/> are taken over from the old kernel (iommu.c: init_dmars).
    /// </summary>
    public void Start(IEnumerable<ushort> inherited)
    {
        if (root != 0)
        {
            return;
        }

        Flush.Enable();
        root = memory.Alloc(PageBytes).Value;
        foreach (var sid in inherited)
        {
            Inherit(sid);
        }

        Flush.WriteBuffer();
        Hardware.WriteRegister(VtdReg.RootAddress, root | (IsScalable ? VtdReg.ScalableRoot : 0));
        Flush.Command(0, VtdReg.SetRoot);
        if (!Capabilities.DropsCachesAtRoot)
        {
            Flush.Context(VtdCommands.Global, 0, 0);
            if (IsScalable)
            {
                Flush.PasidCache(VtdCommands.PasidCacheGlobal, 0, 0);
            }

            Flush.Iotlb(VtdCommands.Global, 0);
        }

        Hardware.WriteRegister(VtdReg.FaultControl, 0);
        Flush.Command(VtdReg.TranslationEnable, 0);
        Hardware.WriteRegister(VtdReg.ProtectedMemory, 0);
    }

    /// <summary>The lowest free domain id, or -ENOSPC.</summary>
    public Errno TakeDomainId(out ushort did)
    {
        did = PeekDomainId();
        if (did >= Capabilities.DomainIds || did == 0)
        {
            return Errno.ENOSPC;
        }

        usedIds[did >> 6] |= 1UL << (did & 63);
        return Errno.OK;
    }

    /// <summary>The id <see cref="TakeDomainId"/> would give; 0 when all are in use.</summary>
    public ushort PeekDomainId()
    {
        for (var i = 0; i < usedIds.Length; i++)
        {
            if (usedIds[i] != ulong.MaxValue)
            {
                var did = (i * 64) + System.Numerics.BitOperations.TrailingZeroCount(~usedIds[i]);
                return did < Capabilities.DomainIds ? (ushort)did : (ushort)0;
            }
        }

        return 0;
    }

    public void GiveDomainId(ushort did) => usedIds[did >> 6] &= ~(1UL << (did & 63));

    /// <summary>The entry was taken over from the old kernel and is not ours yet.</summary>
    public bool IsCopied(ushort sid) => copied.Contains(sid);

    public void ForgetCopied(ushort sid) => copied.Remove(sid);

    /// <summary>
    /// Address of the context entry of a function; 0 when its table does not exist and is not wanted.
    /// </summary>
    public ulong ContextEntry(ushort sid, bool create)
    {
        var upper = IsScalable && (sid & 0x80) != 0;
        var slot = root + ((ulong)(sid >> 8) * 16) + (upper ? 8UL : 0);
        var table = memory.Read(slot);
        if ((table & VtdEntryBits.Present) == 0)
        {
            if (!create)
            {
                return 0;
            }

            table = memory.Alloc(PageBytes).Value | VtdEntryBits.Present;
            Write(slot, table);
        }

        return (table & VtdEntryBits.AddressMask)
            + (IsScalable ? (ulong)(sid & 0x7f) * 32 : (ulong)(sid & 0xff) * 16);
    }

    public ulong Read(ulong pa) => memory.Read(pa);

    /// <summary>Writes a word of a remapping structure so that the unit sees it.</summary>
    public void Write(ulong pa, ulong value)
    {
        memory.Write(pa, value);
        if (!Capabilities.IsCoherent)
        {
            memory.Clean(pa, 8);
        }
    }

    public ulong AllocPage(int pages = 1) => memory.Alloc(pages * PageBytes).Value;

    public void FreePage(ulong pa, int pages = 1) => memory.Free(new PhysAddr(pa), pages * PageBytes);

    /// <summary>
    /// After an entry became present: not-present ones may be cached, or the write may wait.
    /// </summary>
    public void FlushPresent(ushort did, ushort sid)
    {
        if (Capabilities.IsCaching)
        {
            Flush.Context(VtdCommands.Selective, steps.DidOfMissing(did), sid);
            Flush.Iotlb(VtdCommands.DomainSelective, did);
        }
        else
        {
            Flush.WriteBuffer();
        }
    }

    /// <summary>
    /// The old kernel's translation of a function whose driver is gone: an empty table of its own, under an
    /// id
    /// that this kernel must not use for anything else.
    /// </summary>
    private void Inherit(ushort sid)
    {
        var at = ContextEntry(sid, create: true);
        copied.Add(sid);
        if (IsScalable)
        {
            Write(at, AllocPage() | (2UL << VtdEntryBits.DirectorySizeShift) | VtdEntryBits.Present);
            return;
        }

        usedIds[0] |= 1UL << (int)OldKernelDid;
        Write(at + 8, (OldKernelDid << VtdEntryBits.ContextDidShift) | (uint)Capabilities.DeepestAw);
        Write(at, AllocPage() | VtdEntryBits.Present);
    }
}
