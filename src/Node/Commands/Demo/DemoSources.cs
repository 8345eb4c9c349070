using System.Net;
using Screening.Node.Hosting.Scripted;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>The lists, p0f and the custom check of the demonstration, each behind the transport of a real one.</summary>
internal sealed class DemoSources : IDisposable
{
    // As far away as such a list usually is.
    private static readonly (string Zone, TimeSpan Delay)[] Lists =
    [
        (DemoScript.Blocklist, TimeSpan.FromMilliseconds(12)),
        (DemoScript.Greylist, TimeSpan.FromMilliseconds(25)),
        (DemoScript.Trusted, TimeSpan.FromMilliseconds(8)),
    ];

    private const int TtlSeconds = 300;

    private readonly TimeProvider _time;
    private readonly ScriptedResolver _resolver;
    private readonly ScriptedP0f _p0f;
    private readonly ScriptedPlugin _custom;
    private volatile bool _isBlocklistSilent;

    /// <param name="folder">Where the sockets are made.</param>
    public DemoSources(string folder, TimeProvider time)
    {
        _time = time;
        _resolver = new ScriptedResolver(AnswerAsync);
        _p0f = new ScriptedP0f(Path.Combine(folder, "p0f.sock"), client => DemoScript.Find(client).System ?? ScriptedP0f.NoMatch);
        _custom = new ScriptedPlugin(Path.Combine(folder, "check.sock"), client => DemoScript.Find(client).Opinion);
    }

    /// <summary>Where the resolver is.</summary>
    public EndPoint Resolver => _resolver.Address;

    /// <summary>p0f's socket.</summary>
    public string P0f => _p0f.Path;

    /// <summary>The custom check's socket.</summary>
    public string Custom => _custom.Path;

    /// <summary>True while <see cref="DemoScript.Blocklist"/> does not answer.</summary>
    public bool IsBlocklistSilent
    {
        get => _isBlocklistSilent;
        set => _isBlocklistSilent = value;
    }

    public void Dispose()
    {
        _resolver.Dispose();
        _p0f.Dispose();
        _custom.Dispose();
    }

    private async ValueTask<ScriptedAnswer?> AnswerAsync(string name, DnsType type)
    {
        foreach (var (zone, delay) in Lists)
        {
            if (!name.EndsWith("." + zone, StringComparison.Ordinal))
                continue;
            if (IsBlocklistSilent && zone == DemoScript.Blocklist)
                return null;
            await Task.Delay(delay, _time).ConfigureAwait(false);
            return new ScriptedAnswer(zone, ContentOf(name.AsSpan(..^(zone.Length + 1)), zone, type));
        }

        return null;
    }

    private static DnsAnswerContent ContentOf(ReadOnlySpan<char> labels, string zone, DnsType type)
    {
        if (!DnsblName.TryReadClient(labels, out var client) || !TryFind(client, zone, out var listing))
            return new DnsAnswerContent(DnsRcode.NxDomain, null, TtlSeconds);
        return type switch
        {
            DnsType.A => new DnsAnswerContent(DnsRcode.NoError, DnsType.A, TtlSeconds) { Code = listing.Code },
            DnsType.Txt => new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, TtlSeconds) { Text = listing.Text },
            _ => new DnsAnswerContent(DnsRcode.NoError, null, TtlSeconds),
        };
    }

    private static bool TryFind(ClientAddress client, string zone, out DemoListing listing)
    {
        listing = DemoScript.Find(client).Listings.FirstOrDefault(l => l.Zone == zone);
        return listing.Zone is not null;
    }
}
