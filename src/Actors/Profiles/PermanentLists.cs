using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Profiles;

/// <summary>One line of a permanent list.</summary>
/// <param name="Network">Whom it speaks of.</param>
/// <param name="Rule">Permit, reject, or dunno: a hole in a larger network.</param>
/// <param name="Origin">Where it stands, for people: <c>access.permit</c> or <c>permit.cidr:12</c>.</param>
public sealed record AccessLine(Network Network, AccessRule Rule, string Origin);

/// <summary>
/// The permanent permit and reject lists, answered by the longest match; reject before permit before dunno at equal length.
/// Immutable; replaced whole on reload.
/// </summary>
public sealed class PermanentLists
{
    /// <summary>Lists that decide nothing.</summary>
    public static readonly PermanentLists Empty = new([]);

    private readonly NetworkTrie<Entry> _trie;

    public PermanentLists(IEnumerable<AccessLine> lines) => _trie = NetworkTrie<Entry>.Build(
        lines.Select(line => (line.Network, new Entry(line.Rule, $"{line.Rule.Word()} {line.Network} ({line.Origin})"))),
        static (one, other) => one.Rule >= other.Rule ? one : other);

    /// <summary>Decides a client that a list names. Allocates nothing.</summary>
    /// <param name="verdict">With true: a permit is an allow for <see cref="VerdictSettings.PassTtl"/>, a reject the reject action.</param>
    public bool TryDecide(ClientAddress client, VerdictSettings settings, out Verdict verdict, out string reason)
    {
        verdict = default;
        reason = "";
        if (!_trie.TryMatch(client, out _, out var entry) || entry.Rule == AccessRule.Dunno)
            return false;
        reason = entry.Reason;
        verdict = entry.Rule == AccessRule.Permit
            ? new Verdict(VerdictAction.Pass, true, Math.Max(1, (int)settings.PassTtl.TotalSeconds), 0, VerdictSource.Permit)
            : new Verdict(settings.RejectAction, false, 0, 0, VerdictSource.Reject);
        return true;
    }

    private sealed record Entry(AccessRule Rule, string Reason);
}
