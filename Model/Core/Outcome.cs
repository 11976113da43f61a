using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>
/// What a command gave back: an errno, and for some a value (bytes unmapped, physical address).
/// </summary>
/// <param name="Errno">0 for commands whose kernel function is void.</param>
/// <param name="Value">Bytes, address or 0.</param>
/// <param name="NoOp">The command named nothing that exists, or its era lacks the function: nothing was
/// called.</param>
public readonly record struct Outcome(Errno Errno, ulong Value, bool NoOp)
{
    public static readonly Outcome Ok;

    public static readonly Outcome Nothing = new(Errno.OK, 0, NoOp: true);

    /// <summary>The era lacks the function.</summary>
    public static readonly Outcome NotInThisEra = new(Errno.EOPNOTSUPP, 0, NoOp: true);

    public static Outcome Of(Errno errno) => new(errno, 0, NoOp: false);

    public static Outcome Bytes(ulong value) => new(Errno.OK, value, NoOp: false);

    public override string ToString() =>
        NoOp ? "nothing" : Value != 0 ? $"0x{Value:x}" : Errno.Text();
}
