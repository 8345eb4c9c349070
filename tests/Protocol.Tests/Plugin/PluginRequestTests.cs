using System.Text;
using CsCheck;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;

namespace Screening.Protocol.Tests.Plugin;

public sealed class PluginRequestTests
{
    private const string Of2012 =
        "query_id=u1\naddress_family=ipv4\nprotocol=tcp\nlocal_address=1.2.3.4\nlocal_port=25\n"
        + "remote_address=5.4.3.2\nremote_port=6666\n\n";

    // Label, message; id, client, local, local port, remote port.
    public static readonly TheoryData<string, string, string> Understood = new()
    {
        { "the 2012 form", Of2012, "u1 5.4.3.2 1.2.3.4 25 6666" },
        { "CRLF", Of2012.Replace("\n", "\r\n", StringComparison.Ordinal), "u1 5.4.3.2 1.2.3.4 25 6666" },
        { "the 2016 form", "client_address=5.4.3.2\nclient_port=1\nserver_address=::1\nserver_port=2\n\n", "- 5.4.3.2 ::1 2 1" },
        { "the client alone", "remote_address=2001:db8::1\n\n", "- 2001:db8::1 - 0 0" },
        { "an empty id", "query_id=\nremote_address=1.1.1.1\n\n", "'' 1.1.1.1 - 0 0" },
        { "the last of a repeated one", "query_id=a\nquery_id=b\nremote_address=x\nremote_address=1.1.1.1\n\n", "b 1.1.1.1 - 0 0" },
        { "the last of two names", "client_address=1.1.1.1\nremote_address=2.2.2.2\nlocal_port=1\nserver_port=2\n\n", "- 2.2.2.2 - 2 0" },
        { "the last of two names, turned", "remote_address=2.2.2.2\nclient_address=1.1.1.1\n\n", "- 1.1.1.1 - 0 0" },
        { "unknown attributes", "x=1\nremote_address=1.1.1.1\nhelo_name=h\n\n", "- 1.1.1.1 - 0 0" },
        { "malformed ones", "remote_address=1.1.1.1\nlocal_address=x\nlocal_port=99999\nremote_port=-1\n\n", "- 1.1.1.1 - 0 0" },
        { "binary in the id", "query_id=\u00ff\u0001=\nremote_address=1.1.1.1\n\n", "\u00ff\u0001= 1.1.1.1 - 0 0" },
    };

    [Theory]
    [MemberData(nameof(Understood))]
    public void Queries_are_understood(string label, string message, string wanted)
    {
        Assert.True(PluginRequest.TryParse(Encoding.Latin1.GetBytes(message), out var request, out var error), label);
        Assert.Equal(default, error);
        var id = !request.HasQueryId ? "-" : request.QueryId.IsEmpty ? "''" : Encoding.Latin1.GetString(request.QueryId);
        Assert.Equal(wanted, $"{id} {request.Client} {request.Local?.ToString() ?? "-"} {request.LocalPort} {request.RemotePort}");
        Assert.Equal(id is "-" or "''", request.IsOrdered);
    }

    [Theory]
    [InlineData("nothing", "\n", ParseErrorKind.MissingAttribute, 1)]
    [InlineData("no client", "query_id=u\nlocal_address=1.1.1.1\n\n", ParseErrorKind.MissingAttribute, 34)]
    [InlineData("a client that is no address", "query_id=u\nremote_address=host\n\n", ParseErrorKind.BadAddress, 26)]
    [InlineData("an empty client", "query_id=u\nremote_address=\n\n", ParseErrorKind.BadAddress, 26)]
    [InlineData("an address with zeros", "remote_address=01.1.1.1\nquery_id=u\n\n", ParseErrorKind.BadAddress, 15)]
    [InlineData("no separator", "query_id=u\nbad\nremote_address=1.1.1.1\n\n", ParseErrorKind.MissingSeparator, 11)]
    [InlineData("no name", "query_id=u\n=1\nremote_address=1.1.1.1\n\n", ParseErrorKind.BadName, 11)]
    [InlineData("a bare CR", "query_id=u\nx=1\r2\nremote_address=1.1.1.1\n\n", ParseErrorKind.BadValue, 11)]
    public void What_is_wrong_is_told_with_its_offset_and_keeps_the_id(string label, string message, ParseErrorKind kind, int offset)
    {
        Assert.False(PluginRequest.TryParse(Encoding.Latin1.GetBytes(message), out var request, out var error), label);
        Assert.Equal(new ParseError(kind, offset), error);
        Assert.Equal(message.Contains("query_id", StringComparison.Ordinal) ? "u" : "", Encoding.Latin1.GetString(request.QueryId));
    }

    [Fact]
    public void Random_and_spoilt_bytes_never_throw()
    {
        Gen.Byte.Array[0, 200].Sample(bytes => { PluginRequest.TryParse(bytes, out _, out _); });
        var sample = Encoding.ASCII.GetBytes(Of2012);
        Gen.Select(Gen.Int[0, sample.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var spoilt = sample.ToArray();
            spoilt[at] = value;
            PluginRequest.TryParse(spoilt, out _, out _);
        });
    }
}
