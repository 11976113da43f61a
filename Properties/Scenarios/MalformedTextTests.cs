using System.Text;
using Conformance.Harness.Generation;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

public sealed class MalformedTextTests
{
    private const string Header = "era v7.2\ncpu-page 4K\nkernel\niommu i0 three-level/legacy\n"
        + "device d0 i0:0x18 group 0 pci\n--\n";

    [Theory]
    [InlineData("", 1, 1, "'era'", "the end of the text")]
    [InlineData("\n\n", 2, 1, "'era'", "the end of the text")]
    [InlineData("cpu-page 4K", 1, 1, "'era'", "'cpu-page'")]
    [InlineData("era v9.9", 1, 5, "one of the eras v5.19, v6.3, v6.5, v6.6, v6.7, v6.19, v7.2", "'v9.9'")]
    [InlineData("era", 1, 4, "one of the eras v5.19, v6.3", "the end of the line")]
    [InlineData("era v7.2 x", 1, 10, "the end of the line", "'x'")]
    [InlineData("era v7.2\ncpu-page 8K", 2, 10, "4K, 16K or 64K", "'8K'")]
    [InlineData("era v7.2\nkernel kdump kdump", 2, 14, "at most once", "'kdump'")]
    [InlineData("era v7.2\niommu i1 streams/16k", 2, 7, "i0, the next instance", "'i1'")]
    [InlineData("era v7.2\niommu i0 stream/16k", 2, 10, "streams, functions, window", "'stream'")]
    [InlineData("era v7.2\niommu i0 streams/64k", 2, 18, "the variants of streams 16k, 4k", "'64k'")]
    [InlineData("era v7.2\niommu i0 streams", 2, 17, "'/' and a variant", "the end of the line")]
    [InlineData("era v7.2\n--", 2, 1, "'cpu-page' or 'kernel' or 'iommu'", "'--'")]
    [InlineData("era v7.2\niommu i0 streams/16k\niommu i0 streams/16k", 3, 7, "i1, the next", "'i0'")]
    [InlineData("era v7.2\niommu i0 streams/16k\n", 2, 21, "'iommu' or 'device' or '--'", "end of the text")]
    public void A_wrong_header_is_named_with_its_place(
        string text, int line, int column, string expected, string found) =>
        AssertError(text, line, column, expected, found);

    [Theory]
    [InlineData("device d1 i0:0x0", 8, "d0, the next device", "'d1'")]
    [InlineData("device d0", 10, "a requester", "the end of the line")]
    [InlineData("device d0 i1:0x0", 11, "a requester of i0", "'i1:0x0'")]
    [InlineData("device d0 i0:18", 14, "a requester id", "'18'")]
    [InlineData("device d0 i0:0x100000000", 14, "a requester id of up to 32 bits", "'0x100000000'")]
    [InlineData("device d0 i0:0x1 i0:0x1", 18, "a requester that no other device has", "'i0:0x1'")]
    [InlineData("device d0 i0:0x0 group 1000", 24, "a group key, 0 to 999", "'1000'")]
    [InlineData("device d0 i0:0x0 group 01", 24, "a group key, 0 to 999", "'01'")]
    [InlineData("device d0 i0:0x0 pci pci", 22, "all but resv at most once", "'pci'")]
    [InlineData("device d0 i0:0x0 untrusted", 27, "'pci'", "the end of the line")]
    [InlineData("device d0 i0:0x0 pasids -1", 25, "a number of PASIDs", "'-1'")]
    [InlineData("device d0 i0:0x0 wish DMA", 23, "identity or dma", "'DMA'")]
    [InlineData("device d0 i0:0x0 resv indirect", 23, "direct, direct-relaxable", "'indirect'")]
    [InlineData("device d0 i0:0x0 resv direct 0x0+0x0 rw", 30, "inside 64 bits", "'0x0+0x0'")]
    [InlineData("device d0 i0:0x0 resv msi 0xffffffffffffffff+0x2 rw", 27, "inside 64 bits", "ffff+0x2")]
    [InlineData("device d0 i0:0x0 resv msi 0x0+0x1 wr", 35, "a protection", "'wr'")]
    public void A_wrong_device_is_named_with_its_place(
        string device, int column, string expected, string found) =>
        AssertError("era v7.2\niommu i0 three-level/legacy\n" + device, 3, column, expected, found);

