using System.Collections.Immutable;
using Screening.Actors.Profiles;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>
/// Other settings for some clients, chosen by the address they connected to, by door, or by name. A profile inherits what it does not set,
/// so these are the effective settings; lists of rules and of custom checks are replaced as a whole.
/// </summary>
internal sealed record ProfileOptions
{
    /// <summary>The name of the settings outside of all profiles.</summary>
    public const string DefaultName = Profile.DefaultName;

    [Setting("the mail exchanger's own addresses that select this profile", Range = "IP addresses, each in one profile",
        Example = "[\"192.0.2.25\"]")]
    public ImmutableArray<ClientAddress> Local { get; init; } = [];

    [Setting("doors that select it if no local address does", Name = "door", Example = "[\"policy\"]",
        Range = "`plugin`, `policy`, `dnsbl`, `dnsblog`, `memcache`, `http`, each in one profile")]
    public ImmutableArray<Door> Doors { get; init; } = [];

    [Setting("other values of the settings in `[verdict]`", Default = "inherited", Example = "verdict.enforce_at = 2")]
    public VerdictOptions Verdict { get; init; } = new();

    [Setting("other DNS lists", Default = "inherited")]
    public ProfileDnsblOptions Dnsbl { get; init; } = new();

    [Setting("other p0f rules", Default = "inherited")]
    public ProfileP0fOptions P0f { get; init; } = new();

    [Setting(ScreeningOptions.CustomsMeaning, Name = "custom", Default = "inherited")]
    public ImmutableArray<CustomOptions> Customs { get; init; } = [];

    /// <summary>A profile that sets nothing itself.</summary>
    public static ProfileOptions InheritedFrom(ScreeningOptions options) => new()
    {
        Verdict = options.Verdict with { },
        Dnsbl = new ProfileDnsblOptions { Sites = options.Dnsbl.Sites },
        P0f = new ProfileP0fOptions { Rules = options.P0f.Rules },
        Customs = options.Customs,
    };
}

/// <summary>The DNS list settings of a profile.</summary>
internal sealed record ProfileDnsblOptions
{
    [Setting(DnsblOptions.SitesMeaning, Default = "inherited")]
    [Sites]
    public ZoneText Sites { get; init; } = ZoneText.Empty;
}

/// <summary>The p0f settings of a profile.</summary>
internal sealed record ProfileP0fOptions
{
    [Setting(P0fOptions.RulesMeaning, Name = "rule", Default = "inherited")]
    public ImmutableArray<P0fRuleOptions> Rules { get; init; } = [];
}
