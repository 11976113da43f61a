using Conformance.Model.Core;

namespace Conformance.Model.Rules;

/// <summary>All rules by number: the suite's table of contents.</summary>
public static class RuleCatalog
{
    private static readonly (RuleInfo Info, Func<Rule>? Make)[] Entries =
    [
        (R1OwnedWithoutDomainFaults.Promise, static () => new R1OwnedWithoutDomainFaults()),
        (R2DetachedIsUnreachable.Promise, static () => new R2DetachedIsUnreachable()),
        (R3ReleasedFollowsDefault.Promise, static () => new R3ReleasedFollowsDefault()),
        (R4OnlyOldOrNew.Promise, static () => new R4OnlyOldOrNew()),
        (R5FreedIsUnreachable.Promise, static () => new R5FreedIsUnreachable()),
        (R6FailedClaimKeepsDefault.Promise, static () => new R6FailedClaimKeepsDefault()),
        (R7FailedAttachKeepsOld.Promise, static () => new R7FailedAttachKeepsOld()),
        (R8GroupsShareNothing.Promise, static () => new R8GroupsShareNothing()),
        (R9OwnerOrKernelDriver.Promise, static () => new R9OwnerOrKernelDriver()),
        (R10OneOwner.Promise, static () => new R10OneOwner()),
        (R11HotAddedFollowsOwner.Promise, static () => new R11HotAddedFollowsOwner()),
        (R12StrictUnmap.Promise, static () => new R12StrictUnmap()),
        (R16UntrustedIsStrict.Promise, static () => new R16UntrustedIsStrict()),
        (R17DirectStaysMapped.Promise, static () => new R17DirectStaysMapped()),
        (R18ReleasedFollowsNoDomain.Promise, static () => new R18ReleasedFollowsNoDomain()),
        (R19FailedMapLeavesNothing.Promise, static () => new R19FailedMapLeavesNothing()),
        (R20PermissionsHold.Promise, static () => new R20PermissionsHold()),
        (R21UnpinnedAfterInvalidation.Promise, static () => new R21UnpinnedAfterInvalidation()),
        (R22ReadOnlyStays.Promise, static () => new R22ReadOnlyStays()),
        (R23DetachedPasidFaults.Promise, static () => new R23DetachedPasidFaults()),
        (R24OneDomainPerGroup.Promise, static () => new R24OneDomainPerGroup()),
        (R25RecordIsReal.Promise, static () => new R25RecordIsReal()),
        (R26CountMatchesClaims.Promise, static () => new R26CountMatchesClaims()),
        (R27CountWithoutOwnerIsBind.Promise, static () => new R27CountWithoutOwnerIsBind()),
        (R28ReattachIsQuiet.Promise, static () => new R28ReattachIsQuiet()),
        (R29RefusedBeforeCalls.Promise, static () => new R29RefusedBeforeCalls()),
        (R30ListOrderAndRollback.Promise, static () => new R30ListOrderAndRollback()),
        (R31MustSucceedCallsAll.Promise, static () => new R31MustSucceedCallsAll()),
        (R32DeferredWaits.Promise, static () => new R32DeferredWaits()),
        (R33DirectBeforeAttach.Promise, static () => new R33DirectBeforeAttach()),
        (R34FinalizeAfterReleaseLast.Promise, static () => new R34FinalizeAfterReleaseLast()),
        (R35TypeChangeNeedsIdleGroup.Promise, static () => new R35TypeChangeNeedsIdleGroup()),
        (R36FailedTypeChangeChangesNothing.Promise, static () => new R36FailedTypeChangeChangesNothing()),
        (R37StaticNeverFails.Promise, static () => new R37StaticNeverFails()),
        (R38NoForeignDomain.Promise, static () => new R38NoForeignDomain()),
        (R39MapTranslates.Promise, static () => new R39MapTranslates()),
        (R40UnmapReturn.Promise, static () => new R40UnmapReturn()),
        (R41UnmapStaysInside.Promise, static () => new R41UnmapStaysInside()),
        (R42ExactUnmap.Promise, static () => new R42ExactUnmap()),
        (R43OnePageSizePerCall.Promise, static () => new R43OnePageSizePerCall()),
        (R44LookupAgrees.Promise, static () => new R44LookupAgrees()),
        (R45OnlyPagingMaps.Promise, static () => new R45OnlyPagingMaps()),
        (R46MapBeforeAttach.Promise, static () => new R46MapBeforeAttach()),
        (R50AreasAreShown.Promise, static () => new R50AreasAreShown()),
        (R51AreasKeepOutOfReserved.Promise, static () => new R51AreasKeepOutOfReserved()),
        (R52ReplaceIsDirect.Promise, static () => new R52ReplaceIsDirect()),
        (R53AutomaticIsReused.Promise, static () => new R53AutomaticIsReused()),
        (R54PartsStay.Promise, static () => new R54PartsStay()),
        (R55SharingBlocks.Promise, static () => new R55SharingBlocks()),
        (R56StagedFaults.Promise, static () => new R56StagedFaults()),
        (R57DoneRestoresPresent.Promise, static () => new R57DoneRestoresPresent()),
        (R58StagedGroupIsBusy.Promise, static () => new R58StagedGroupIsBusy()),
        (R60PasidFailureIsUndone.Promise, static () => new R60PasidFailureIsUndone()),
        (R61ReservationsStay.Promise, static () => new R61ReservationsStay()),
        (R62NoEmptySync.Promise, static () => new R62NoEmptySync()),
        (R63OnlyOfferedTypes.Promise, static () => new R63OnlyOfferedTypes()),
        (R64IdentityPasses.Promise, static () => new R64IdentityPasses()),
        (R65BlockingBlocks.Promise, static () => new R65BlockingBlocks()),
        (R66FreedOnce.Promise, static () => new R66FreedOnce()),
        (R67NoWalkThroughFreed.Promise, static () => new R67NoWalkThroughFreed()),
        (R68CommandsAreUnderstood.Promise, static () => new R68CommandsAreUnderstood()),
        (R69DriverGoesOn.Promise, static () => new R69DriverGoesOn()),
        (R70DocumentedErrnos.Promise, static () => new R70DocumentedErrnos()),
        (Comparison.R71OutcomesAgree, null),
        (Comparison.R72TablesAgree, null),
    ];

