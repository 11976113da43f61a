using Conformance.Model.Rules;

namespace Conformance.Harness.Linux;

/// <summary>How a promise shows on a real kernel.</summary>
public enum LinuxView
{
    /// <summary>In results of system calls and in device accesses.</summary>
    Outside,

    /// <summary>In the driver calls that probes inside the kernel see.</summary>
    Inside,

    /// <summary>Not at all.</summary>
    Hidden,
}

/// <summary>Which of the promises R1 to R62 a run on a real kernel can say something about.</summary>
public static class LinuxEvidence
{
    private const string NoDmaApi = "the DMA API has no client in user space";
    private const string NoPasid = "no device of the machine has PASIDs";
    private const string NoReset = "no device of the machine has ATS, so none is staged for reset";
    private const string NoRegion = "no device of the machine has a firmware region";
    private const string Record = "it speaks of the core's record, which nothing shows";
    private const string KernelApi = "no process can ask for it";

    private static readonly HashSet<int> OutsideRules =
    [
        1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 18, 19, 20, 22, 35, 36, 39, 40, 41, 42, 46, 50, 51, 53, 54, 55,
        61, 64, 65, 70, 71, 73,
    ];

    private static readonly HashSet<int> InsideRules = [24, 28, 29, 30, 31, 34, 37, 52, 63];

    private static readonly Dictionary<int, string> Reasons = new()
    {
        [13] = NoDmaApi,
        [14] = NoDmaApi,
        [15] = NoDmaApi,
        [47] = NoDmaApi,
        [48] = NoDmaApi,
        [49] = NoDmaApi,
        [16] = "no device of the machine is untrusted",
        [17] = NoRegion,
        [33] = NoRegion,
        [21] = "when pages are unpinned shows inside only",
        [23] = NoPasid,
        [60] = NoPasid,
        [25] = Record,
        [26] = Record,
        [27] = Record,
        [32] = "the kernel is no kdump kernel",
        [38] = "the machine has one IOMMU driver",
        [43] = "calls of the page tables are not probed",
        [44] = KernelApi,
        [45] = KernelApi,
        [56] = NoReset,
        [57] = NoReset,
        [58] = NoReset,
        [59] = "handles show inside only",
        [62] = "the gather shows inside only",
    };

    /// <summary>Where a promise shows.</summary>
    public static LinuxView ViewOf(RuleId rule) =>
        OutsideRules.Contains(rule.Number) ? LinuxView.Outside
        : InsideRules.Contains(rule.Number) ? LinuxView.Inside
        : LinuxView.Hidden;

    /// <summary>Why a promise does not show.</summary>
    public static string ReasonOf(RuleId rule) => Reasons.GetValueOrDefault(
        rule.Number, "it speaks of tables, caches or commands of simulated hardware");
}
