using System.Collections.Immutable;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>Reads the <c>device</c> lines: requesters, then attributes in any order.</summary>
internal sealed class DeviceParser(ScenarioTokens tokens)
{
    private const int DevicesMax = 64;
    private const int RegionsMax = 64;
    private const uint GroupLast = 999;

    /// <summary>20 bits, as PCIe has them.</summary>
    private const uint PasidsMax = 1 << 20;

    private const string AttributeExpected =
        "group, pci, untrusted, ats, hotplug, deferred, pasids, wish or resv, all but resv at most once";

    private readonly ImmutableArray<DeviceSpec>.Builder devices = ImmutableArray.CreateBuilder<DeviceSpec>();
    private readonly HashSet<Requester> taken = [];
    private readonly HashSet<string> seen = new(StringComparer.Ordinal);
    private readonly List<ResvRegion> regions = [];

    public ImmutableArray<DeviceSpec> ToImmutable() => devices.ToImmutable();

    /// <summary>Reads the line at hand. Null, or the token in error and what was expected there.</summary>
    public (Token At, string Expected)? Read(int instances)
    {
        seen.Clear();
        regions.Clear();
        var id = tokens.Next();
        if (!id.Is($"d{devices.Count}"))
        {
            return (id, $"d{devices.Count}, the next device");
        }

        if (devices.Count == DevicesMax)
        {
            return (id, $"at most {DevicesMax} devices");
        }

        if (Requesters(instances, out var requesters) is { } bad)
        {
            return bad;
        }

        return Attributes(new DeviceSpec { Requesters = requesters });
    }

    private (Token At, string Expected)? Requesters(int instances, out ImmutableArray<Requester> requesters)
    {
        var list = ImmutableArray.CreateBuilder<Requester>();
        requesters = [];
        while (list.Count == 0 || tokens.Peek().Text.Contains(':', StringComparison.Ordinal))
        {
            var token = tokens.Next();
            var colon = token.Text.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0)
            {
                return (token, "a requester, such as i0:0x18");
            }

            if (OperandReader.Index(token.Until(colon), 'i', instances, out var instance) is { } expected)
            {
                return (token, $"a requester of {expected}, such as i0:0x18");
            }

            var id = token.From(colon + 1);
            if (!OperandReader.Hex(id.Text, out var value) || value > uint.MaxValue)
            {
                return (id, "a requester id of up to 32 bits, such as 0x18");
            }

            var requester = new Requester(new InstanceId(instance), new RequesterId((uint)value));
            if (!taken.Add(requester))
            {
                return (token, "a requester that no other device has");
            }

            list.Add(requester);
        }

        requesters = list.ToImmutable();
        return null;
    }

    private (Token At, string Expected)? Attributes(DeviceSpec device)
    {
        while (!tokens.Peek().IsEnd)
        {
            var word = tokens.Next();
            if (!word.Is("resv") && !seen.Add(word.Text))
            {
                return (word, AttributeExpected);
            }

            if (Attribute(word, ref device) is { } bad)
            {
                return bad;
            }
        }

        if (!device.Pci && (device.Untrusted || device.Ats))
        {
            return (tokens.Peek(), "'pci', which untrusted and ats ask for");
        }

        devices.Add(device with { Regions = [.. regions] });
        return null;
    }

    private (Token At, string Expected)? Attribute(Token word, ref DeviceSpec device)
    {
        DeviceSpec? flagged = word.Text switch
        {
            "pci" => device with { Pci = true },
            "untrusted" => device with { Untrusted = true },
            "ats" => device with { Ats = true },
            "hotplug" => device with { ColdPlug = false },
            "deferred" => device with { Deferred = true },
            _ => null,
        };
        device = flagged ?? device;
        return word.Text switch
        {
            _ when flagged is not null => null,
            "group" => Group(ref device),
            "pasids" => Pasids(ref device),
            "wish" => Wish(ref device),
            "resv" => Region(),
            _ => (word, AttributeExpected),
        };
    }

    private (Token At, string Expected)? Group(ref DeviceSpec device)
    {
        var token = tokens.Next();
        if (!OperandReader.Number(token.Text, GroupLast, out var group))
        {
            return (token, $"a group key, 0 to {GroupLast}");
        }

        device = device with { Group = (int)group };
        return null;
    }

    private (Token At, string Expected)? Pasids(ref DeviceSpec device)
    {
        var token = tokens.Next();
        if (!OperandReader.Number(token.Text, PasidsMax, out var pasids))
        {
            return (token, $"a number of PASIDs, 0 to {PasidsMax}");
        }

        device = device with { MaxPasids = pasids };
        return null;
    }

    private (Token At, string Expected)? Wish(ref DeviceSpec device)
    {
        var token = tokens.Next();
        device = device with { Wish = token.Is("identity") ? DeviceWish.Identity : DeviceWish.Dma };
        return token.Is("identity") || token.Is("dma") ? null : (token, "identity or dma");
    }

    private (Token At, string Expected)? Region()
    {
        var kind = tokens.Next();
        ResvType? type = null;
        foreach (var known in Enum.GetValues<ResvType>())
        {
            type = kind.Is(ScenarioText.ResvWord(known)) ? known : type;
        }

        if (type is null)
        {
            return (kind, "direct, direct-relaxable, reserved, msi or sw-msi");
        }

        var range = tokens.Next();
        var plus = range.Text.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0
            || !OperandReader.Hex(range.Text.AsSpan(0, plus), out var start)
            || !OperandReader.Hex(range.Text.AsSpan(plus + 1), out var length)
            || length == 0 || start > ulong.MaxValue - (length - 1))
        {
            return (range, "start and length of a region inside 64 bits, such as 0x1000+0x2000");
        }

        var access = tokens.Next();
        if (!OperandText.TryProt(access.Text, out var prot))
        {
            return (access, OperandReader.ProtExpected);
        }

        regions.Add(new ResvRegion(type.Value, new Iova(start), length, prot));
        return regions.Count <= RegionsMax ? null : (kind, $"at most {RegionsMax} regions");
    }
}
