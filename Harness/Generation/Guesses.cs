using System.Runtime.InteropServices;
using Conformance.Model.Contract;

namespace Conformance.Harness.Generation;

/// <summary>A device as the generator believes it to be.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct DeviceGuess
{
    public bool Present;

    /// <summary>Kernel drivers bound, minus those unbound.</summary>
    public int Bound;

    /// <summary>Depth of reset preparation.</summary>
    public int Staged;
}

/// <summary>A group as the generator believes it to be.</summary>
internal sealed class GroupGuess
{
    /// <summary>The slot attached by a user, -1 for none.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>It was attached through a handle.</summary>
    public bool ByHandle { get; set; }

    /// <summary>0 for none.</summary>
    public int Owner { get; set; }

    /// <summary>Claims or bound kernel drivers.</summary>
    public int Count { get; set; }

    public DomainMemory DefaultMemory { get; } = new();

    public void Empty()
    {
        (Slot, ByHandle, Owner, Count) = (-1, false, 0, 0);
        DefaultMemory.Clear();
    }
}

/// <summary>A slot as the generator believes it to be.</summary>
internal sealed class SlotGuess
{
    public bool Allocated { get; set; }

    /// <summary>The device it was allocated for.</summary>
    public int MadeFor { get; set; }

    public AllocFlags Flags { get; set; }

    public DomainMemory Memory { get; } = new();
}

/// <summary>A PASID that is probably attached.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PasidGuess(int Group, int Device, uint Pasid, int Slot);
