using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

/// <summary>p0f, which recognizes a client's operating system by its packets.</summary>
internal sealed record P0fOptions
{
    /// <summary>What <see cref="Rules"/> are, in a profile too.</summary>
    public const string RulesMeaning = "each rule whose conditions all match adds its weight; at least one condition. "
        + "One on something that p0f does not know never matches";

    [Setting("p0f's API socket (its option `-s`); empty: off", Range = "absolute path, at most 107 characters")]
    [Shaped("|/[^\\x00-\\x1f]{1,106}", "an absolute path of at most 107 characters, or empty")]
    public string Socket { get; init; } = "";

    [Setting("how long p0f may take, including a second question about an unknown host")]
    [Between("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(100);

    [Setting("`false`: the sum of the rules is limited to 0..`enforce_at - 1`, so that p0f alone refuses nobody. `true`: it counts"
        + " as it is")]
    public bool Alone { get; init; }

    [Setting(RulesMeaning, Name = "rule")]
    public ImmutableArray<P0fRuleOptions> Rules { get; init; } = [];
}

/// <summary>Adds a weight when all the given fields match.</summary>
internal sealed record P0fRuleOptions
{
    [Setting("found in the name of the operating system", Example = "\"Windows\"")]
    public Regex? Os { get; init; }

    [Setting("found in its version", Example = "\"XP|2000\"")]
    public Regex? Flavor { get; init; }

    [Setting("found in the link type", Example = "\"DSL\"")]
    public Regex? Link { get; init; }

    [Setting("**not built**: `run` refuses it, because p0f's API does not report signatures", Example = "\"^4:64\"")]
    public Regex? Signature { get; init; }

    [Setting("exactly so many hops", Example = "24")]
    [Between(0, 255)]
    public int? Distance { get; init; }

    [Setting("up at least so long", Unit = "minutes", Example = "1440")]
    [Between(0)]
    public int? UptimeMin { get; init; }

    [Setting("whether several hosts were seen behind the address", Example = "true")]
    public bool? Nat { get; init; }

    [Setting("whether the operating system was ever seen to change", Example = "true")]
    public bool? OsChanged { get; init; }

    [Setting("quality of the match; an exact one is neither generic nor fuzzy", Example = "\"exact|generic|fuzzy\"",
        Range = "`exact`, `generic`, `fuzzy`, separated by a vertical bar")]
    public P0fMatchWords? Match { get; init; }

    [Setting("what a match adds to the score")]
    [Between(-100, 100)]
    public int Weight { get; init; } = 1;

    /// <summary>True if there is anything to match.</summary>
    public bool HasCondition() => this with { Weight = 0 } != new P0fRuleOptions { Weight = 0 };
}

/// <summary>Qualities of a p0f match. A generic match with tolerance counts as generic and as fuzzy.</summary>
[Flags]
internal enum P0fMatchWords
{
    Exact = 1,
    Generic = 2,
    Fuzzy = 4,
}
