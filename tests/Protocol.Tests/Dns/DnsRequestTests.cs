using Screening.Protocol.Dns;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsRequestTests
{
    private const string Header = "1234 0100 0001 0000 0000 ";
    private const string Root = "00 0001 0001 ";
    private const string Opt = "00 0029 0200 00000000 0000 ";
    private const string OtherRecord = "01 78 00 0001 0001 00000000 0004 7f000002 ";

    [Theory]
    [InlineData("0000", 12, DnsRequestKind.Ignore)]
    [InlineData("1234 0100 0001 0000 0000 00", 12, DnsRequestKind.Ignore)]
    [InlineData("1234 8100 0001 0000 0000 0000 00 0001 0001", 12, DnsRequestKind.Ignore)]
    [InlineData("1234 0100 0000 0000 0000 0000", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 2800 0001 0000 0000 0000 00 0001 0001", 17, DnsRequestKind.NotImplemented)]
    [InlineData("1234 4000 0001 0000 0000 0000 00 0001 0001", 17, DnsRequestKind.NotImplemented)]
    [InlineData("1234 0800 0001 0000 0000 0000 00 0001 0001", 17, DnsRequestKind.NotImplemented)]
    [InlineData("1234 0100 0002 0000 0000 0000 00 0001 0001 00 0001 0001", 12, DnsRequestKind.Malformed)]
    [InlineData("1234 0100 0001 0001 0000 0000 00 0001 0001", 17, DnsRequestKind.Malformed)]
    [InlineData("1234 2800 0002 0000 0000 0000 00 0001 0001", 12, DnsRequestKind.NotImplemented)]
    [InlineData("1234 2800 0001 0000 0000 0000 05 61", 12, DnsRequestKind.NotImplemented)]
    [InlineData("1234 0100 0001 0000 0001 0000 00 0001 0001", 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0000 c00c 0001 0001", 12, DnsRequestKind.Malformed)]
    [InlineData(Header + "0000 05 61", 12, DnsRequestKind.Malformed)]
    [InlineData(Header + "0000 00 0001 00", 12, DnsRequestKind.Malformed)]
    [InlineData(Header + "0000 00 0001 0001", 17, DnsRequestKind.Question)]
    [InlineData(Header + "0000 00 0001 0001 ffff", 17, DnsRequestKind.Question)]
    [InlineData(Header + "0001 " + Root + Opt, 17, DnsRequestKind.Question)]
    [InlineData(Header + "0001 " + Root + "00 0029", 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 00000000 00", 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 00000000 0001", 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 00000000 0001 ff", 17, DnsRequestKind.Question)]
    [InlineData(Header + "0001 " + Root + "01 78 00 0029 0200 00000000 0000", 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0002 " + Root + Opt + Opt, 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0002 " + Root + Opt, 17, DnsRequestKind.Malformed)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 00010000 0000", 17, DnsRequestKind.BadVersion)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 01000000 0000", 17, DnsRequestKind.Question)]
    [InlineData(Header + "0001 " + Root + "00 0029 0200 00008000 0000", 17, DnsRequestKind.Question)]
    public void Every_message_is_of_some_kind(string hex, int echo, DnsRequestKind kind)
    {
        var request = Read(hex);
        Assert.Equal((kind, echo), (request.Kind, request.EchoBytes));
    }

    [Theory]
    [InlineData("0001", DnsType.A, true)]
    [InlineData("0003", DnsType.A, false)]
    [InlineData("0101", DnsType.A, false)]
    [InlineData("00ff", DnsType.A, false)]
    public void Type_and_class_are_read_apart(string @class, DnsType type, bool isInternet)
    {
        var request = Read(Header + "0000 00 0001 " + @class);
        Assert.Equal((type, isInternet), (request.Type, request.IsInternet));
        Assert.Equal((DnsType)0x0110, Read(Header + "0000 00 0110 " + @class).Type);
    }

    [Theory]
    [InlineData("0000 " + Root, false, 512)]
    [InlineData("0001 " + Root + Opt, true, 512)]
    [InlineData("0001 " + Root + "00 0029 0000 00000000 0000", true, 512)]
    [InlineData("0001 " + Root + "00 0029 0201 00000000 0000", true, 513)]
    [InlineData("0001 " + Root + "00 0029 ffff 00000000 0000", true, 65535)]
    [InlineData("0001 " + Root + OtherRecord, false, 512)]
    [InlineData("0002 " + Root + OtherRecord + "00 0029 04d0 00000000 0000", true, 1232)]
    [InlineData("0002 " + Root + "00 0029 04d0 00000000 0000 " + OtherRecord, true, 1232)]
    public void The_opt_record_says_what_fits(string tail, bool hasEdns, int payload)
    {
        var request = Read(Header + tail);
        Assert.Equal((DnsRequestKind.Question, hasEdns, payload), (request.Kind, request.HasEdns, request.PayloadBytes));
    }

    [Fact]
    public void Additional_records_are_limited()
    {
        Assert.Equal(DnsRequestKind.Question, Read(Header + "0008 " + Root + string.Concat(Enumerable.Repeat(OtherRecord, 8))).Kind);
        Assert.Equal(DnsRequestKind.Malformed, Read(Header + "0009 " + Root + string.Concat(Enumerable.Repeat(OtherRecord, 9))).Kind);
    }

    [Theory]
    [InlineData("00", "")]
    [InlineData("01 41 02 5f42 00", "a._b")]
    [InlineData("04 405b7b7e 00", "@[{~")]
    [InlineData("01 20 00", "")] // space
    [InlineData("01 7f 00", "")] // delete
    [InlineData("02 612e 00", "")] // a dot inside of a label
    [InlineData("01 61 01 80 00", "")]
    public void A_name_is_lower_case_or_none_of_ours(string name, string expected)
    {
        var request = Read(Header + "0000 " + name + " 0001 0001", out var text);
        Assert.Equal((DnsRequestKind.Question, expected), (request.Kind, text));
    }

    private static DnsRequest Read(string hex) => Read(hex, out _);

    private static DnsRequest Read(string hex, out string name)
    {
        var message = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        var request = DnsRequest.Read(message, new char[DnsRequest.MaxNameLength], out var text);
        name = text.ToString();
        return request;
    }
}
