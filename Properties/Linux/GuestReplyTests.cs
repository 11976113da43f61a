using System.Text;
using Conformance.Drivers.Linux.Guest;

namespace Conformance.Properties.Linux;

public sealed class GuestReplyTests
{
    private static readonly string[] Results =
    [
        "0", "-22", "0 0x1000", "0 DMA-FQ", "0 0x1000 0x0-0xfedfffff 0xfef00000-0xffff",
        "0 0xfee00000-0xfeefffff:msi", "none", "unable no engine that reads", "error 12 an IOVA", "skipped",
        "L", "R", "E m0x2000", "E 0x100000", "E -", "? 0xdead0005", "-12 hit", "0 miss", "0 0x1000 hit",
        "none miss", "text 0000005\na\nb\nc", "text 0000000\n", "0 group=g0 number=2 type=DMA",
    ];

    [Fact]
    public void Every_result_reads_and_prints_back()
    {
        var read = Read(Frame(Results));
        for (var i = 0; i < Results.Length; i++)
        {
            var text = Results[i];
            var newline = text.IndexOf('\n', StringComparison.Ordinal);
            Assert.Equal(newline < 0 ? text : text[(newline + 1)..], read[i].ToString());
        }
    }

    [Fact]
    public void Parts_of_results_are_where_they_belong()
    {
        var read = Read(Frame(Results));
        Assert.Equal((ResultKind.Status, 22), (read[1].Kind, read[1].Errno));
        Assert.Equal((true, 0x1000UL, ""), (read[2].HasValue, read[2].Value, read[2].Detail));
        Assert.Equal((false, "DMA-FQ"), (read[3].HasValue, read[3].Detail));
        Assert.Equal((0x1000UL, "0x0-0xfedfffff 0xfef00000-0xffff"), (read[4].Value, read[4].Detail));
        Assert.Equal((false, "0xfee00000-0xfeefffff:msi"), (read[5].HasValue, read[5].Detail));
        Assert.Equal((ResultKind.Malformed, 12UL, "an IOVA"), (read[8].Kind, read[8].Value, read[8].Detail));
        Assert.Equal((LandingPlace.Memory, 0x2000UL), (read[12].Place, read[12].Value));
        Assert.Equal((LandingPlace.Physical, 0x100000UL), (read[13].Place, read[13].Value));
        Assert.Equal(LandingPlace.Unknown, read[14].Place);
        Assert.Equal((12, FaultOutcome.Hit), (read[16].Errno, read[16].Fault));
        Assert.Equal((0, FaultOutcome.Miss), (read[17].Errno, read[17].Fault));
        Assert.Equal((0x1000UL, FaultOutcome.Hit), (read[18].Value, read[18].Fault));
        Assert.Equal("a\nb\nc", read[20].Detail);
    }

    [Theory]
    [InlineData("X 1 - 1 2\n0\n", 0, "R")]
    [InlineData("R x - 1 2\n0\n", 2, "a sequence number")]
    [InlineData("R 1 ? 1 2\n0\n", 4, "-, W or !")]
    [InlineData("R 1 - 1025 2\n0\n", 6, "a count of results, up to 1024")]
    [InlineData("R 1 - 1 9999999\n0\n", 8, "a size of up to 1 MiB")]
    [InlineData("R 1 - 1 2\nX\n", 10, "a result")]
    [InlineData("R 1 - 1 6\n-5000\n", 11, "an error number, 1 to 4095")]
    [InlineData("R 1 - 1 4\n0\n0\n", 12, "the end of the answer")]
    [InlineData("R 1 - 2 2\n0\n", 12, "a result")]
    [InlineData("R 1 - 1 11\nE 0xinside\n", 13, "-, or a place such as m0x1000 or 0x1000")]
    [InlineData("R 1 - 1 10\ntext 99\na\n", 19, "99 bytes of text")]
    public void A_wrong_byte_is_named_with_its_place(string text, long position, string expected)
    {
        var e = Assert.Throws<ProtocolException>(() => Read(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(expected, e.Expected);
        Assert.InRange(e.Position, position - 1, position + 1);
    }

    [Fact]
    public void A_hundred_thousand_mutated_answers_are_read_or_refused()
    {
        var random = new Random(1);
        var good = 0;
        for (var round = 0; round < 100_000; round++)
        {
            var lines = random.GetItems(Results, random.Next(1, 4));
            var bytes = Mutate(Frame(lines), random);
            try
            {
                Read(bytes);
                good++;
            }
            catch (ProtocolException e)
            {
                Assert.InRange(e.Position, 0, bytes.Length);
            }
        }

        Assert.InRange(good, 100, 90_000);
    }

    private static byte[] Frame(IReadOnlyList<string> lines)
    {
        var body = string.Concat(lines.Select(l => l + "\n"));
        return Encoding.ASCII.GetBytes($"R 7 - {lines.Count} {body.Length}\n{body}");
    }

    private static List<GuestResult> Read(byte[] bytes)
    {
        var newline = Array.IndexOf(bytes, (byte)'\n');
        var header = GuestReply.Header(bytes.AsSpan(0, newline < 0 ? bytes.Length : newline + 1));
        var body = bytes.AsSpan(header.HeaderSize);
        var results = new List<GuestResult>();
        GuestReply.Body(header, body[..Math.Min(body.Length, header.Size)], results);
        return results;
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        const string Letters = " 0123456789abcdefxmELRtu?-\n\0:";
        var list = bytes.ToList();
        for (var times = random.Next(1, 4); times > 0 && list.Count > 0; times--)
        {
            var at = random.Next(list.Count);
            var letter = (byte)Letters[random.Next(Letters.Length)];
            switch (random.Next(4))
            {
                case 0:
                    list[at] = letter;
                    break;
                case 1:
                    list.Insert(at, letter);
                    break;
                case 2:
                    list.RemoveAt(at);
                    break;
                default:
                    list.RemoveRange(at, Math.Min(list.Count - at, random.Next(8)));
                    break;
            }
        }

        return [.. list];
    }
}
