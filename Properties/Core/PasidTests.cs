namespace Conformance.Properties.Core;

/// <summary>Which devices have PASIDs, and how many (core.md 3.2 step 7, 4.9).</summary>
public sealed class PasidTests
{
    private const string Device = "device d0 i0:0x1 group 0 pci pasids ";

    [Theory]
    [InlineData(16, 3, "P(D0,d0,3) = 0")]
    [InlineData(16, 4, "= -EINVAL")]
    [InlineData(2, 1, "P(D0,d0,1) = 0")]
    [InlineData(2, 2, "= -EINVAL")]
    public void The_limit_is_the_smaller_one_of_device_and_instance(int pasids, int pasid, string outcome)
    {
        Assert.Equal(4U, FakeStack.InstancePasids);
        foreach (var era in new[] { "v6.19", "v7.2" })
        {
            var commands = $"register i0;alloc D0 d0;attach-pasid D0 d0 {pasid}";
            Assert.Equal(outcome, CoreBench.Run(era, Device + pasids, commands));
        }
    }
}
