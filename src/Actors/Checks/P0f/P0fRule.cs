using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Screening.Protocol.P0f;

namespace Screening.Actors.Checks.P0f;

/// <summary>One [[p0f.rule]]: every condition that is given must hold.</summary>
/// <param name="Weight">What it adds.</param>
public sealed record P0fRule(int Weight)
{
    /// <summary>Matches the operating system's name; null: any, even unknown.</summary>
    public Regex? Os { get; init; }

    /// <summary>Matches the system's version.</summary>
    public Regex? Flavor { get; init; }

    /// <summary>Matches the link type.</summary>
    public Regex? Link { get; init; }

    /// <summary>The exact distance in hops; an unknown distance never matches.</summary>
    public int? Distance { get; init; }

    /// <summary>The least uptime in minutes; an unknown uptime never matches.</summary>
    public uint? UptimeMinutesMin { get; init; }

    /// <summary>Whether address sharing was ever seen.</summary>
    public bool? Nat { get; init; }

    /// <summary>Whether the operating system was ever seen to change.</summary>
    public bool? OsChanged { get; init; }

    /// <summary>Match qualities that count; empty: any.</summary>
    public ImmutableArray<P0fMatch> Match { get; init; } = [];

    /// <summary>True if every given condition holds. A condition on the OS never holds while the OS is unknown.</summary>
    public bool Matches(P0fReply reply) =>
        IsMatch(Os, reply.OsName)
        && IsMatch(Flavor, reply.OsFlavor)
        && IsMatch(Link, reply.LinkType)
        && (Distance is not { } distance || reply.Distance == distance)
        && (UptimeMinutesMin is not { } uptime || (reply.UptimeMinutes > 0 && reply.UptimeMinutes >= uptime))
        && (Nat is not { } nat || reply.LastNat > 0 == nat)
        && (OsChanged is not { } changed || reply.LastOsChange > 0 == changed)
        && (Match.IsEmpty || (reply.OsName.Length > 0 && Match.Contains(reply.Match)));

    private static bool IsMatch(Regex? pattern, string text) => pattern is null || (text.Length > 0 && pattern.IsMatch(text));
}
