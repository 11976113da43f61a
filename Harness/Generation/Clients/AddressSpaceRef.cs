using System.Runtime.InteropServices;

namespace Conformance.Harness.Generation.Clients;

/// <summary>What a client maps into: an IOAS or the container of a type1 user.</summary>
/// <param name="IsContainer">True for a container.</param>
/// <param name="Index">Which of its kind.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AddressSpaceRef(bool IsContainer, int Index)
{
    public static AddressSpaceRef Ioas(int index) => new(IsContainer: false, index);

    public static AddressSpaceRef Container(int index) => new(IsContainer: true, index);
}
