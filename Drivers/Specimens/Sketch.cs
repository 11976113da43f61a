using Conformance.Drivers.AppleDart;
using Conformance.Drivers.ArmSmmuV3;
using Conformance.Drivers.IntelVtd;
using Conformance.Drivers.S390;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// A specimen without its change: most play on one plain unit, whose lines are the same everywhere.
/// </summary>
internal static class Sketch
{
    /// <summary>One device alone in its group.</summary>
    public const string OneDevice = "device d0 i0:0x1 group 0";

    private const string S390Function = "iommu i0 s390/zpci\ndevice d0 i0:0x123 group 0 pci";

    private const string SmmuDevice = "iommu i0 arm-smmu-v3/s1\ndevice d0 i0:0x8 group 0 pci ats pasids 4";

    private const string CrashedDevice = "iommu i0 intel-vtd/legacy\ndevice d0 i0:0x18 group 0 pci deferred";

    /// <summary>What a citation says when no such bug is known.</summary>
    public const string Constructed = "constructed";

    /// <summary>On a DART with 16K pages under a kernel with 16K pages.</summary>
    /// <param name="rule">What it breaks first.</param>
    /// <param name="name">Short and stable.</param>
    /// <param name="title">What is wrong and what a user sees.</param>
    /// <param name="citation">Where it is from.</param>
    /// <param name="commands">Those of its minimum.</param>
    /// <param name="devices">Device lines of its minimum; further units may come first.</param>
    /// <param name="kernel">Kernel options of its minimum.</param>
    /// <param name="era">Where it lives.</param>
    public static Specimen OnDart(
        int rule,
        string name,
        string title,
        string citation,
        string commands,
        string devices = OneDevice,
        string kernel = "",
        string era = "v7.2") => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [new RuleId(rule)],
            Era = era,
            Driver = AppleDartFactory.DriverName,
            Minimum = Text(era, "16K", kernel, $"iommu i0 apple-dart/t8103\n{devices}", commands),
        };

    /// <summary>On one s390 PCI function, whose bus addresses begin at 4 GiB.</summary>
    public static Specimen OnS390(
        int rule,
        string name,
        string title,
        string citation,
        string commands,
        string kernel = "",
        string era = "v7.2") => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [new RuleId(rule)],
            Era = era,
            Driver = S390Driver.DriverName,
            Minimum = Text(era, "4K", kernel, S390Function, commands),
        };

    /// <summary>On one device with PASIDs behind an SMMUv3 with both stages.</summary>
    /// <param name="rule">As in <see cref="OnDart"/>, like the others.</param>
    /// <param name="name">Short and stable.</param>
    /// <param name="title">What is wrong.</param>
    /// <param name="citation">Where it is from.</param>
    /// <param name="commands">Those of its minimum.</param>
    /// <param name="more">Further device lines.</param>
    public static Specimen OnSmmu(
        int rule, string name, string title, string citation, string commands, string more = "") => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [new RuleId(rule)],
            Era = "v7.2",
            Driver = ArmSmmuV3Factory.DriverName,
            Minimum = Text("v7.2", "4K", "", SmmuDevice + more, commands),
        };

    /// <summary>In a crash kernel, on a device behind VT-d that the crashed kernel left running.</summary>
    public static Specimen OnCrashedVtd(
        int rule, string name, string title, string citation, string commands) => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [new RuleId(rule)],
            Era = "v7.2",
            Driver = IntelVtdFactory.DriverName,
            Minimum = Text("v7.2", "4K", "kdump", CrashedDevice, commands),
        };

    private static string Text(string era, string page, string kernel, string system, string commands) =>
        $"era {era}\ncpu-page {page}\n{$"kernel {kernel}".TrimEnd()}\n{system}\n--\n"
        + $"{commands}\n";
}
