using System.Net;
using System.Net.Sockets;
using System.Text;
using Conformance.Drivers.Linux.Guest;

namespace Conformance.Properties.Linux;

/// <summary>The channel over a socket whose other end is the test.</summary>
public sealed class AgentChannelTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(60);
    private readonly Socket agent;
    private readonly AgentChannel channel;

    public AgentChannelTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(1);
        var host = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        host.Connect(listener.LocalEndPoint!);
        agent = listener.Accept();
        channel = new AgentChannel(new NetworkStream(host, ownsSocket: true)) { Patience = Long };
    }

    public void Dispose()
    {
        agent.Dispose();
        channel.Dispose();
    }

    [Fact]
    public void A_batch_becomes_a_frame_and_its_answer_results()
    {
        Answer("R 1 W 2 6\n0\n-22\n");
        var reply = channel.Run(["ping", "fd-detach d0"]);
        Assert.True(reply.KernelAlarm);
        Assert.Equal(["0", "-22"], reply.Results.Select(r => r.ToString()));
        Assert.Equal("Q 1 2 18\nping\nfd-detach d0\n", Received());
    }

    [Fact]
    public void More_lines_than_a_frame_holds_are_several_frames()
    {
        Answer($"R 1 - 1024 2048\n{Repeat("0\n", 1024)}R 2 W 76 152\n{Repeat("R\n", 76)}");
        var reply = channel.Run([.. Enumerable.Repeat("ping", 1100)]);
        Assert.Equal(1100, reply.Results.Count);
        Assert.True(reply.KernelAlarm);
        Assert.Equal(ResultKind.Refused, reply.Results[1099].Kind);
    }

    [Theory]
    [InlineData("R 2 - 1 2\n0\n")]
    [InlineData("R 1 - 2 4\n0\n0\n")]
    [InlineData("R 0 ! 1 10\nerror 1 Q\n")]
    [InlineData("garbage that never ends and has no newline whatever one waits for it to come")]
    public void Another_answer_than_that_of_the_batch_is_refused(string answer)
    {
        Answer(answer);
        Assert.Throws<ProtocolException>(() => channel.Run(["ping"]));
        Assert.Throws<InvalidOperationException>(() => channel.Run(["ping"]));
    }

    [Fact]
    public void Silence_is_a_timeout_and_so_is_a_trickle()
    {
        channel.Patience = TimeSpan.FromMilliseconds(30);
        Answer("R 1 - 1 2\n");
        Assert.Throws<TimeoutException>(() => channel.Run(["ping"]));
    }

    [Fact]
    public void A_closed_port_is_the_end()
    {
        agent.Shutdown(SocketShutdown.Both);
        Assert.Throws<EndOfStreamException>(() => channel.Run(["ping"]));
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("umlaut \u00e4")]
    public void A_line_that_is_none_is_the_callers_mistake(string line) =>
        Assert.Throws<ArgumentException>(() => channel.Run([line]));

    private static string Repeat(string text, int count) => string.Concat(Enumerable.Repeat(text, count));

    private void Answer(string text) => agent.Send(Encoding.ASCII.GetBytes(text));

    private string Received()
    {
        var bytes = new byte[1000];
        return Encoding.ASCII.GetString(bytes, 0, agent.Receive(bytes));
    }
}