    /// <summary>Every promise that is asked of simulated drivers, ascending by number.</summary>
    public static IReadOnlyList<RuleInfo> All { get; } = [.. Entries.Select(entry => entry.Info)];

    /// <summary>Promises that only a real kernel can keep or break; its runner reports them.</summary>
    public static IReadOnlyList<RuleInfo> OfKernelsOnly { get; } = [Comparison.R73KernelStaysWell];

    /// <summary>The promise of a number.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static RuleInfo Find(RuleId id) => All.Concat(OfKernelsOnly).FirstOrDefault(info => info.Id == id)
        ?? throw new ArgumentException($"no rule {id}", nameof(id));

    /// <summary>
    /// True for rules that the runner reports itself, because they need the reference model.
    /// </summary>
    public static bool IsReportedByRunner(RuleId id) =>
        Entries.Any(entry => entry.Info.Id == id && entry.Make is null);

    /// <summary>True when the rule is promised in an era.</summary>
    public static bool IsPromised(RuleInfo info, Era era) => EraOrder.Of(era) >= EraOrder.Of(info.Since);

    /// <summary>New monitors of all rules that are promised in an era, ascending by number.</summary>
    public static IReadOnlyList<Rule> MonitorsOf(Era era) =>
        [.. Entries.Where(entry => entry.Make is not null && IsPromised(entry.Info, era))
            .Select(entry => entry.Make!())];
}
