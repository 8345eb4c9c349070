using System.Text;
using CsCheck;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Dnsbl;

public sealed class DnsblNameTests
{
    // The IPv6 name is that of RFC 5782 section 2.4.
    [Theory]
    [InlineData("192.0.2.99", "bad.example.com", "99.2.0.192.bad.example.com")]
    [InlineData("127.0.0.2", "zen.spamhaus.org", "2.0.0.127.zen.spamhaus.org")]
    [InlineData("::ffff:192.0.2.99", "a.test", "99.2.0.192.a.test")]
    [InlineData("255.255.255.255", "a.test", "255.255.255.255.a.test")]
    [InlineData(
        "2001:db8:1:2:3:4:567:89ab",
        "ugly.example.com",
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com")]
    public void A_client_is_reversed_in_front_of_the_zone(string client, string zone, string expected) =>
        Assert.Equal(expected, DnsblName.QueryName(ClientAddress.Parse(client), zone));

    [Theory]
    [InlineData("2.0.0.127", "127.0.0.2")]
    [InlineData("2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0", "127.0.0.2")]
    [InlineData("B.A.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.B.D.0.1.0.0.2", "2001:db8:1:2:3:4:567:89ab")]
    public void Labels_are_read_back(string labels, string expected)
    {
        Assert.True(DnsblName.TryReadClient(labels, out var client));
        Assert.Equal(ClientAddress.Parse(expected), client);
    }

    [Theory]
    [InlineData("")]
    [InlineData("test")]
    [InlineData("2.0.0")]
    [InlineData("2.0.0.127.")]
    [InlineData(".2.0.0.127")]
    [InlineData("1.2.0.0.127")]
    [InlineData("02.0.0.127")]
    [InlineData("256.0.0.127")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.2")]
    [InlineData("0:0:0:0:0:0:0:1")]
    [InlineData("g.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2")]
    [InlineData("a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2")]
    [InlineData("1.b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2")]
    [InlineData("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.002")]
    [InlineData("ä.0.0.127")]
    public void Other_labels_are_no_client(string labels)
    {
        Assert.False(DnsblName.TryReadClient(labels, out _));
        Assert.False(DnsblName.TryReadClient(Encoding.UTF8.GetBytes(labels), out _));
    }

    [Fact]
    public void Names_go_round() => Addresses.Any.Sample(client =>
    {
        var name = DnsblName.QueryName(client, "a.test");
        Assert.EndsWith(".a.test", name, StringComparison.Ordinal);
        Assert.True(DnsblName.TryReadClient(name.AsSpan(0, name.Length - 7), out var read));
        Assert.Equal(client, read);
        Assert.True(DnsblName.TryReadClient(Encoding.ASCII.GetBytes(name[..^7]), out read));
        Assert.Equal(client, read);
    });

    [Fact]
    public void The_longest_zone_makes_the_longest_name() => Assert.Equal(
        DnsblName.MaxLength,
        DnsblName.QueryName(ClientAddress.Parse("::1"), new string('z', ZoneName.MaxLength)).Length);

    [Fact]
    public void No_bytes_throw() => Gen.Byte.Array[0, 80].Sample(bytes => { DnsblName.TryReadClient(bytes, out _); });
}
