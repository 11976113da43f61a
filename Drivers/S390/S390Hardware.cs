using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.S390;

/// <summary>What one function's silicon holds.</summary>
public sealed class S390FunctionState(Requester requester, uint handle, S390Firmware firmware)
{
    public Requester Requester { get; } = requester;

    /// <summary>The function handle: enabled bit 31, instance 30:16, id 15:0.</summary>
    public uint Handle { get; } = handle;

    public S390Firmware Firmware { get; } = firmware;

    /// <summary>Plugged in; a handle of a removed function answers condition code 3.</summary>
    public bool Present { get; set; }

    /// <summary>In error recovery: instructions answer code 1, status 40.</summary>
    public bool Unavailable { get; set; }

    /// <summary>Answer busy this many times first.</summary>
    public int BusyFor { get; set; }

    /// <summary>An anchor is registered; without one DMA is not performed.</summary>
    public bool Registered { get; set; }

    public ulong Base { get; set; }

    public ulong Limit { get; set; }

    public ulong Anchor { get; set; }

    /// <summary>
    /// Last usable address. ISM functions with the old firmware stop one page early, which is why 6.12 and
    /// 7.2 raise the limit they register ("off by one in ISM virt device", arch/s390/pci/pci.c).
    /// </summary>
    public ulong LastUsable => Firmware.Ism ? Limit - S390Format.PageSize : Limit;

    /// <summary>Translation is on.</summary>
    public bool Translates => (Anchor & S390Format.AnchorEnabled) != 0;
}

/// <summary>An error event of a function, as firmware would raise it.</summary>
/// <param name="Handle">Function handle.</param>
/// <param name="Code">Event code.</param>
/// <param name="Address">Bus address.</param>
public readonly record struct S390ErrorEvent(uint Handle, S390EventCode Code, ulong Address);

/// <summary>
/// The PCI support of the machine: functions, the two instructions that concern translation, and DMA. It
/// reads memory and its own registers only.
/// </summary>
/// <remarks>
/// The cache keeps every translation until a refresh covers it or the anchor changes; functions with
/// <c>tlb_refresh</c> keep "not valid" too. A fault raises an error event; recovery, which registers the same
/// anchor again, is taken to be over before the next access and to drop nothing from the cache.
/// </remarks>
public sealed class S390Hardware(PhysicalMemory memory, Trace trace)
{
    private const uint EnabledBit = 0x8000_0000;

    private readonly Dictionary<ulong, S390FunctionState> byRequester = [];
    private readonly Dictionary<uint, S390FunctionState> byHandle = [];
    private readonly TaggedCache<ulong> cache = new();
    private readonly S390Walker walker = new(memory);

    // Taken to be the machine's: what one function lists, all understand (the reference is silent).
    private byte dtsm;

    /// <summary>The last error event; null before the first.</summary>
    public S390ErrorEvent? LastEvent { get; private set; }

    /// <summary>
    /// Firmware configures a function; it is enabled, with no anchor, when its instance starts.
    /// </summary>
    public S390FunctionState AddFunction(Requester requester, S390Firmware firmware)
    {
        var handle = EnabledBit | ((uint)requester.Instance.Index << 16) | (requester.Id.Value & 0xffff);
        var state = new S390FunctionState(requester, handle, firmware);
        dtsm |= firmware.Dtsm;
        byRequester[Key(requester)] = state;
        byHandle[handle] = state;
        return state;
    }

    public S390FunctionState? FunctionOf(Requester requester) =>
        byRequester.GetValueOrDefault(Key(requester));

    /// <summary>The function fails: DMA stops, instructions are refused until it is reset.</summary>
    public void Break(S390FunctionState function) =>
        (function.Unavailable, function.Registered) = (true, false);

    /// <summary>Disabled and enabled again: usable, nothing registered, nothing cached.</summary>
    public void Reset(S390FunctionState function)
    {
        (function.Unavailable, function.Registered) = (false, false);
        cache.DropTag(function.Handle);
    }

    /// <summary>
    /// "Modify PCI function controls", operations 4 and 5 of address space 0. The parameter block is 80 bytes
    /// at an 8-byte aligned address; only base, limit and anchor are used.
    /// </summary>
    public S390Condition ModifyFunctionControls(ref ulong operand, ulong block)
    {
        var condition = Accept(operand, out var function) ?? ((uint)operand & 0xff_ffff) switch
        {
            S390Instructions.RegisterIoat => Register(function!, operand, block),
            S390Instructions.DeregisterIoat => Deregister(function!, operand),
            _ => Bad(operand, block, S390Status.InvalidAddressSpace),
        };
        operand = condition.Into(operand);
        return condition;
    }

    /// <summary>
    /// "Refresh PCI translations": drops what is cached for the range. A range outside [base, limit] holds
    /// nothing and is accepted (assumption: the reference does not say).
    /// </summary>
    public S390Condition RefreshTranslations(ref ulong operand, ulong address, ulong length)
    {
        var condition = Accept(operand, out var function) ?? Refresh(function!, operand, address, length);
        operand = condition.Into(operand);
        return condition;
    }

