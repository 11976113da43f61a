using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>What the driver reads from the identification registers (arm_smmu_device_hw_probe).</summary>
public sealed record SmmuFeatures
{
    public required bool Stage1 { get; init; }

    public required bool Stage2 { get; init; }

    public required bool CoherentWalk { get; init; }

    public required bool Ats { get; init; }

    public required bool Pri { get; init; }

    public required bool SendsEvent { get; init; }

    public required bool Hyp { get; init; }

    /// <summary>Streams use the EL2-E2H regime because the host does.</summary>
    public required bool E2h { get; init; }

    public required bool Stalls { get; init; }

    public required bool DirtyUpdate { get; init; }

    public required bool TwoLevelStreams { get; init; }

    public required bool TwoLevelContexts { get; init; }

    public required bool RangeInvalidation { get; init; }

    /// <summary>STE.SHCFG must be filled for bypass.</summary>
    public required bool AttributeOverride { get; init; }

    public required int AsidBits { get; init; }

    public required int VmidBits { get; init; }

    public required int StreamIdBits { get; init; }

    public required int SubstreamIdBits { get; init; }

    public required int CommandQueueBits { get; init; }

    public required int EventQueueBits { get; init; }

    public required int PriQueueBits { get; init; }

    /// <summary>All sizes of all granules.</summary>
    public required PageSizes PageSizes { get; init; }

    /// <summary>Output address bits.</summary>
    public required int OutputBits { get; init; }

    /// <summary>6.1 and 6.12 <c>smmu-&gt;ias</c>: at least 40 when AArch32 tables are possible.</summary>
    public required int IntermediateBits { get; init; }

    /// <summary>The queues are never larger than this, whatever the unit offers.</summary>
    private const int MostQueueBits = 8;

    public static SmmuFeatures Read(SmmuHardware hardware, bool hostAtEl2)
    {
        var idr0 = hardware.Read32(SmmuReg.Idr0);
        var idr1 = hardware.Read32(SmmuReg.Idr1);
        var idr5 = hardware.Read32(SmmuReg.Idr5);
        var hyp = (idr0 & SmmuBuild.Hyp) != 0;
        var output = OutputOf((int)(idr5 & 7));
        var streamBits = (int)(idr1 & 0x3f);
        return new SmmuFeatures
        {
            Stage1 = (idr0 & SmmuBuild.S1P) != 0,
            Stage2 = (idr0 & SmmuBuild.S2P) != 0,
            CoherentWalk = (idr0 & SmmuBuild.Coherent) != 0,
            Ats = (idr0 & SmmuBuild.Ats) != 0,
            Pri = (idr0 & SmmuBuild.Pri) != 0,
            SendsEvent = (idr0 & SmmuBuild.Sev) != 0,
            Hyp = hyp,
            E2h = hyp && hostAtEl2,
            Stalls = ((idr0 >> 24) & 3) != 1,
            DirtyUpdate = ((idr0 >> 6) & 3) == 2,
            TwoLevelStreams = ((idr0 >> 27) & 3) == 1 && streamBits > SmmuStreamTable.Split,
            TwoLevelContexts = (idr0 & SmmuBuild.TwoLevelCd) != 0,
            RangeInvalidation = (hardware.Read32(SmmuReg.Idr3) & SmmuBuild.RangeInvalidation) != 0,
            AttributeOverride = (idr1 & SmmuBuild.AttributeOverride) != 0,
            AsidBits = (idr0 & SmmuBuild.Asid16) != 0 ? 16 : 8,
            VmidBits = (idr0 & SmmuBuild.Vmid16) != 0 ? 16 : 8,
            StreamIdBits = streamBits,
            SubstreamIdBits = (int)((idr1 >> 6) & 0x1f),
            CommandQueueBits = Math.Min(MostQueueBits, (int)((idr1 >> 21) & 0x1f)),
            EventQueueBits = Math.Min(MostQueueBits, (int)((idr1 >> 16) & 0x1f)),
            PriQueueBits = Math.Min(MostQueueBits, (int)((idr1 >> 11) & 0x1f)),
            PageSizes = SizesOf(idr5, output),
            OutputBits = output,
            IntermediateBits = Math.Max(((idr0 >> 2) & 3) == 3 ? 40 : 0, output),
        };
    }

    private static PageSizes SizesOf(uint idr5, int output)
    {
        var sizes = (idr5 & SmmuBuild.Granule64K) != 0 ? 0x2001_0000UL : 0;
        sizes |= (idr5 & SmmuBuild.Granule16K) != 0 ? 0x0200_4000UL : 0;
        sizes |= (idr5 & SmmuBuild.Granule4K) != 0 ? 0x4020_1000UL : 0;
        return new PageSizes(sizes | (output == 52 ? 1UL << 42 : 0));
    }

    /// <summary>Codes 0 to 6; an unknown code counts as 48.</summary>
    private static int OutputOf(int code) => code switch
    {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        6 => 52,
        _ => 48,
    };
}