    [Theory]
    [InlineData("attach", 1, "attach-device, attach-group, attach-handle, attach-pasid", "'attach'")]
    [InlineData("register i1", 10, "i0", "'i1'")]
    [InlineData("probe d1", 7, "d0", "'d1'")]
    [InlineData("probe d00", 7, "d0", "'d00'")]
    [InlineData("probe", 6, "d0", "the end of the line")]
    [InlineData("probe d0 d0", 10, "no more operands of probe", "'d0'")]
    [InlineData("alloc g0.default d0", 7, "a domain slot", "'g0.default'")]
    [InlineData("alloc D0 d0 +dirty+dirty", 13, "any of +nest-parent +dirty +pasid", "'+dirty+dirty'")]
    [InlineData("attach-group g1.default g0", 14, "a domain of g0", "'g1.default'")]
    [InlineData("attach-group i1.blocked g0", 14, "a domain of i0", "'i1.blocked'")]
    [InlineData("attach-group D1000 g0", 14, "a domain: D0 to D999", "'D1000'")]
    [InlineData("set-type g0 dma", 13, "identity, DMA, DMA-FQ or auto", "'dma'")]
    [InlineData("map D0 1000", 8, "an IOVA of up to 64 bits", "'1000'")]
    [InlineData("map D0 0x10000000000000000", 8, "an IOVA of up to 64 bits", "'0x10000000000000000'")]
    [InlineData("map D0 0x1000 0x0 0x1000 rw+", 26, "a protection", "'rw+'")]
    [InlineData("map D0 0x1000 0x0 0x1000 rx", 26, "a protection", "'rx'")]
    [InlineData("dma d0 1 0x0 read", 8, "which requester of d0: 0 to 0", "'1'")]
    [InlineData("dma d0 0 0x0 fetch", 14, "read or write", "'fetch'")]
    [InlineData("dma d0 0 0x0 read pasid", 24, "a PASID", "the end of the line")]
    [InlineData("dma d0 0 0x0 read 7", 19, "'pasid'", "'7'")]
    [InlineData("fail-map 0 -EWHAT", 12, "-ENOMEM", "'-EWHAT'")]
    [InlineData("fail-alloc 0", 12, "an error number", "'0'")]
    [InlineData("fail-map 1000 -ENOMEM", 10, "how many calls to let pass", "'1000'")]
    public void A_wrong_command_is_named_with_its_place(
        string command, int column, string expected, string found) =>
        AssertError(Header + command, 7, column, expected, found);

    [Fact]
    public void No_text_makes_the_parser_throw()
    {
        var random = new Xoshiro256(1);
        var texts = Enumerable.Range(0, 64).Select(s => GeneratedScenarios.Of(s, 8).ToString()).ToArray();
        var refused = 0;
        for (var n = 0; n < 120_000; n++)
        {
            var text = n % 4 == 0 ? Noise(ref random) : Damage(ref random, texts[n % texts.Length]);
            var result = ScenarioText.Parse(text, n % 2 == 0 ? FakeFactory.Vocabulary : null);
            if (result.Error is not { } error)
            {
                AssertCanonical(result.OrThrow());
                continue;
            }

            refused++;
            Assert.Null(result.Scenario);
            Assert.True(error.Line >= 1 && error.Column >= 1, error.ToString());
            Assert.NotEmpty(error.Expected);
            Assert.NotEmpty(error.Found);
            Assert.True(Reaches(text, error.Line, error.Column), error.ToString());
        }

        Assert.InRange(refused, 60_000, 119_000);
    }

    /// <summary>The place is in the text, or just behind the end of a line.</summary>
    private static bool Reaches(string text, int line, int column)
    {
        var start = 0;
        for (var n = 1; n < line; n++)
        {
            start = text.IndexOf('\n', start) + 1;
            if (start == 0)
            {
                return false;
            }
        }

        var end = text.IndexOf('\n', start);
        return column <= (end < 0 ? text.Length : end) - start + 1;
    }

    private static void AssertCanonical(Scenario scenario)
    {
        var printed = ScenarioText.Print(scenario);
        Assert.Equal(printed, ScenarioText.Print(ScenarioText.Parse(printed).OrThrow()));
    }

    private static void AssertError(string text, int line, int column, string expected, string found)
    {
        var result = ScenarioText.Parse(text, FakeFactory.Vocabulary);
        Assert.Null(result.Scenario);
        Assert.NotNull(result.Error);
        Assert.Equal((line, column), (result.Error.Line, result.Error.Column));
        Assert.Contains(expected, result.Error.Expected, StringComparison.Ordinal);
        Assert.Contains(found, result.Error.Found, StringComparison.Ordinal);
        Assert.Throws<FormatException>(result.OrThrow);
    }

    private static string Noise(ref Xoshiro256 random)
    {
        const string Alphabet = "\0\t\n\r #+-./0123456789:Dabcdefgimoprtux\ud800é\uffff";
        var text = new StringBuilder(random.Next() % 2 == 0 ? Header : "");
        for (var length = (int)(random.Next() % 40); length > 0; length--)
        {
            text.Append(Alphabet[(int)(random.Next() % (ulong)Alphabet.Length)]);
        }

        return text.ToString();
    }

    private static string Damage(ref Xoshiro256 random, string text)
    {
        string[] pieces =
        [
            "", " ", "\n", "0x", "-", "+", "d9", "i0", "D0", "g0.default", "99999999999999999999", "pasid",
            "#", "0xffffffffffffffff", "--", "resv", "\ud800", "\0", "i0:0x1", "-ENOMEM", "rw", "map",
        ];
        var result = new StringBuilder(text);
        for (var n = 1 + (random.Next() % 3); n > 0; n--)
        {
            var at = (int)(random.Next() % (ulong)(result.Length + 1));
            var cut = Math.Min(result.Length - at, (int)(random.Next() % 4));
            var piece = pieces[(int)(random.Next() % (ulong)pieces.Length)];
            result.Remove(at, cut).Insert(at, piece);
        }

        return result.ToString();
    }
}
