using Conformance.Model.Clients.Iommufd;
using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of iommufd, each in one part of its policy, and the one that Linux has.</summary>
internal static class IommufdSpecimens
{
    private const string SecondDevice = "\ndevice d1 i0:0x10 group 1 pci";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnSmmu(
            50,
            "iommufd-new-hwpt-empty",
            "a HWPT starts empty although its IOAS has areas: the device that comes to it faults",
            "iommufd of v6.2 and v6.3, where a domain joined the IOAS with its first device only "
                + "(core.md 7.5), carried further",
            """
            register i0
            ioas-alloc A0 f0
            ioas-map A0 0x1000 m0x0 0x1000 rw
            fd-bind d0 f0
            fd-attach A0 d0
            """) with
        {
            ChangeCore = With(policy => policy with { Pages = new EmptyAtFirst() }),
        },
        Sketch.OnSmmu(
            50,
            "iommufd-map-into-one-hwpt",
            "a new area reaches only the HWPT that was linked first: other devices of the IOAS fault",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-attach A0 d0
            hwpt-alloc H0 d0 A0
            ioas-map A0 0x1000 m0x0 0x1000 rw
            """) with
        {
            ChangeCore = With(policy => policy with { Pages = new FirstOnly() }),
        },
        Sketch.OnSmmu(
            51,
            "iommufd-reserves-over-areas",
            "a device joins an IOAS that has an area over its MSI window: DMA there raises interrupts",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            ioas-map A0 0x8000000 m0x0 0x1000 rw
            fd-bind d0 f0
            fd-attach A0 d0
            """) with
        {
            ChangeCore = With(policy => policy with
            {
                Ranges = policy.Ranges with { ReservesOnlyUnused = false },
            }),
        },
        Sketch.OnSmmu(
            51,
            "iommufd-maps-over-reserved",
            "a map over the MSI window of an attached device is accepted",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-attach A0 d0
            ioas-map A0 0x8000000 m0x0 0x1000 rw
            """) with
        {
            ChangeCore = With(policy => policy with
            {
                Ranges = policy.Ranges with { KeepsOutOfReserved = false },
            }),
        },
        Sketch.OnSmmu(
            52,
            "iommufd-replace-over-blocking",
            "replace is detach and attach: DMA that both HWPTs allow faults in between",
            "iommu_group_replace_domain() before its first user (v6.6), when changing a domain took both",
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-attach A0 d0
            hwpt-alloc H0 d0 A0
            fd-attach H0 d0
            """) with
        {
            ChangeCore = With(policy => policy with { Devices = new Detour() }),
        },
        Sketch.OnSmmu(
            53,
            "iommufd-search-ignores-errors",
            "the search for an automatic HWPT goes on after -ENOMEM and makes a second one for the device",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-bind d1 f0
            fd-attach A0 d0
            fail-attach d1 0 -ENOMEM
            fd-attach A0 d1
            """,
            SecondDevice) with
        {
            ChangeCore = With(policy => policy with { Devices = new AnyError() }),
        },
        Sketch.OnSmmu(
            53,
            "iommufd-search-never-reuses",
            "each attach to an IOAS makes a new HWPT: tables are filled once for every device",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-attach A0 d0
            fd-attach A0 d0
            """) with
        {
            ChangeCore = With(policy => policy with { Devices = new NeverReused() }),
        },
        Sketch.OnSmmu(
            53,
            "iommufd-search-takes-explicit",
            "an attach to an IOAS may choose a HWPT that the process made and will destroy",
            Sketch.Constructed,
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            hwpt-alloc H0 d0 A0
            fd-attach A0 d0
            """) with
        {
            ChangeCore = With(policy => policy with { Devices = new AnyHwpt() }),
        },
        Sketch.OnSmmu(
            61,
            "iommufd-failed-replace-unreserves",
            "after a failed replace between two HWPTs of one IOAS the MSI window of the device can be mapped",
            "6.12, 7.2, 7.3 iommufd/device.c: iommufd_device_do_replace, nothing changed",
            """
            register i0
            ioas-alloc A0 f0
            fd-bind d0 f0
            fd-attach A0 d0
            hwpt-alloc H0 d0 A0
            fail-attach d0 0 -ENOMEM
            fd-attach H0 d0
            """),
    ];

    private static Func<Era, Era> With(Func<IommufdPolicy, IommufdPolicy> change) => era => era with
    {
        Iommufd = change(era.Iommufd ?? new IommufdPolicy()),
    };

    private sealed class EmptyAtFirst : FillPolicy
    {
        public override Errno FillDomain(IoPageTable table, AreaPages pages, Hwpt hwpt) => Errno.OK;
    }

    private sealed class FirstOnly : FillPolicy
    {
        public override Errno FillDomains(AreaPages pages, IoptArea area, IReadOnlyList<Hwpt> domains) =>
            base.FillDomains(pages, area, [.. domains.Take(1)]);
    }

    private sealed class Detour : DevicePolicy
    {
        public override Errno Replace(DeviceMoves moves, FdDevice idev, Hwpt target)
        {
            moves.CallDetach(idev.Group, idev.Group.Hwpt!);
            return moves.CallAttach(idev.Group, target);
        }
    }

    private sealed class AnyError : DevicePolicy
    {
        public override bool SearchGoesOn(Errno errno) => true;
    }

    private sealed class NeverReused : DevicePolicy
    {
        public override bool MayChoose(Hwpt hwpt) => false;
    }

    private sealed class AnyHwpt : DevicePolicy
    {
        public override bool MayChoose(Hwpt hwpt) => true;
    }
}
