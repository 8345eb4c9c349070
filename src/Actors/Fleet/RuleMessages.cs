using System.Collections.Immutable;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

// Grants and bans: few, made by people, and needed before anything else. One entity, "rules", holds them all; every node has a copy.

/// <summary>What an operator said of a network.</summary>
public enum RuleKind : byte
{
    /// <summary>A temporary permit.</summary>
    Grant,

    /// <summary>A temporary reject.</summary>
    Ban,
}

/// <summary>A grant or a ban.</summary>
/// <param name="ExpiresMs">Milliseconds since 1970.</param>
/// <param name="MadeMs">Milliseconds since 1970.</param>
/// <param name="By">Its author.</param>
/// <param name="Reason">Why, in the author's words, at most 200 characters.</param>
internal sealed record Rule(Network Network, RuleKind Kind, long ExpiresMs, long MadeMs, string By, string Reason);

/// <summary>Sets a grant or a ban in place of one of the same kind and network. Answered with <see cref="RulesChanged"/>.</summary>
/// <param name="WaitMs">When the answer must go out even if nothing is journaled yet.</param>
internal sealed record SetRules(long Id, ImmutableArray<Rule> Rules, int WaitMs) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Rules;
}

/// <summary>Removes every grant and ban inside a network. Answered with <see cref="RulesChanged"/>.</summary>
internal sealed record RemoveRules(long Id, Network Network, int WaitMs) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Rules;
}

/// <summary>The change holds.</summary>
/// <param name="Count">Rules that were set or removed.</param>
/// <param name="Durable">It is journaled; if not, it will be as soon as the store can.</param>
/// <param name="Fault">Why nothing changed; null when it did.</param>
internal sealed record RulesChanged(long Id, long Version, int Count, bool Durable, string? Fault);

/// <summary>Asks for all rules if they are of another version. Answered with <see cref="RulesCopy"/> or <see cref="RulesWanted"/>.</summary>
internal sealed record GetRules(long Version) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Rules;
}

/// <summary>All rules.</summary>
/// <param name="Rules">Null: those of the version that the asker has.</param>
internal sealed record RulesCopy(long Version, ImmutableArray<Rule>? Rules);

/// <summary>The entity lost its rules with its home and its store does not help; a node that has a copy shall offer it.</summary>
internal sealed record RulesWanted(long Version);

/// <summary>A node's copy of the rules. Not answered.</summary>
internal sealed record OfferRules(long Version, ImmutableArray<Rule> Rules) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Rules;
}

/// <summary>News: rules changed. A node of another version than <paramref name="Before"/> asks for all.</summary>
internal sealed record RuleNews(long Before, long Version, ImmutableArray<Rule> Set, ImmutableArray<RemovedRule> Removed)
{
    /// <summary>The rules after this change.</summary>
    internal ImmutableDictionary<(Network Network, RuleKind Kind), Rule> ApplyTo(
        ImmutableDictionary<(Network Network, RuleKind Kind), Rule> rules) => rules
        .RemoveRange(Removed.Select(r => (r.Network, r.Kind)))
        .SetItems(Set.Select(r => KeyValuePair.Create((r.Network, r.Kind), r)));
}

/// <summary>A rule that is gone.</summary>
internal sealed record RemovedRule(Network Network, RuleKind Kind);

/// <summary>An event of the rules.</summary>
internal sealed record RulesEvent(long Version, ImmutableArray<Rule> Set, ImmutableArray<RemovedRule> Removed);

/// <summary>A snapshot of the rules.</summary>
internal sealed record RulesSnapshot(long Version, ImmutableArray<Rule> Rules);
