namespace Conformance.Harness.Generation.Clients;

/// <summary>Sequences of client commands that bring about a premise which single ones rarely meet.</summary>
internal enum ClientPlanKind
{
    /// <summary>Bind, map, attach, access, unmap, access, detach, unbind.</summary>
    FdCycle,

    /// <summary>An IOAS is filled before its first attach (R46).</summary>
    FillFirst,

    /// <summary>Two HWPTs on one IOAS see each map and unmap (R50).</summary>
    TwoHwpts,

    /// <summary>Replace between two IOAS that differ, without a gap (R52).</summary>
    ReplaceIoas,

    /// <summary>
    /// Attach or replace to areas that lie over a reserved range (R51); then the ranges of both (R61).
    /// </summary>
    ReplaceConflict,

    /// <summary>Replace by a HWPT that the driver or iommufd refuses, on the same IOAS (R61).</summary>
    ReplaceRefused,

    /// <summary>Two devices of one group: one table for both, the first to leave changes nothing.</summary>
    GroupPair,

    /// <summary>Devices of one group in two contexts (R10).</summary>
    TwoContexts,

    /// <summary>A HWPT with flags that the driver may lack; a nested one.</summary>
    HwptFlags,

    /// <summary>Destroy of what is in use, and then of what is not.</summary>
    DestroyInUse,

    /// <summary>One IOAS is copied into another.</summary>
    Copy,

    /// <summary>Allowed ranges, and addresses that the kernel chooses.</summary>
    Ranges,

    /// <summary>Set container, backend, open, map, access, unmap, close, unset.</summary>
    Type1Cycle,

    /// <summary>Two groups share a container (R8, R55).</summary>
    SharedContainer,

    /// <summary>A type1 unmap that cuts a mapping (R54).</summary>
    PartialUnmap,

    /// <summary>The container is left while a device is open.</summary>
    UnsetOpen,

    /// <summary>iommufd and type1 want the same group (R10).</summary>
    Competition,

    /// <summary>A mapping without write permission, and writes to it (R20, R22).</summary>
    ReadOnly,

    /// <summary>A map that collides leaves nothing behind (R19).</summary>
    FailedMap,

    /// <summary>A kernel driver and a client want the same group (R9).</summary>
    KernelDriver,

    /// <summary>sysfs type of a group that is owned, free, and given back (R3, R35, R36).</summary>
    TypeChange,

    /// <summary>A device of an owned group is removed and found again (R11, R18).</summary>
    Hotplug,

    /// <summary>The first, second, ... allocation of a command fails, until it works.</summary>
    FailSweep,

    /// <summary>A driver call fails under a command of a client.</summary>
    CoreFault,

    /// <summary>A device that a client holds is reset.</summary>
    Reset,
}