    /// <summary>One access of a function at a bus address.</summary>
    public DmaOutcome Access(S390FunctionState function, ulong bus, DmaAccess access)
    {
        if (!function.Registered || !function.Present)
        {
            return DmaOutcome.Refused((uint)S390EventCode.InvalidAddressSpace);
        }

        if (bus < function.Base || bus > function.LastUsable)
        {
            return Fault(function, S390EventCode.OutOfRange, bus);
        }

        // Firmware keeps the window's start off: storage address 0 is the window's first byte.
        if (!function.Translates) return DmaOutcome.At(bus - function.Firmware.StartDma);

        var page = bus >> S390Format.PageShift;
        if (!cache.TryGet(function.Handle, page, out var entry))
        {
            entry = walker.Walk(function.Anchor, bus, out var code);
            if (code != S390EventCode.None && code != S390EventCode.InvalidEntry)
            {
                return Fault(function, code, bus);
            }

            if (S390Format.IsPageValid(entry) || function.Firmware.TlbRefresh)
            {
                cache.Put(function.Handle, page, entry);
            }
        }

        if (!S390Format.IsPageValid(entry)) return Fault(function, S390EventCode.InvalidEntry, bus);
        if (access == DmaAccess.Write && (entry & S390Format.Protected) != 0)
        {
            return Fault(function, S390EventCode.TranslationProtection, bus);
        }

        return DmaOutcome.At((entry & S390Format.PageAddress) | (bus & (S390Format.PageSize - 1)));
    }

    /// <summary>All translations of a registered function; nothing when it is not registered.</summary>
    public void Walk(Requester requester, Action<TranslationRun> sink)
    {
        if (!byRequester.TryGetValue(Key(requester), out var function) || !function.Registered) return;
        if (function.Translates)
        {
            walker.Report(function.Anchor, sink);
        }
        else
        {
            sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
        }
    }

    private static ulong Key(Requester requester) =>
        ((ulong)(uint)requester.Instance.Index << 32) | requester.Id.Value;

    /// <summary>The answers that any instruction may get before it does anything; null to go on.</summary>
    private S390Condition? Accept(ulong operand, out S390FunctionState? function)
    {
        if (!byHandle.TryGetValue((uint)(operand >> 32), out function) || !function.Present)
        {
            return new S390Condition(S390Condition.HandleGone, 0);
        }

        if (function.BusyFor > 0)
        {
            function.BusyFor--;
            return new S390Condition(S390Condition.Busy, 0);
        }

        return function.Unavailable
            ? new S390Condition(S390Condition.Error, S390Status.FunctionNotAvailable)
            : null;
    }

    private S390Condition Register(S390FunctionState function, ulong operand, ulong block)
    {
        if (function.Registered) return Bad(operand, block, S390Status.AlreadyRegistered);
        var first = Word(block, S390Instructions.BlockBase);
        var limit = Word(block, S390Instructions.BlockLimit);
        var anchor = Word(block, S390Instructions.BlockAnchor);
        if (!IsBlockWellFormed(block) || !IsRange(first, limit) || !Supports(function.Firmware, anchor))
        {
            return Bad(operand, anchor, S390Status.InvalidAddressSpace);
        }

        (function.Base, function.Limit, function.Anchor) = (first, limit, anchor);
        function.Registered = true;
        return Purge(function, operand, anchor);
    }

    private S390Condition Deregister(S390FunctionState function, ulong operand)
    {
        if (!function.Registered) return Bad(operand, 0, S390Status.AddressSpaceNotRegistered);
        function.Registered = false;
        return Purge(function, operand, 0);
    }

    private S390Condition Refresh(S390FunctionState function, ulong operand, ulong address, ulong length)
    {
        if (!function.Registered) return Bad(operand, address, S390Status.AddressSpaceNotRegistered);
        if (((address | length) & (S390Format.PageSize - 1)) != 0)
        {
            return Bad(operand, address, S390Status.InvalidAddressSpace);
        }

        if (length != 0)
        {
            var last = address + length - 1;
            last = last < address ? ulong.MaxValue : last;
            cache.DropRange(function.Handle, address >> S390Format.PageShift, last >> S390Format.PageShift);
        }

        Note(EventKind.Invalidate, operand, address).C = length;
        return S390Condition.Done;
    }

    private S390Condition Purge(S390FunctionState function, ulong operand, ulong anchor)
    {
        cache.DropTag(function.Handle);
        Note(EventKind.Invalidate, operand, anchor);
        return S390Condition.Done;
    }

    /// <summary>Everything but base, limit and anchor is 0.</summary>
    private bool IsBlockWellFormed(ulong block)
    {
        for (var at = 0; at < S390Instructions.BlockBytes; at += 8)
        {
            var isField = at is S390Instructions.BlockBase or S390Instructions.BlockLimit
                or S390Instructions.BlockAnchor;
            if (!isField && Word(block, at) != 0) return false;
        }

        return true;
    }

    private static bool IsRange(ulong first, ulong limit) =>
        first < limit && (first & (S390Format.PageSize - 1)) == 0
        && (limit & (S390Format.PageSize - 1)) == S390Format.PageSize - 1;

    /// <summary>
    /// A designation that the machine has, an aligned table, key 0; or no translation if relaxed.
    /// </summary>
    private bool Supports(S390Firmware firmware, ulong anchor)
    {
        if (anchor == 0) return firmware.RelaxedTranslation;
        var level = S390Format.Designation(anchor);
        return S390Firmware.Supports(dtsm, level)
            && anchor == S390Format.Anchor(anchor & S390Format.TableAddress, level);
    }

    private ulong Word(ulong block, int offset) => S390Format.Swap(memory.Fetch(block + (ulong)offset));

    private DmaOutcome Fault(S390FunctionState function, S390EventCode code, ulong bus)
    {
        LastEvent = new S390ErrorEvent(function.Handle, code, bus);
        return DmaOutcome.Refused((uint)code);
    }

    private S390Condition Bad(ulong operand, ulong word, byte status)
    {
        Note(EventKind.BadCommand, operand, word);
        return new S390Condition(S390Condition.Error, status);
    }

    private ref TraceEvent Note(EventKind kind, ulong a, ulong b)
    {
        ref var e = ref trace.Add(kind);
        e.A = a;
        e.B = b;
        return ref e;
    }
}
