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
    ];

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
