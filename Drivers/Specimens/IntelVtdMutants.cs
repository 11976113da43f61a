using Conformance.Drivers.IntelVtd;

namespace Conformance.Drivers.Specimens;

/// <summary>Mutant 1: block leaves the cached context entry.</summary>
internal sealed class VtdKeepsContextCache : VtdSteps
{
    public override void FlushBlockedContext(VtdUnit unit, ushort did, ushort sid)
    {
        //// The bug: nothing is flushed.
    }
}

/// <summary>Mutant 2: block flushes the id that the next domain will get.</summary>
internal sealed class VtdFlushesNewDid : VtdSteps
{
    public override ushort DidToFlush(VtdUnit unit, ushort old) => unit.PeekDomainId();
}

/// <summary>Mutant 3: table pages are freed at unmap.</summary>
internal sealed class VtdFreesBeforeFlush : VtdSteps
{
    public override bool FreesAfterFlush => false;
}

/// <summary>Mutant 4: the invalidation hint is always set.</summary>
internal sealed class VtdAlwaysHints : VtdSteps
{
    public override bool LeafOnly(bool noTableFreed) => true;
}

/// <summary>Mutant 5: no flush after map.</summary>
internal sealed class VtdNoSyncMap : VtdSteps
{
    public override bool FlushesAfterMap => false;
}

/// <summary>Mutant 6: attach does not block first.</summary>
internal sealed class VtdSkipsBlock : VtdSteps
{
    public override bool BlocksBeforeAttach => false;
}

/// <summary>Mutant 7: the mask follows from the size, not from where the range lies.</summary>
internal sealed class VtdMaskOfSize : VtdSteps
{
    public override int MaskOf(ulong first, ulong last) => VtdPagingDomain.MaskOfSize(first, last);
}

/// <summary>Mutant 8: the address-width field gets the number of levels.</summary>
internal sealed class VtdWidthIsLevels : VtdSteps
{
    public override ulong AddressWidth(int levels) => (ulong)levels;
}

/// <summary>Mutant 9: DMA aliases get no entry.</summary>
internal sealed class VtdForgetsAliases : VtdSteps
{
    public override int Programmed(int requesters) => 1;
}

/// <summary>Mutant 10: a blocked entry keeps everything but its present bit.</summary>
internal sealed class VtdKeepsBlockedEntry : VtdSteps
{
    public override bool ZeroesBlockedEntry => false;
}

/// <summary>Mutant 11: misses are flushed under the new domain's id.</summary>
internal sealed class VtdMissesUnderNewDid : VtdSteps
{
    public override ushort DidOfMissing(ushort did) => did;
}

/// <summary>History: execute-disable without its enable.</summary>
internal sealed class VtdNoExecuteEnable : VtdSteps
{
    public override bool EnablesNoExecute => false;
}

/// <summary>History: device TLBs are never flushed.</summary>
internal sealed class VtdForgetsDeviceTlb : VtdSteps
{
    public override bool FlushesDeviceTlb => false;
}

/// <summary>History: tables are not cleaned for an incoherent walker.</summary>
internal sealed class VtdNeverCleans : VtdSteps
{
    public override bool CleansTables => false;
}

/// <summary>History: a second stage is flushed by PASID.</summary>
internal sealed class VtdPasidFlushOnly : VtdSteps
{
    public override bool FlushesSecondStageByDomain => false;
}

/// <summary>History: release uses the domain that was never recorded.</summary>
internal sealed class VtdReleaseNeedsDomain : VtdSteps
{
    public override bool ToleratesReleaseWithoutDomain => false;
}
