using Conformance.Model.Core;

namespace Conformance.Model.Rules;

/// <summary>Position in time of the eras that promises begin with.</summary>
/// <remarks>By name, because a changed core (a specimen) keeps the name of the era it was made
/// from.</remarks>
public static class EraOrder
{
    public const int V5_19 = 0;
    public const int V6_3 = 1;
    public const int V6_5 = 2;
    public const int V6_6 = 3;
    public const int V6_7 = 4;
    public const int V6_19 = 5;
    public const int V7_2 = 6;

    private static readonly string[] Names = ["v5.19", "v6.3", "v6.5", "v6.6", "v6.7", "v6.19", "v7.2"];

    /// <summary>Position of a name, -1 when it is none of ours.</summary>
    public static int Of(string name) => Array.IndexOf(Names, name);

    /// <summary>Position of an era; one of an unknown name counts by its own order.</summary>
    public static int Of(Era era) => Of(era.Name) is var order and >= 0 ? order : era.Order;
}
