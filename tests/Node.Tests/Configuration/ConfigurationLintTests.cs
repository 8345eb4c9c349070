using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

[Trait("Finding", "use-2")]
public sealed class ConfigurationLintTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    private const string Lists = "[dnsbl]\nsites = \"zen.spamhaus.org=127.0.0.[2..11]*3 list.dnswl.org=127.0.[2..9;11..15].[1..3]*-5\"\n";

    [Theory]
    [InlineData("")]
    [InlineData(Lists)]
    [InlineData(Lists + "[verdict]\nignore_at = 3\nenforce_at = 10000\ndrop_at = 10000\nallow_at = -10000\nallow_cap = -10000")]
    [InlineData(Lists + "[verdict]\ndrop_at = 8")]
    [InlineData(Lists + "[profile.a]\nlocal = [\"192.0.2.1\"]")]
    [InlineData(Lists + "[endpoints]\nhttp = [\"tcp://[::1]:10080\", \"tcp://localhost:10081\"]\n"
        + "plugin = [\"tcp://192.0.2.1:10080?allow=10.0.0.0/8\"]\npolicy = []")]
    [InlineData("[dnsbl]\nsites = \"KEY1234567890abcdef.zen.dq.spamhaus.net=127.0.0.[2..11]*3\"\nresolver = [\"8.8.8.8\"]")]
    [InlineData("[[custom]]\nname = \"a\"\ncommand = [\"/bin/sh\", \"-c\", \"cat\"]")]
    [InlineData("[[custom]]\nname = \"a\"\nurl = \"http://127.0.0.1:9/\"\ntimeout = \"1.5s\"")]
    [InlineData("[access]\npermit = [\"10.0.0.0/8\", \"fe80::/10\"]\nreject = [\"0.0.0.0/0\"]")]
    public void What_may_be_meant_is_not_warned_of(string text)
    {
        var result = fixture.Load(text);
        Assert.Empty(result.Faults);
        Assert.Empty(result.Warnings.Select(warning => warning.ToString()));
    }

    [Fact]
    public void A_public_resolver_of_the_system_is_named()
    {
        fixture.Write("open/resolv.conf", "nameserver 2606:4700:4700::1111\n");
        fixture.Write("screening.toml", Lists);
        var request = fixture.Request() with { ResolverFile = Path.Combine(fixture.Folder, "open", "resolv.conf") };
        var warning = Assert.Single(ConfigurationLoader.Load(request).Warnings).ToString();
        Assert.StartsWith("screening.toml:2:9: dnsbl.sites asks through 2606:4700:4700::1111 (", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wide_network_in_a_file_is_named_with_its_line()
    {
        var file = fixture.Write("permit.cidr", "192.0.2.0/24 permit\n0.0.0.0/0 permit\n::/0 reject\n");
        var warning = Assert.Single(fixture.Load($"[access]\npermit = [\"file://{file}\"]").Warnings).ToString();
        Assert.StartsWith(
            $"screening.toml:2:11: access.permit[1] has 0.0.0.0/0 on line 2 of {file}; every", warning, StringComparison.Ordinal);
    }

    // The rule is what the kernel does with sockets made as the doors make them.
    [Theory]
    [InlineData("tcp://0.0.0.0", "tcp://127.0.0.1")]
    [InlineData("tcp://0.0.0.0", "tcp://127.0.0.2")]
    [InlineData("tcp://[::]", "tcp://127.0.0.1")]
    [InlineData("tcp://[::]", "tcp://0.0.0.0")]
    [InlineData("tcp://[::]", "tcp://[::1]")]
    [InlineData("tcp://127.0.0.1", "tcp://127.0.0.2")]
    [InlineData("tcp://127.0.0.1", "tcp://[::1]")]
    [InlineData("tcp://0.0.0.0", "tcp://[::1]")]
    [InlineData("udp://0.0.0.0", "udp://127.0.0.1")]
    [InlineData("udp://[::]", "udp://127.0.0.1")]
    [InlineData("udp://[::]", "udp://[::1]")]
    [InlineData("udp://0.0.0.0", "tcp://127.0.0.1")]
    public void Listeners_that_cannot_both_be_bound_are_a_fault(string first, string second)
    {
        using var one = Bind(first, 0);
        var port = ((IPEndPoint)one.LocalEndPoint!).Port;
        var isTaken = false;
        try
        {
            using var other = Bind(second, port);
        }
        catch (SocketException)
        {
            isTaken = true;
        }

        var (earlier, later) = (EndpointAddress.Parse($"{first}:{port}"), EndpointAddress.Parse($"{second}:{port}"));
        Assert.Equal(isTaken, EndpointValidator.Overlap(earlier, later));
        Assert.Equal(isTaken, EndpointValidator.Overlap(later, earlier));
    }

    [Fact]
    public void An_overlap_names_both_listeners() => Assert.Equal(
        "screening.toml:2:11: endpoints.plugin[1] is tcp://0.0.0.0:10080;"
            + " endpoints.http[1] is tcp://127.0.0.1:10080 (the default), and only one of them can be bound",
        Assert.Single(fixture.Load("[endpoints]\nplugin = [\"tcp://0.0.0.0:10080\"]").Faults).ToString());

    private static Socket Bind(string address, int port)
    {
        var endpoint = EndpointAddress.Parse($"{address}:{port}");
        var place = new IPEndPoint(IPAddress.Parse(endpoint.Host), port);
        if (endpoint.Scheme == EndpointScheme.Tcp)
        {
            var listener = SocketTransportOptions.CreateDefaultBoundListenSocket(place);
            listener.Listen();
            return listener;
        }

        var socket = new Socket(place.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(place);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
