using System.Collections.Immutable;
using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// This node's copy of the fleet's grants and bans, read by the endpoints without any actor. It stays when the fleet is lost. Safe for many
/// threads; one that is expired behaves as absent.
/// </summary>
public sealed class FleetRules(TimeProvider time)
{
    private volatile Copy _copy = new(0, ImmutableDictionary<(Network, RuleKind), Rule>.Empty);

    /// <summary>Number of the latest change that is known here.</summary>
    internal long Version => _copy.Version;

    /// <summary>All rules, expired ones included until they are removed.</summary>
    internal IEnumerable<Rule> All => _copy.Rules.Values;

    /// <summary>How many rules of a kind there are.</summary>
    public int Count(RuleKind kind) => _copy.TrieOf(kind).Count;

    /// <summary>The rule of a kind with the longest network that contains the client. Allocates nothing.</summary>
    /// <param name="ttlSeconds">What is left of it, at least 1.</param>
    public bool TryMatch(RuleKind kind, ClientAddress client, out int ttlSeconds, out string reason)
    {
        (ttlSeconds, reason) = (0, "");
        var copy = _copy;
        if (!copy.TrieOf(kind).TryMatch(client, out _, out var rule))
            return false;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (rule.ExpiresMs <= now && !TryMatchUnexpired(copy, kind, client, now, out rule))
            return false;
        ttlSeconds = (int)Math.Clamp((rule.ExpiresMs - now) / 1000, 1, int.MaxValue);
        reason = rule.Reason;
        return true;
    }

    /// <summary>Takes over all rules.</summary>
    internal void Replace(long version, IEnumerable<Rule> rules) =>
        _copy = new Copy(version, rules.ToImmutableDictionary(r => (r.Network, r.Kind)));

    /// <summary>Takes over a change. False if changes before it are missing here.</summary>
    internal bool TryApply(RuleNews news)
    {
        var copy = _copy;
        if (news.Version == copy.Version)
            return true;
        if (news.Before != copy.Version)
            return false;
        _copy = new Copy(news.Version, news.Removed.IsEmpty && news.Set.IsEmpty ? copy.Rules : news.ApplyTo(copy.Rules));
        return true;
    }

    // The longest one has expired and hides what is behind it, until it is removed: look at all.
    private static bool TryMatchUnexpired(Copy copy, RuleKind kind, ClientAddress client, long now, out Rule rule)
    {
        rule = copy.Rules.Values
            .Where(r => r.Kind == kind && r.ExpiresMs > now && r.Network.Contains(client))
            .MaxBy(r => r.Network.PrefixLength)!;
        return rule is not null;
    }

    private sealed class Copy(long version, ImmutableDictionary<(Network Network, RuleKind Kind), Rule> rules)
    {
        private readonly NetworkTrie<Rule> _grants = TrieFor(rules.Values, RuleKind.Grant);
        private readonly NetworkTrie<Rule> _bans = TrieFor(rules.Values, RuleKind.Ban);

        public long Version { get; } = version;

        public ImmutableDictionary<(Network Network, RuleKind Kind), Rule> Rules { get; } = rules;

        public NetworkTrie<Rule> TrieOf(RuleKind kind) => kind == RuleKind.Ban ? _bans : _grants;

        private static NetworkTrie<Rule> TrieFor(IEnumerable<Rule> rules, RuleKind kind) => NetworkTrie<Rule>.Build(
            rules.Where(r => r.Kind == kind).Select(r => (r.Network, r)), static (_, later) => later);
    }
}
