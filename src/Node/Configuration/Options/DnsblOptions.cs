using System.Collections.Immutable;
using System.Net;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>The DNS lists that are asked. <c>[dnsbl]</c></summary>
internal sealed record DnsblOptions
{
    /// <summary>Lists, the codes that count and their weights, in the syntax of postscreen_dnsbl_sites; empty: none.</summary>
    [Sites]
    public ZoneText Sites { get; init; } = ZoneText.Empty;

    /// <summary>Resolvers, <c>IP</c> or <c>IP:PORT</c>, IPv6 with a port as <c>[IP]:PORT</c>; empty: the system's.</summary>
    public ImmutableArray<IPEndPoint> Resolver { get; init; } = [];

    /// <summary>How long a list may take. 1ms..60s (postscreen_dnsbl_timeout).</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(800);

    /// <summary>
    /// Networks that no list is asked about. Default: private, loopback and link-local ones. Empty: all clients are looked up.
    /// </summary>
    public ImmutableArray<Network> Skip { get; init; } =
    [
        .. new[]
        {
            "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
            "::1/128", "fc00::/7", "fe80::/10",
        }.Select(text => Network.TryParse(text, out var network, out _) ? network : default),
    ];

    /// <summary>Settings of single zones of <see cref="Sites"/>. <c>[[dnsbl.list]]</c></summary>
    [SettingName("list")]
    public ImmutableArray<DnsblListOptions> Lists { get; init; } = [];
}

/// <summary>Settings of one zone, for all profiles. <c>[[dnsbl.list]]</c></summary>
internal sealed record DnsblListOptions
{
    /// <summary>The zone, as written in the sites.</summary>
    [Needed]
    public ZoneText Zone { get; init; } = ZoneText.Empty;

    /// <summary>What replies, logs, metrics and pages show (postscreen_dnsbl_reply_map). Null: the zone, a key hidden.</summary>
    [Shaped("[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, dots, dashes and underscores")]
    public string? Name { get; init; }

    /// <summary>How long the list may take. 1ms..60s. Null: <see cref="DnsblOptions.Timeout"/>.</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan? Timeout { get; init; }

    /// <summary>File with the key that replaces the label <c>KEY</c> of the zone; empty: none.</summary>
    [ReadableFile]
    public string KeyFile { get; init; } = "";

    /// <summary>
    /// True: before a listing is believed, 127.0.0.1 is looked up, which no list may contain (RFC 5782 section 5). False for a list that
    /// contains it on purpose, such as a list of bogons.
    /// </summary>
    public bool Tried { get; init; } = true;

    /// <summary>What may be shown: the name, or the zone with its key hidden.</summary>
    public string SafeName() => Name ?? Zone.ToString();
}
