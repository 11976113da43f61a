using System.Text;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>Kind of one operand in the text form, and where it lives in a <see cref="Command"/>.</summary>
public enum Operand : byte
{
    /// <summary><c>i0</c> in A.</summary>
    Instance,

    /// <summary><c>d0</c> in A.</summary>
    Device,

    /// <summary><c>d0</c> in B.</summary>
    DeviceB,

    /// <summary><c>g0</c> in A.</summary>
    Group,

    /// <summary><c>g0</c> in B.</summary>
    GroupB,

    /// <summary><c>o1</c> in A, 0 is NULL and printed <c>o0</c>.</summary>
    Owner,

    /// <summary>A slot <c>D0</c>, packed in A.</summary>
    Slot,

    /// <summary>Any domain name, packed in A.</summary>
    Domain,

    /// <summary>Hexadecimal in Iova.</summary>
    Iova,

    /// <summary>Hexadecimal in Pa.</summary>
    Pa,

    /// <summary>Bytes, hexadecimal in Size.</summary>
    Size,

    /// <summary>Decimal in Size: skip this many calls first.</summary>
    Skip,

    /// <summary>
    /// <c>rw</c>, <c>r</c>, <c>w</c>, <c>-</c> with <c>+cache +noexec +mmio +priv</c>, in Extra.
    /// </summary>
    Prot,

    /// <summary><c>identity</c>, <c>DMA</c>, <c>DMA-FQ</c>, <c>auto</c> in Extra.</summary>
    Type,

    /// <summary>Decimal in Extra.</summary>
    Pasid,

    /// <summary>Optional trailing <c>pasid N</c> in Size (0: absent).</summary>
    DmaPasid,

    /// <summary><c>read</c> or <c>write</c> in Extra.</summary>
    Access,

    /// <summary>Decimal in B: which requester of the device.</summary>
    RequesterIndex,

    /// <summary>Optional <c>+nest-parent +dirty +pasid</c> in Extra.</summary>
    AllocFlags,

    /// <summary><c>-ENOMEM</c> in Extra.</summary>
    Errno,

    /// <summary>An iommufd context <c>f0</c> in B.</summary>
    ContextB,

    /// <summary><c>A0</c> in A.</summary>
    Ioas,

    /// <summary><c>A0</c> in B.</summary>
    IoasB,

    /// <summary><c>H0</c> in A.</summary>
    Hwpt,

    /// <summary><c>A0</c> or <c>H0</c>, packed in A.</summary>
    Table,

    /// <summary><c>A0</c> or <c>H0</c>, packed in Pa.</summary>
    Parent,

    /// <summary>An offset in the client's memory, <c>m0x1000</c>, in Pa.</summary>
    Memory,

    /// <summary>A second IOVA, hexadecimal, in Pa.</summary>
    SourceIova,

    /// <summary>A VFIO container <c>c0</c> in A.</summary>
    Container,

    /// <summary><c>v1</c> or <c>v2</c> in Extra (1, 2).</summary>
    Type1Version,

    /// <summary><c>off</c> or <c>on</c> in Extra (0, 1).</summary>
    Switch,

    /// <summary>Optional <c>+nest-parent +dirty +fault +pasid</c> in Extra.</summary>
    HwptFlags,
}

