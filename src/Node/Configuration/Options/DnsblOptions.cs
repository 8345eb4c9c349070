using System.Collections.Immutable;
using System.Net;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>The DNS lists that are asked.</summary>
internal sealed record DnsblOptions
{
    /// <summary>What <see cref="Sites"/> is, in a profile too.</summary>
    public const string SitesMeaning = "the lists, the codes that count, and the weight, added once";

    [Setting(SitesMeaning, Postfix = "`postscreen_dnsbl_sites`")]
    [Sites]
    public ZoneText Sites { get; init; } = ZoneText.Empty;

    [Setting("recursive resolvers; empty: those of `/etc/resolv.conf`, which is read again every 5 s",
        Range = "`IP`, `IP:PORT`, `[IPv6]:PORT`")]
    public ImmutableArray<IPEndPoint> Resolver { get; init; } = [];

    [Setting("how long a list may take, retries included", Postfix = "`postscreen_dnsbl_timeout`")]
    [Between("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(800);

    // RFC 1918, RFC 6598, RFC 1122, RFC 3927, RFC 4291, RFC 4193: no list has anything to say of these.
    [Setting("clients about which no list is asked; `[]` asks about all", Range = "networks")]
    public ImmutableArray<Network> Skip { get; init; } =
    [
        .. new[]
        {
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "::1/128", "fc00::/7", "fe80::/10",
        }.Select(text => Network.TryParse(text, out var network, out _) ? network : default),
    ];

    [Setting("more about one zone of `dnsbl.sites`, whether the main ones or a profile's; any number", Name = "list")]
    public ImmutableArray<DnsblListOptions> Lists { get; init; } = [];
}

/// <summary>Settings of one zone, for all profiles.</summary>
internal sealed record DnsblListOptions
{
    [Setting("which zone; each once", Range = "a zone of `sites`", IsNeeded = true, Example = "\"KEY.zen.dq.spamhaus.net\"")]
    public ZoneText Zone { get; init; } = ZoneText.Empty;

    [Setting("what replies, logs and metrics show; unique", Default = "the zone, a key hidden", Postfix = "`postscreen_dnsbl_reply_map`",
        Example = "\"zen\"")]
    [Shaped("[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, dots, dashes and underscores")]
    public string? Name { get; init; }

    [Setting("how long this list may take", Default = "`dnsbl.timeout`", Example = "\"800ms\"")]
    [Between("1ms", "60s")]
    public TimeSpan? Timeout { get; init; }

    [Setting("its text replaces the first label `KEY` of the zone in queries; read at start and at a reload")]
    [ReadableFile]
    public string KeyFile { get; init; } = "";

    [Setting("the list's test entries are asked for before a listing is believed, see below; `false` for lists that list everybody on"
        + " purpose, such as those of bogus networks")]
    public bool TestEntries { get; init; } = true;

    /// <summary>What may be shown: the name, or the zone with its key hidden.</summary>
    public string SafeName() => Name ?? Zone.ToString();
}
