using System.Buffers;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Plugin;

public sealed class PluginQuestionWriterTests
{
    private static readonly ClientAddress Client = ClientAddress.Parse("5.4.3.2");

    [Fact]
    public void Query_is_that_of_the_2012_sketch_and_our_own_attributes()
    {
        var question = new PluginQuestion("q1", Client)
        {
            RemotePort = 6666,
            Local = ClientAddress.Parse("1.2.3.4"),
            LocalPort = 25,
            Profile = "strict",
            Helo = "mail.example",
            Sender = "a@b.example",
        };

        Assert.Equal(
            "query_id=q1\naddress_family=ipv4\nprotocol=tcp\n"
            + "local_address=1.2.3.4\nlocal_port=25\nremote_address=5.4.3.2\nremote_port=6666\n"
            + "profile=strict\nhelo=mail.example\nsender=a@b.example\n\n",
            Write(question));
    }

    [Fact]
    public void What_is_not_known_is_left_out() =>
        Assert.Equal(
            "query_id=q1\naddress_family=ipv6\nprotocol=tcp\nremote_address=2001:db8::1\n\n",
            Write(new PluginQuestion("q1", ClientAddress.Parse("2001:db8::1"))));

    [Fact]
    public void No_value_ends_its_line_or_passes_the_limits()
    {
        var nasty = "a\r\n\naction=pass\0\u0085" + new string('\u4e00', 5000);
        var written = Encoding.UTF8.GetBytes(Write(new PluginQuestion("q1", Client) { Profile = nasty, Helo = nasty, Sender = nasty }));

        var framer = new AttributeFramer(PluginRequest.Limits);
        Assert.Equal(OperationStatus.Done, framer.TryFindEnd(new ReadOnlySequence<byte>(written), out var length, out _));
        Assert.Equal(written.Length, length);
        Assert.Contains("helo=a???action=pass??", Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void Our_own_server_side_reads_it()
    {
        var written = Encoding.UTF8.GetBytes(Write(new PluginQuestion("q1", Client) { RemotePort = 1, LocalPort = 2, Local = Client }));

        Assert.True(PluginRequest.TryParse(written, out var request, out _));
        Assert.Equal("q1", Encoding.UTF8.GetString(request.QueryId));
        Assert.Equal((Client, 1, Client, 2), (request.Client, request.RemotePort, request.Local, request.LocalPort));
    }

    [Theory]
    [InlineData("q-1", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("ä", false)]
    public void Query_ids_are_printable_ascii(string text, bool expected) => Assert.Equal(expected, PluginQuestionWriter.IsQueryId(text));

    private static string Write(in PluginQuestion question)
    {
        var output = new ArrayBufferWriter<byte>();
        PluginQuestionWriter.Write(output, question);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