/// <summary>
/// The word and operands of each operation: the one table parser, printer, generator and shrinker use.
/// </summary>
public sealed record CommandShape(Op Op, string Word, IReadOnlyList<Operand> Operands)
{
    /// <summary>In the order of <see cref="Scenarios.Op"/>.</summary>
    public static readonly IReadOnlyList<CommandShape> All =
    [
        new(Op.Register, "register", [Operand.Instance]),
        new(Op.Probe, "probe", [Operand.Device]),
        new(Op.Release, "release", [Operand.Device]),
        new(Op.Bind, "bind", [Operand.Device]),
        new(Op.Unbind, "unbind", [Operand.Device]),
        new(Op.Alloc, "alloc", [Operand.Slot, Operand.DeviceB, Operand.AllocFlags]),
        new(Op.Free, "free", [Operand.Slot]),
        new(Op.AttachDevice, "attach-device", [Operand.Domain, Operand.DeviceB]),
        new(Op.AttachGroup, "attach-group", [Operand.Domain, Operand.GroupB]),
        new(Op.DetachDevice, "detach-device", [Operand.Domain, Operand.DeviceB]),
        new(Op.DetachGroup, "detach-group", [Operand.Domain, Operand.GroupB]),
        new(Op.Replace, "replace", [Operand.Domain, Operand.GroupB]),
        new(Op.AttachHandle, "attach-handle", [Operand.Domain, Operand.GroupB]),
        new(Op.DetachHandle, "detach-handle", [Operand.Domain, Operand.GroupB]),
        new(Op.ClaimGroup, "claim-group", [Operand.Owner, Operand.GroupB]),
        new(Op.ClaimDevice, "claim-device", [Operand.Owner, Operand.DeviceB]),
        new(Op.ReleaseGroupOwner, "release-group-owner", [Operand.Group]),
        new(Op.ReleaseDeviceOwner, "release-device-owner", [Operand.Device]),
        new(Op.SetType, "set-type", [Operand.Group, Operand.Type]),
        new(Op.Map, "map", [Operand.Domain, Operand.Iova, Operand.Pa, Operand.Size, Operand.Prot]),
        new(Op.Unmap, "unmap", [Operand.Domain, Operand.Iova, Operand.Size]),
        new(Op.UnmapFast, "unmap-fast", [Operand.Domain, Operand.Iova, Operand.Size]),
        new(Op.Sync, "sync", [Operand.Domain]),
        new(Op.IovaToPhys, "iova-to-phys", [Operand.Domain, Operand.Iova]),
        new(Op.FlushAll, "flush-all", [Operand.Domain]),
        new(Op.DeferredAttach, "deferred-attach", [Operand.Device]),
        new(Op.AttachPasid, "attach-pasid", [Operand.Domain, Operand.DeviceB, Operand.Pasid]),
        new(Op.ReplacePasid, "replace-pasid", [Operand.Domain, Operand.DeviceB, Operand.Pasid]),
        new(Op.DetachPasid, "detach-pasid", [Operand.Domain, Operand.DeviceB, Operand.Pasid]),
        new(Op.ResetPrepare, "reset-prepare", [Operand.Device]),
        new(Op.ResetDone, "reset-done", [Operand.Device]),
        new(Op.Dma, "dma", [Operand.Device, Operand.RequesterIndex, Operand.Iova, Operand.Access,
            Operand.DmaPasid]),
        new(Op.FailAttach, "fail-attach", [Operand.Device, Operand.Skip, Operand.Errno]),
        new(Op.FailMap, "fail-map", [Operand.Skip, Operand.Errno]),
        new(Op.FailAlloc, "fail-alloc", [Operand.Errno]),
        new(Op.FailNth, "fail-nth", [Operand.Skip]),
        new(Op.ShowType, "show-type", [Operand.Group]),
        new(Op.DmaMemory, "dma-memory", [Operand.Device, Operand.RequesterIndex, Operand.Memory,
            Operand.Access]),
        new(Op.FdBind, "fd-bind", [Operand.Device, Operand.ContextB]),
        new(Op.FdUnbind, "fd-unbind", [Operand.Device]),
        new(Op.FdAttach, "fd-attach", [Operand.Table, Operand.DeviceB]),
        new(Op.FdDetach, "fd-detach", [Operand.Device]),
        new(Op.IoasAlloc, "ioas-alloc", [Operand.Ioas, Operand.ContextB]),
        new(Op.IoasDestroy, "ioas-destroy", [Operand.Ioas]),
        new(Op.IoasMap, "ioas-map",
            [Operand.Ioas, Operand.Iova, Operand.Memory, Operand.Size, Operand.Prot]),
        new(Op.IoasMapAuto, "ioas-map-auto", [Operand.Ioas, Operand.Memory, Operand.Size, Operand.Prot]),
        new(Op.IoasCopy, "ioas-copy",
            [Operand.Ioas, Operand.IoasB, Operand.Iova, Operand.SourceIova, Operand.Size, Operand.Prot]),
        new(Op.IoasUnmap, "ioas-unmap", [Operand.Ioas, Operand.Iova, Operand.Size]),
        new(Op.IoasUnmapAll, "ioas-unmap-all", [Operand.Ioas]),
        new(Op.IoasRanges, "ioas-ranges", [Operand.Ioas]),
        new(Op.IoasAllow, "ioas-allow", [Operand.Ioas, Operand.Iova, Operand.Size]),
        new(Op.IoasHuge, "ioas-huge", [Operand.Ioas, Operand.Switch]),
        new(Op.HwptAlloc, "hwpt-alloc",
            [Operand.Hwpt, Operand.DeviceB, Operand.Parent, Operand.HwptFlags]),
        new(Op.HwptDestroy, "hwpt-destroy", [Operand.Hwpt]),
        new(Op.HwptDirty, "hwpt-dirty", [Operand.Hwpt, Operand.Switch]),
        new(Op.VfioSetContainer, "vfio-set-container", [Operand.Container, Operand.GroupB]),
        new(Op.VfioUnsetContainer, "vfio-unset-container", [Operand.Group]),
        new(Op.VfioSetIommu, "vfio-set-iommu", [Operand.Container, Operand.Type1Version]),
        new(Op.VfioOpen, "vfio-open", [Operand.Device]),
        new(Op.VfioClose, "vfio-close", [Operand.Device]),
        new(Op.VfioMap, "vfio-map",
            [Operand.Container, Operand.Iova, Operand.Memory, Operand.Size, Operand.Prot]),
        new(Op.VfioUnmap, "vfio-unmap", [Operand.Container, Operand.Iova, Operand.Size]),
        new(Op.VfioUnmapAll, "vfio-unmap-all", [Operand.Container]),
    ];

    /// <summary>Operations from here on are those of clients.</summary>
    public const int KernelOps = (int)Op.FailNth;

    public static CommandShape Of(Op op) => All[(int)op];

    /// <summary>One line, without end; parsing it gives the same command.</summary>
    public static string Print(in Command command)
    {
        var shape = Of(command.Op);
        var text = new StringBuilder(shape.Word);
        foreach (var operand in shape.Operands)
        {
            OperandText.Append(text, operand, command);
        }

        return text.ToString();
    }
}
