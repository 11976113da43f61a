using System.Collections.Immutable;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>
/// Reads era, CPU page, kernel options and instances; devices are read by <see cref="DeviceParser"/>.
/// </summary>
internal sealed class HeaderParser(ScenarioTokens tokens, ScenarioVocabulary vocabulary)
{
    private const int InstancesMax = 32;
    private const string KernelExpected = "passthrough=0|1, strict=0|1, kdump or vfio, each at most once";
    private static readonly string[] Keywords = ["era", "cpu-page", "kernel", "iommu", "device", "--"];

    private readonly ImmutableArray<InstanceSpec>.Builder instances =
        ImmutableArray.CreateBuilder<InstanceSpec>();

    private readonly DeviceParser devices = new(tokens);
    private int cpuPageShift = 12;
    private KernelOptions kernel = KernelOptions.Default;

    public string Era { get; private set; } = "";

    public ScenarioError? Error { get; private set; }

    /// <summary>
    /// The topology, or null with <see cref="Error"/>. Leaves the tokens after the line <c>--</c>.
    /// </summary>
    public Topology? Run()
    {
        var stage = -1;
        while (tokens.NextLine())
        {
            var keyword = Array.IndexOf(Keywords, tokens.First.Text);
            if (!Allowed(stage, keyword))
            {
                return Fail(tokens.First, Expected(stage));
            }

            stage = keyword;
            if (!ReadLine(keyword))
            {
                return null;
            }

            if (!tokens.Peek().IsEnd)
            {
                return Fail(tokens.Peek(), "the end of the line");
            }

            if (keyword == Keywords.Length - 1)
            {
                return new Topology(cpuPageShift, kernel, instances.ToImmutable(), devices.ToImmutable());
            }
        }

        return Fail(tokens.First, Expected(stage));
    }

    /// <summary>May a line with this keyword follow one with that?</summary>
    private static bool Allowed(int stage, int keyword) => keyword switch
    {
        < 0 => false,
        0 => stage < 0,
        1 or 2 => stage >= 0 && keyword > stage,
        3 => stage is >= 0 and <= 3,
        _ => stage is 3 or 4,
    };

    private static string Expected(int stage) => string.Join(
        " or ",
        Enumerable.Range(0, Keywords.Length).Where(k => Allowed(stage, k)).Select(k => $"'{Keywords[k]}'"));

    private bool ReadLine(int keyword) => keyword switch
    {
        0 => ReadEra(),
        1 => ReadCpuPage(),
        2 => ReadKernel(),
        3 => ReadInstance(),
        4 => ReadDevice(),
        _ => true,
    };

    private bool ReadEra()
    {
        var token = tokens.Next();
        Era = token.Text;
        return Check(token, vocabulary.ProblemOfEra(token.Text));
    }

    private bool ReadCpuPage()
    {
        var token = tokens.Next();
        cpuPageShift = token.Text switch
        {
            "4K" => 12,
            "16K" => 14,
            "64K" => 16,
            _ => 0,
        };
        return Check(token, cpuPageShift == 0 ? "4K, 16K or 64K" : null);
    }

    private bool ReadKernel()
    {
        while (!tokens.Peek().IsEnd)
        {
            var token = tokens.Next();
            KernelOptions? changed = token.Text switch
            {
                "passthrough=0" when kernel.Passthrough is null => kernel with { Passthrough = false },
                "passthrough=1" when kernel.Passthrough is null => kernel with { Passthrough = true },
                "strict=0" when kernel.Strict is null => kernel with { Strict = false },
                "strict=1" when kernel.Strict is null => kernel with { Strict = true },
                "kdump" when !kernel.Kdump => kernel with { Kdump = true },
                "vfio" when !kernel.Vfio => kernel with { Vfio = true },
                _ => null,
            };
            if (!Check(token, changed is null ? KernelExpected : null))
            {
                return false;
            }

            kernel = changed!;
        }

        return true;
    }

    private bool ReadInstance()
    {
        var id = tokens.Next();
        if (!Check(id, id.Is($"i{instances.Count}") ? null : $"i{instances.Count}, the next instance")
            || !Check(id, instances.Count < InstancesMax ? null : $"at most {InstancesMax} instances"))
        {
            return false;
        }

        var name = tokens.Next();
        var slash = name.Text.IndexOf('/', StringComparison.Ordinal);
        var driver = slash < 0 ? name : name.Until(slash);
        if (!Check(driver, vocabulary.ProblemOfDriver(driver.Text)))
        {
            return false;
        }

        var variant = slash < 0
            ? new Token("", name.Line, name.Column + name.Text.Length)
            : name.From(slash + 1);
        if (!Check(variant, slash < 0 ? "'/' and a variant" : null)
            || !Check(variant, vocabulary.ProblemOfVariant(driver.Text, variant.Text)))
        {
            return false;
        }

        instances.Add(new InstanceSpec(driver.Text, variant.Text));
        return true;
    }

    private bool ReadDevice()
    {
        if (devices.Read(instances.Count) is not var (token, expected))
        {
            return true;
        }

        return Check(token, expected);
    }

    private bool Check(Token token, string? problem)
    {
        if (problem is not null)
        {
            Fail(token, problem);
        }

        return problem is null;
    }

    private Topology? Fail(Token token, string expected)
    {
        Error ??= ScenarioParser.ErrorAt(token, tokens.AtEndOfText, expected);
        return null;
    }
}
