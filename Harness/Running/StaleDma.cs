using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>Device accesses that a translation may decide which is gone and not yet flushed.</summary>
internal static class StaleDma
{
    /// <summary>The reference model lets the access end so although its tables say otherwise.</summary>
    public static bool MayBe(
        IommuSystem oracle, Requester source, Pasid pasid, Iova iova, DmaAccess access, DmaOutcome actual) =>
        oracle.StackOf(source) is IStaleOracle may
        && (actual.Landed
            ? may.MayStillReach(source, pasid, iova, access, actual.Pa)
            : may.MayStillRefuse(source, pasid, iova, access));
}
