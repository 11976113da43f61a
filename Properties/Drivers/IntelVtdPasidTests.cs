using Conformance.Model.Contract;

namespace Conformance.Properties.Drivers;

/// <summary>PASIDs, and the caches inside devices that are flushed for them.</summary>
public sealed class IntelVtdPasidTests
{
    private const ulong Pa = 0x1_2345_6000;

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Pasids_are_apart_from_normal_requests(KernelTree tree)
    {
        foreach (var variant in new[] { "scalable-first-stage", "scalable-second-stage" })
        {
            var rig = new IntelVtdRig(tree, [variant], [IntelVtdRig.Device(0, 0x18) with { MaxPasids = 64 }]);
            rig.Probe(0);
            var domain = rig.Alloc();
            rig.Map(domain, 0x1000, Pa, 0x1000);
            Assert.Null(rig.Dma(0x1000, pasid: 5));
            Assert.Equal(Errno.OK, domain.SetDevPasid(rig[0], new Pasid(5), null));
            Assert.Equal(Pa, rig.Dma(0x1000, pasid: 5));
            Assert.Null(rig.Dma(0x1000));
            Assert.Equal(Errno.EBUSY, rig.Alloc().SetDevPasid(rig[0], new Pasid(5), null));
            Assert.Equal(Errno.OK, rig.Driver.BlockedDomain!.SetDevPasid(rig[0], new Pasid(5), domain));
            Assert.Null(rig.Dma(0x1000, pasid: 5));
        }
    }

    /// <summary>
    /// In scalable mode 7.2 switches ATS on once, after the first attach: what comes later finds it on,
    /// whatever normal requests are on.
    /// </summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_cache_of_a_device_is_flushed_for_a_PASID_that_came_before_the_domain(bool blockedFirst)
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { MaxPasids = 64, Ats = true };
        var rig = new IntelVtdRig(KernelTree.V7_2, ["scalable-second-stage"], [spec]);
        rig.Probe(0);
        var first = rig.Alloc();
        rig.Attach(first);
        rig.Driver.ProbeFinalize(rig[0]);
        if (blockedFirst)
        {
            rig.Attach(rig.Driver.BlockedDomain!, old: first);
        }

        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, domain.SetDevPasid(rig[0], new Pasid(5), null));
        Assert.Equal(Errno.OK, rig.Attach(domain));
        rig.Map(domain, 0x1000, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000));
        Assert.Equal(Pa, rig.Dma(0x1000, pasid: 5));
        Assert.Equal(0x1000UL, rig.Unmap(domain, 0x1000, 0x1000));
        Assert.Null(rig.Dma(0x1000));
        Assert.Null(rig.Dma(0x1000, pasid: 5));
    }

    [Fact]
    public void The_cache_of_a_device_is_flushed_for_the_domain_it_had_when_ATS_went_on()
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { Ats = true };
        var rig = new IntelVtdRig(KernelTree.V7_2, ["scalable-second-stage"], [spec]);
        rig.Probe(0);
        var domain = rig.Alloc();
        rig.Attach(domain);
        rig.Driver.ProbeFinalize(rig[0]);
        rig.Map(domain, 0x1000, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000));
        rig.Trace.Clear();
        rig.Unmap(domain, 0x1000, 0x1000);
        Assert.Null(rig.Dma(0x1000));
        Assert.Contains((0x18_0000_0003UL, 0x1000UL), rig.Invalidations());
    }

    /// <summary>
    /// 6.12 switches ATS off when normal requests are blocked, and a PASID that is attached then has no place
    /// in the list of device caches to flush (cache.c: __cache_tag_assign_domain).
    /// </summary>
    [Fact]
    public void The_cache_of_a_device_is_missed_in_6_12_for_a_PASID_attached_while_blocked()
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { MaxPasids = 64, Ats = true };
        var rig = new IntelVtdRig(KernelTree.V6_12, ["scalable-second-stage"], [spec]);
        rig.Probe(0);
        var domain = rig.Alloc();
        Assert.Equal(Errno.OK, domain.SetDevPasid(rig[0], new Pasid(5), null));
        Assert.Equal(Errno.OK, rig.Attach(domain));
        rig.Map(domain, 0x1000, Pa, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000, pasid: 5));
        rig.Unmap(domain, 0x1000, 0x1000);
        Assert.Equal(Pa, rig.Dma(0x1000, pasid: 5));
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_PASID_is_refused_while_the_entry_is_the_old_kernel_s(KernelTree tree)
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { Deferred = true, MaxPasids = 64 };
        var rig = new IntelVtdRig(tree, ["scalable-second-stage"], [spec], kdump: true);
        rig.Probe(0);
        Assert.NotEqual(0U, rig[0].MaxPasids);
        var domain = rig.Alloc();
        Assert.Equal(Errno.EBUSY, domain.SetDevPasid(rig[0], new Pasid(5), null));
        rig.Attach(rig.Driver.BlockedDomain!);
        Assert.Equal(Errno.EBUSY, domain.SetDevPasid(rig[0], new Pasid(5), null));
        rig.Trace.Clear();
        Assert.Equal(Errno.OK, rig.Attach(domain));
        //// Nobody knows which ids the old kernel used: all PASID entries and all translations go.
        Assert.Equal([(0x18_0000_0031UL, 0UL), (0x37UL, 0UL), (0xd2UL, 0UL)], rig.Invalidations());
        Assert.Equal(Errno.OK, domain.SetDevPasid(rig[0], new Pasid(5), null));
    }

    /// <summary>
    /// A replace, which the core does not test, can ask for one: the table ends at 2^15 here.
    /// </summary>
    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void A_PASID_beyond_the_table_of_the_device_cannot_be_reached(KernelTree tree)
    {
        var spec = IntelVtdRig.Device(0, 0x18) with { MaxPasids = 1 };
        var rig = new IntelVtdRig(tree, ["scalable-second-stage"], [spec]);
        rig.Probe(0);
        Assert.Equal(Errno.OK, rig.Alloc().SetDevPasid(rig[0], new Pasid(0x7fff), null));
        Assert.Equal(Errno.ENODEV, rig.Alloc().SetDevPasid(rig[0], new Pasid(0x8000), null));
    }
}
