using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class ConfigurationValueTests
{
    [Theory]
    [InlineData("250ms", 250, "250ms")]
    [InlineData("5s", 5000, "5s")]
    [InlineData("1.8s", 1800, "1.8s")]
    [InlineData("10m", 600_000, "10m")]
    [InlineData("90m", 5_400_000, "90m")]
    [InlineData("24h", 86_400_000, "1d")]
    [InlineData("30d", 2_592_000_000, "30d")]
    [InlineData("0", 0, "0ms")]
    [InlineData("1001ms", 1001, "1001ms")]
    public void A_duration_is_a_number_and_a_unit(string text, long milliseconds, string shown)
    {
        Assert.True(Duration.TryParse(text, out var duration));
        Assert.Equal(milliseconds, (long)duration.TotalMilliseconds);
        Assert.Equal(shown, Duration.Format(duration));
        Assert.True(Duration.TryParse(shown, out var again));
        Assert.Equal(duration, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s")]
    [InlineData("5")]
    [InlineData("-5s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData(".5s")]
    [InlineData("5.s")]
    [InlineData("0.0001s")]
    [InlineData("1h30m")]
    [InlineData("5sm")]
    [InlineData("999999999999d")]
    public void Anything_else_is_no_duration(string text) => Assert.False(Duration.TryParse(text, out _));

    [Theory]
    [InlineData("4GiB", 4L << 30, "4GiB")]
    [InlineData("256MiB", 256L << 20, "256MiB")]
    [InlineData("1024MiB", 1L << 30, "1GiB")]
    [InlineData("1500KiB", 1500L << 10, "1500KiB")]
    [InlineData("7B", 7, "7B")]
    [InlineData("0", 0, "0")]
    [InlineData("1048576GiB", ByteSize.MaxBytes, "1048576GiB")]
    public void A_size_is_a_number_and_a_unit(string text, long bytes, string shown)
    {
        Assert.True(ByteSize.TryParse(text, out var size));
        Assert.Equal((bytes, shown), (size.Bytes, size.ToString()));
        Assert.True(ByteSize.TryParse(shown, out var again));
        Assert.Equal(size, again);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("4")]
    [InlineData("-4GiB")]
    [InlineData("4 GiB")]
    [InlineData("4GB")]
    [InlineData("4gib")]
    [InlineData("1.5GiB")]
    [InlineData("4GiBGiB")]
    [InlineData("1048577GiB")]
    [InlineData("99999999999999999999B")]
    public void Anything_else_is_not_a_size(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Theory]
    [Trait("Finding", "security-12")]
    [InlineData("https://list.example/check", "https://list.example/check")]
    [InlineData("https://u:p@list.example:8443/check", "https://***@list.example:8443/check")]
    [InlineData("https://u:p@x@list.example", "https://***@list.example")]
    [InlineData("https://list.example/check?token=s&mode=fast#f", "https://list.example/check?token=***&mode=***#f")]
    [InlineData("https://list.example/?s", "https://list.example/?***")]
    [InlineData("//u:p@list.example?s=s=s", "//***@list.example?s=***")]
    public void A_url_is_shown_without_its_user_and_its_query(string url, string shown) => Assert.Equal(shown, new UrlText(url).ToString());

    [Theory]
    [InlineData("tcp://127.0.0.1:10025")]
    [InlineData("tcp://[::1]:25")]
    [InlineData("udp://localhost:0")]
    [InlineData("tcp://mx-1.example.org:65535")]
    [InlineData("unix:///run/screening/plugin.sock")]
    [InlineData("unix:///run/screening/plugin.sock?mode=0660")]
    public void An_endpoint_address_reads_back_as_itself(string text) => Assert.Equal(text, EndpointAddress.Parse(text).ToString());

    [Theory]
    [InlineData("", "it must be tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH")]
    [InlineData("tcp:127.0.0.1:1", "it must be tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH")]
    [InlineData("tcp://127.0.0.1", "it must have a host and a port: HOST:PORT")]
    [InlineData("tcp://:1", "it must have a host and a port: HOST:PORT")]
    [InlineData("tcp://::1:1", "an IPv6 address must stand in brackets: [::1]:25")]
    [InlineData("tcp://[1.2.3.4]:1", "its host must be an IP address or a host name")]
    [InlineData("tcp://[::x]:1", "what stands in brackets must be an IPv6 address")]
    [InlineData("tcp://127.0.0:1", "its host must be an IP address or a host name")]
    [InlineData("tcp://a b:1", "its host must be an IP address or a host name")]
    [InlineData("tcp://a:65536", "its port must be 0 to 65535")]
    [InlineData("tcp://a:01", "its port must be 0 to 65535")]
    [InlineData("tcp://a:", "its port must be 0 to 65535")]
    [InlineData("unix://relative", "it must name an absolute path: unix:///PATH")]
    [InlineData("unix:///x?mode=888", "what follows the path must be ?mode= and octal digits, such as ?mode=0660")]
    [InlineData("unix:///x?user=1", "what follows the path must be ?mode= and octal digits, such as ?mode=0660")]
    public void Anything_else_is_refused_with_its_rule(string text, string rule)
    {
        Assert.False(EndpointAddress.TryParse(text, out _, out var problem));
        Assert.Equal(rule, problem);
    }

    [Fact]
    public void A_unix_path_fits_sun_path()
    {
        Assert.True(EndpointAddress.TryParse("unix:///" + new string('x', 106), out _, out _));
        Assert.False(EndpointAddress.TryParse("unix:///" + new string('x', 107), out _, out var problem));
        Assert.Equal("a socket's path must not be longer than 107 bytes", problem);
    }

    [Theory]
    [InlineData(
        "zen.spamhaus.org=127.0.0.[2..11]*3, b.barracudacentral.org*2", "zen.spamhaus.org=127.0.0.[2..11]*3, b.barracudacentral.org*2")]
    [InlineData("abc.zen.dq.spamhaus.net=127.0.0.2*3,x.org", "***.zen.dq.spamhaus.net=127.0.0.2*3,x.org")]
    [InlineData("KEY.zen.dq.spamhaus.net", "KEY.zen.dq.spamhaus.net")]
    [InlineData("secret.combined.mail.abusix.zone*3", "***.combined.mail.abusix.zone*3")]
    [InlineData("0123456789abcdef0.lists.example*3", "***.lists.example*3")]
    [InlineData("administrators-only.example", "administrators-only.example")]
    public void Keys_in_zones_are_hidden(string text, string shown)
    {
        Assert.Equal(shown, new ZoneText(text).ToString());
        Assert.DoesNotContain("***", new ZoneText(shown).Reveal(), StringComparison.Ordinal);
        Assert.Empty(SiteText.Check(new ZoneText(shown).Reveal()));
    }
}
