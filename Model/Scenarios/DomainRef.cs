using System.Globalization;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>What kind of domain a <see cref="DomainRef"/> names.</summary>
public enum DomainRole
{
    /// <summary>A slot the scenario allocated into: <c>D3</c>.</summary>
    Slot,

    /// <summary>The default domain of a group: <c>g0.default</c>.</summary>
    Default,

    /// <summary>The domain a group uses as its blocking domain: <c>g0.blocking</c>.</summary>
    Blocking,

    /// <summary>The static identity domain of an instance's driver: <c>i0.identity</c>.</summary>
    Identity,

    /// <summary>The static blocked domain of an instance's driver: <c>i0.blocked</c>.</summary>
    Blocked,
}

/// <summary>
/// How a scenario names a domain. A name may mean nothing at the moment; the command is then a no-op.
/// </summary>
public readonly record struct DomainRef(DomainRole Role, int Index)
{
    public static DomainRef Slot(int index) => new(DomainRole.Slot, index);

    public static DomainRef DefaultOf(GroupId group) => new(DomainRole.Default, group.Index);

    public static DomainRef BlockingOf(GroupId group) => new(DomainRole.Blocking, group.Index);

    public static DomainRef IdentityOf(InstanceId instance) => new(DomainRole.Identity, instance.Index);

    public static DomainRef BlockedOf(InstanceId instance) => new(DomainRole.Blocked, instance.Index);

    /// <summary>Packed into one integer operand of a command.</summary>
    public int Packed => ((int)Role << 16) | Index;

    public static DomainRef Unpack(int packed) => new((DomainRole)(packed >> 16), packed & 0xffff);

    public static bool TryParse(string text, out DomainRef result)
    {
        result = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        var head = dot < 0 ? text : text[..dot];
        if (head.Length < 2 || !IsIndex(head[1..], out var index))
        {
            return false;
        }

        DomainRole? role = (head[0], dot < 0 ? "" : text[dot..]) switch
        {
            ('D', "") => DomainRole.Slot,
            ('g', ".default") => DomainRole.Default,
            ('g', ".blocking") => DomainRole.Blocking,
            ('i', ".identity") => DomainRole.Identity,
            ('i', ".blocked") => DomainRole.Blocked,
            _ => null,
        };
        result = new DomainRef(role ?? default, index);
        return role is not null;
    }

    public override string ToString() => Role switch
    {
        DomainRole.Slot => ClientSlots.Name(Index),
        DomainRole.Default => $"g{Index}.default",
        DomainRole.Blocking => $"g{Index}.blocking",
        DomainRole.Identity => $"i{Index}.identity",
        _ => $"i{Index}.blocked",
    };

    /// <summary>A decimal index from 0 to 999 without sign or leading zeros.</summary>
    internal static bool IsIndex(string text, out int index) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out index)
        && index < 1000 && (text.Length == 1 || text[0] != '0');
}
