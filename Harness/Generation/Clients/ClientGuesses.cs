using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>A device as the generator believes it to be.</summary>
internal sealed class HeldDevice
{
    public bool Present { get; set; }

    /// <summary>Kernel drivers bound, minus those unbound.</summary>
    public int Bound { get; set; }

    /// <summary>The iommufd context it is bound to, -1 for none.</summary>
    public int Context { get; set; } = -1;

    /// <summary>What it is attached to in iommufd.</summary>
    public PageTableRef? On { get; set; }

    /// <summary>Its descriptor was got from its VFIO group.</summary>
    public bool VfioOpen { get; set; }

    /// <summary>Some descriptor of it is open.</summary>
    public bool IsHeld => Context >= 0 || VfioOpen;
}

/// <summary>A group as the generator believes it to be.</summary>
internal sealed class HeldGroup
{
    /// <summary>The container it is in, -1 for none.</summary>
    public int Container { get; set; } = -1;

    /// <summary>The type last asked for with success, null for what the kernel chose.</summary>
    public TypeRequest? Type { get; set; }

    /// <summary>What the kernel itself has mapped in the default domain.</summary>
    public DomainMemory DefaultMemory { get; } = new();
}

/// <summary>An IOAS; the ranges in its memory name offsets of the client's memory as their Pa.</summary>
internal sealed class IoasGuess
{
    public bool Alive { get; set; }

    public int Context { get; set; }

    public DomainMemory Memory { get; } = new();
}

/// <summary>A HWPT that was allocated by name.</summary>
internal sealed class HwptGuess
{
    public bool Alive { get; set; }

    /// <summary>The IOAS whose areas it holds.</summary>
    public int Ioas { get; set; }

    /// <summary>The device that it was allocated for.</summary>
    public int MadeFor { get; set; }

    public HwptFlags Flags { get; set; }
}

/// <summary>A VFIO container.</summary>
internal sealed class ContainerGuess
{
    /// <summary>1 or 2 once it has a backend, 0 before.</summary>
    public int Version { get; set; }

    public DomainMemory Memory { get; } = new();
}
