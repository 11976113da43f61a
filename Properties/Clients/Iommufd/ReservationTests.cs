using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Properties.Clients.Iommufd;

/// <summary>
/// The suspected breach of R61: reservations that a failed replace between HWPTs of one IOAS takes away.
/// </summary>
public sealed class ReservationTests
{
    private const string Two = "ioas-alloc A0 f0; fd-bind d0 f0; fd-attach A0 d0; hwpt-alloc H0 d0 A0; ";
    private const string Window = "ioas-map A0 0xfee00000 m0x0 0x1000 rw";

    [Theory]
    [InlineData("v6.6")]
    [InlineData("v6.7")]
    [InlineData("v6.19")]
    [InlineData("v7.2")]
    public void After_a_failed_replace_inside_an_IOAS_the_window_can_be_mapped(string era)
    {
        Assert.Equal("-EINVAL", IommufdBench.Last(Two + Window, era));
        var failed = IommufdBench.Run(Two + "fail-attach d0 0 -ENOMEM; fd-attach H0 d0; " + Window, era);
        Assert.Equal(["-ENOMEM", "0"], failed.TakeLast(2));
    }

    [Theory]
    [InlineData("fail-attach d0 0 -ENOMEM; fd-attach H0 d0", true)]
    [InlineData("fail-attach d0 0 -ENOMEM; fd-attach A1 d0", false)]
    [InlineData("fd-attach H0 d0; fail-attach d0 0 -EINVAL; fd-attach A0 d0", true)]
    [InlineData("fd-attach H0 d0; fd-attach A0 d0; fd-attach A1 d0; fd-attach A0 d0", false)]
    public void The_rule_sees_it(string commands, bool broken)
    {
        var era = Eras.V7_2;
        var scenario = IommufdBench.Scenario($"{Two}ioas-alloc A1 f0; {commands}");
        var replay = new LockstepRunner(Subject.Of(era), scenario, _ => false).Run();
        Assert.Equal(broken ? new RuleId(61) : null, replay.Failure?.Rule);
    }

    /// <summary>While a device is staged for reset every replace is -EBUSY, so no fault is needed.</summary>
    [Fact]
    public void A_reset_is_enough()
    {
        var outcomes = IommufdBench.Run(
            Two + $"reset-prepare d0; fd-attach H0 d0; reset-done d0; {Window}",
            devices: "device d0 i0:0x8 group 0 pci ats");
        Assert.Equal(["0", "-EBUSY", "0", "0"], outcomes.TakeLast(4));
    }

    [Fact]
    public void The_catalogue_expects_it_in_every_era_with_iommufd() =>
        Assert.All(
            Eras.All,
            era => Assert.Equal(
                era.Iommufd is not null,
                SuiteKnowledge.Catalogue.ExpectedOfCore(era).Any(e => e.Rule == new RuleId(61))));
}
