using System.Net;
using System.Text;
using CsCheck;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class ClientAddressTests
{
    [Theory]
    [InlineData("1.2.3.4", "1.2.3.4")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("255.255.255.255", "255.255.255.255")]
    [InlineData("::ffff:1.2.3.4", "1.2.3.4")]
    [InlineData("::FFFF:102:304", "1.2.3.4")]
    [InlineData("0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4")]
    [InlineData("::", "::")]
    [InlineData("::1", "::1")]
    [InlineData("1::", "1::")]
    [InlineData("2001:DB8::0001", "2001:db8::1")]
    [InlineData("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0")]
    [InlineData("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8")]
    [InlineData("1:0:0:4:0:0:0:8", "1:0:0:4::8")]
    [InlineData("1:0:0:4:5:0:0:8", "1::4:5:0:0:8")]
    [InlineData("64:ff9b::1.2.3.4", "64:ff9b::102:304")]
    [InlineData("::1.2.3.4", "::1.2.3.4")]
    [InlineData("::ffff:0:1.2.3.4", "::ffff:0:102:304")]
    [InlineData("fe80::5efe:1.2.3.4", "fe80::5efe:102:304")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void An_address_is_read_and_written_in_its_canonical_form(string text, string canonical)
    {
        Assert.True(ClientAddress.TryParse(text, out var address));
        Assert.Equal(canonical, address.ToString());
        Assert.Equal(address, ClientAddress.Parse(canonical));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.")]
    [InlineData(".1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1..3.4")]
    [InlineData("01.2.3.4")]
    [InlineData("1.2.3.00")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.1000")]
    [InlineData("1.2.3.+4")]
    [InlineData("1.2.3.0x4")]
    [InlineData("1.2.3.4 ")]
    [InlineData(" 1.2.3.4")]
    [InlineData("1.2.3.4\n")]
    [InlineData("1.2.3.4\0")]
    [InlineData("16909060")]
    [InlineData("١.2.3.4")]
    [InlineData("1.2.3.4:25")]
    [InlineData("[1.2.3.4]")]
    [InlineData("[::1]")]
    [InlineData("[::1]:25")]
    [InlineData(":")]
    [InlineData(":::")]
    [InlineData("1:2")]
    [InlineData("1::2::3")]
    [InlineData("1:2:3:4:5:6:7:8::")]
    [InlineData("::1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4::5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7:8:9")]
    [InlineData("1:2:3:4:5:6:7:1.2.3.4")]
    [InlineData("1:2:3:4:5:6:7")]
    [InlineData(":1:2:3:4:5:6:7:8")]
    [InlineData("1:2:3:4:5:6:7:8:")]
    [InlineData("1::2:")]
    [InlineData("12345::")]
    [InlineData("g::")]
    [InlineData("1.2.3.4::")]
    [InlineData("::1.2.3")]
    [InlineData("::01.2.3.4")]
    [InlineData("::1.2.3.4:5")]
    [InlineData("fe80::1%eth0")]
    [InlineData("fe80::1%1")]
    [InlineData("::1/128")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.2550")]
    public void Anything_else_is_refused(string text)
    {
        Assert.False(ClientAddress.TryParse(text, out var address), $"read as {address}");
        Assert.False(ClientAddress.TryParse(Encoding.UTF8.GetBytes(text), out _));
        Assert.Throws<FormatException>(() => ClientAddress.Parse(text));
    }

    [Fact]
    public void A_mapped_address_is_the_IPv4_address()
    {
        var address = ClientAddress.Parse("::ffff:1.2.3.4");
        Assert.Equal(ClientAddress.Parse("1.2.3.4"), address);
        Assert.Equal(address, ClientAddress.From(IPAddress.Parse("::ffff:1.2.3.4")));
        Assert.True(address.IsIPv4);
        Assert.Equal(32, address.BitLength);
        Assert.Equal(0x01020304u, address.IPv4Bits);
    }

    [Fact]
    public void The_scope_of_a_framework_address_is_dropped() =>
        Assert.Equal(ClientAddress.Parse("fe80::1"), ClientAddress.From(IPAddress.Parse("fe80::1%3")));

    [Fact]
    public void Text_octets_and_the_frameworks_form_go_round() => Addresses.Any.Sample(address =>
    {
        Assert.Equal(address, ClientAddress.Parse(address.ToString()));
        Assert.Equal(address, ClientAddress.Parse(address.ToString().ToUpperInvariant()));
        Assert.Equal(address, ClientAddress.From(address.ToIPAddress()));
        var octets = new byte[16];
        var length = address.WriteOctets(octets);
        Assert.Equal(address, ClientAddress.From(new IPAddress(octets.AsSpan(0, length))));
    });

    [Fact]
    public void Text_without_a_quad_is_the_frameworks_text() => Addresses.IPv6.Sample(address =>
    {
        var expected = address.ToIPAddress().ToString();
        Assert.True(expected.Contains('.') || expected == address.ToString(), $"{address}, but {expected}");
    });

    [Fact]
    public void What_is_read_the_framework_reads_the_same() => Gen
        .OneOf(
            Gen.Char["0123456789abcdefABCDEF::::...."].Array[0, 20].Select(letters => new string(letters)),
            Gen.Select(Addresses.Any, Gen.Char["0f:.%g"], Gen.Int[0, 45], (address, letter, at) => Edit(address.ToString(), letter, at)))
        .Sample(
            text =>
            {
                if (!ClientAddress.TryParse(text, out var ours))
                    return;
                Assert.True(IPAddress.TryParse(text, out var theirs), text);
                Assert.Equal(ClientAddress.From(theirs), ours);
            },
            iter: 20_000);

    [Fact]
    public void No_bytes_throw() => Gen.Byte.Array[0, 60].Sample(bytes => { ClientAddress.TryParse(bytes, out _); });

    [Theory]
    [InlineData("1.2.3.4", 0, "0.0.0.0")]
    [InlineData("1.2.3.4", 8, "1.0.0.0")]
    [InlineData("1.2.3.255", 31, "1.2.3.254")]
    [InlineData("1.2.3.4", 32, "1.2.3.4")]
    [InlineData("2001:db8::1", 0, "::")]
    [InlineData("2001:db8::1", 20, "2001::")]
    [InlineData("::fffe:0:1", 127, "::fffe:0:0")]
    [InlineData("2001:db8::1", 128, "2001:db8::1")]
    public void Bits_behind_a_prefix_are_cleared(string text, int prefixLength, string expected) =>
        Assert.Equal(ClientAddress.Parse(expected), ClientAddress.Parse(text).Masked(prefixLength));

    private static string Edit(string text, char letter, int at)
    {
        var letters = text.ToCharArray();
        letters[at % letters.Length] = letter;
        return new string(letters);
    }
}
