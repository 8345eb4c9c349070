using System.Net;
using System.Net.Sockets;
using Screening.Node.Configuration;

namespace Screening.Node.Commands.Demo;

/// <summary>The demonstration's <c>screening.toml</c>.</summary>
internal static class DemoConfiguration
{
    /// <summary>The name of the socket over which changes are taken.</summary>
    public const string HttpSocket = "http.sock";

    /// <summary>The file's text. All doors are on loopback: at their usual ports where those are free, else at any.</summary>
    public static string TextFor(string folder, DemoSources sources) =>
        $"""
        [node]
        name = "demo"
        data_dir = "{folder}/data"

        [endpoints]
        plugin   = {Addresses(new EndpointOptions().Plugin)}
        policy   = {Addresses(new EndpointOptions().Policy)}
        dnsbl    = {Addresses(new EndpointOptions().Dnsbl)}
        memcache = {Addresses(new EndpointOptions().Memcache)}
        http     = {Addresses(new EndpointOptions().Http, $"unix://{folder}/{HttpSocket}?mode=0600")}

        [store]
        provider = "memory"

        [dnsbl]
        resolver = ["{sources.Resolver}"]
        timeout  = "400ms"
        sites    = "{DemoScript.Blocklist}=127.0.0.[2..11]*3, {DemoScript.Greylist}*2, {DemoScript.Trusted}=127.0.[2..9].[1..3]*-3"

        [p0f]
        socket = "{sources.P0f}"
        [[p0f.rule]]
        os     = "Windows"
        flavor = "XP|2000"
        weight = 1

        [[custom]]
        name   = "reputation"
        plugin = "unix://{sources.Custom}"

        [access]
        reject = ["{DemoScript.RejectedNetwork}"]
        """;

    private static string Addresses(IReadOnlyList<EndpointAddress> usual, params IEnumerable<string> more)
    {
        var tcpAndUdp = usual.Where(a => !a.IsUnix).ToList();
        var port = tcpAndUdp.All(IsFree) ? (int?)null : 0;
        var texts = tcpAndUdp.Select(a => (a with { Port = port ?? a.Port }).ToString()).Concat(more);
        return $"[{string.Join(", ", texts.Select(t => $"\"{t}\""))}]";
    }

    private static bool IsFree(EndpointAddress address)
    {
        var udp = address.Scheme == EndpointScheme.Udp;
        using var probe = new Socket(
            AddressFamily.InterNetwork, udp ? SocketType.Dgram : SocketType.Stream, udp ? ProtocolType.Udp : ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Loopback, address.Port));
            if (!udp)
                probe.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
