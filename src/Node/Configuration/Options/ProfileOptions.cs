using System.Collections.Immutable;
using Screening.Actors.Profiles;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>
/// Other settings for some clients, chosen by the address they connected to, by door, or by name. A profile inherits what it does not set,
/// so these are the effective settings; lists of rules and of custom checks are replaced as a whole. <c>[profile.NAME]</c>
/// </summary>
internal sealed record ProfileOptions
{
    /// <summary>The name of the settings outside of all profiles.</summary>
    public const string DefaultName = Profile.DefaultName;

    /// <summary>
    /// Addresses of this mail server: a client that connected to one of them gets this profile. Each in one profile only.
    /// </summary>
    public ImmutableArray<ClientAddress> Local { get; init; } = [];

    /// <summary>Doors whose clients get this profile, unless a local address decides otherwise. Each in one profile only.</summary>
    [SettingName("door")]
    public ImmutableArray<Door> Doors { get; init; } = [];

    public VerdictOptions Verdict { get; init; } = new();

    public ProfileDnsblOptions Dnsbl { get; init; } = new();

    public ProfileP0fOptions P0f { get; init; } = new();

    /// <inheritdoc cref="ScreeningOptions.Customs"/>
    [SettingName("custom")]
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
    /// <inheritdoc cref="DnsblOptions.Sites"/>
    [Sites]
    public ZoneText Sites { get; init; } = ZoneText.Empty;
}

/// <summary>The p0f settings of a profile.</summary>
internal sealed record ProfileP0fOptions
{
    /// <inheritdoc cref="P0fOptions.Rules"/>
    [SettingName("rule")]
    public ImmutableArray<P0fRuleOptions> Rules { get; init; } = [];
}
