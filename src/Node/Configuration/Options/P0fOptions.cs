using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

/// <summary>p0f, which recognizes a client's operating system by its packets. <c>[p0f]</c></summary>
internal sealed record P0fOptions
{
    /// <summary>Path of p0f's API socket (its option -s); empty: off.</summary>
    [Shaped("|/[^\\x00-\\x1f]{1,106}", "an absolute path of at most 107 characters, or empty")]
    public string Socket { get; init; } = "";

    /// <summary>How long p0f may take. 1ms..60s.</summary>
    [Lasts("1ms", "60s")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>False: the total of the rules is clamped to 0 .. enforce_at - 1, so that p0f alone never blocks.</summary>
    public bool Alone { get; init; }

    /// <summary>What p0f's answers add to the score; each rule that matches counts. <c>[[p0f.rule]]</c></summary>
    [SettingName("rule")]
    public ImmutableArray<P0fRuleOptions> Rules { get; init; } = [];
}

/// <summary>Adds a weight when all the given fields match. At least one must be given. <c>[[p0f.rule]]</c></summary>
internal sealed record P0fRuleOptions
{
    /// <summary>Regular expression found in the operating system's name, such as <c>Windows</c>.</summary>
    public Regex? Os { get; init; }

    /// <summary>Regular expression found in its version, such as <c>XP|2000</c>.</summary>
    public Regex? Flavor { get; init; }

    /// <summary>Regular expression found in the link type, such as <c>DSL</c>.</summary>
    public Regex? Link { get; init; }

    /// <summary>Regular expression found in the raw signature; p0f's API does not report it, so a node refuses to start with it.</summary>
    public Regex? Signature { get; init; }

    /// <summary>Number of hops to the client, exactly. 0..255.</summary>
    [Between(0, 255)]
    public int? Distance { get; init; }

    /// <summary>Minutes that the client has been up, at least. 0 or more.</summary>
    [Between(0, int.MaxValue)]
    public int? UptimeMin { get; init; }

    /// <summary>Whether p0f saw several hosts share the address.</summary>
    public bool? Nat { get; init; }

    /// <summary>Whether the operating system was ever seen to change behind the address.</summary>
    public bool? OsChanged { get; init; }

    /// <summary>Qualities of the match that count: <c>exact</c>, <c>generic</c>, <c>fuzzy</c>, separated by <c>|</c>.</summary>
    public P0fMatchWords? Match { get; init; }

    /// <summary>What a match adds. -100..100.</summary>
    [Between(-100, 100)]
    public int Weight { get; init; } = 1;

    /// <summary>True if there is anything to match.</summary>
    public bool HasCondition() =>
        (Os ?? Flavor ?? Link ?? Signature) is not null
        || Distance is not null || UptimeMin is not null || Nat is not null || OsChanged is not null || Match is not null;
}

/// <summary>Qualities of a p0f match. A generic match with tolerance counts as generic and as fuzzy.</summary>
[Flags]
internal enum P0fMatchWords
{
    Exact = 1,
    Generic = 2,
    Fuzzy = 4,
}
