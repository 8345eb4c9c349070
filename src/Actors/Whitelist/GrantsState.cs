using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// All grants and bans of one version. The entity and every node fold the same changes with the same function, and so agree on content and
/// hash; no clock, no actor, no store. Never changed once made, so that a copy can be read while changes come.
/// </summary>
/// <remarks>Invariant: two states with the same number and hash hold the same lines.</remarks>
internal sealed class GrantsState
{
    /// <summary>Grants and bans in all.</summary>
    public const int MaxLines = 100_000;

    /// <summary>
    /// Those for networks larger than a bucket's neighbourhood (/24, /64): a ban of such a network revokes in every bucket.
    /// </summary>
    public const int MaxLarge = 10_000;

    public static readonly GrantsState Empty = new(default, ImmutableDictionary<GrantKey, GrantOrBan>.Empty, 0);

    private readonly ImmutableDictionary<GrantKey, GrantOrBan> _lines;
    private readonly int _large;

    private GrantsState(GrantsVersion version, ImmutableDictionary<GrantKey, GrantOrBan> lines, int large) =>
        (Version, _lines, _large) = (version, lines, large);

    public GrantsVersion Version { get; }

    /// <summary>All lines in no order, expired ones included until they are removed.</summary>
    public IEnumerable<GrantOrBan> Lines => _lines.Values;

    public int Count => _lines.Count;

    /// <summary>A state that was copied whole.</summary>
    public static GrantsState Of(GrantsVersion version, IEnumerable<GrantOrBan> lines)
    {
        var all = ImmutableDictionary.CreateBuilder<GrantKey, GrantOrBan>();
        foreach (var line in lines)
            all[line.Key] = line;
        return new GrantsState(version, all.ToImmutable(), all.Keys.Count(IsLarge));
    }

    /// <summary>What an entity stored: a snapshot, and the changes after it.</summary>
    public static GrantsState Of(StoredState stored)
    {
        var state = stored.Snapshot is GrantsSnapshot snapshot ? Of(snapshot.Version, snapshot.Lines) : Empty;
        foreach (var part in stored.Events.OfType<GrantsStored>())
            state = part.Changes.Aggregate(state, (before, change) => before.Apply(change)).InLife(part.After.Life);
        return state;
    }

    public GrantOrBan? Find(GrantKey key) => _lines.GetValueOrDefault(key);

    /// <summary>The same content, named by another life of the entity.</summary>
    public GrantsState InLife(long life) => new(Version with { Life = life }, _lines, _large);

    /// <summary>The state after a change.</summary>
    public GrantsState Apply(GrantsChange change)
    {
        var (lines, large) = (_lines.ToBuilder(), _large);
        foreach (var line in change.OnlySets ? [] : _lines.Values.Where(change.Removes))
        {
            lines.Remove(line.Key);
            large -= IsLarge(line.Key) ? 1 : 0;
        }

        foreach (var line in change.Set)
        {
            large += IsLarge(line.Key) && !lines.ContainsKey(line.Key) ? 1 : 0;
            lines[line.Key] = line;
        }

        var version = new GrantsVersion(Version.Life, Version.Number + 1, GrantsHash.Chain(Version.Hash, change));
        return new GrantsState(version, lines.ToImmutable(), large);
    }

    /// <summary>
    /// Of the lines that are to be set those that change something here. Whatever clock made a line, it was not made later than now, and it
    /// ends within <paramref name="maxLife"/> from now.
    /// </summary>
    public ImmutableArray<GrantOrBan> Settable(SetGrants set, long nowMs, TimeSpan maxLife)
    {
        var latestMs = nowMs + (long)maxLife.TotalMilliseconds;
        return
        [
            .. set.Lines
                .Select(line => line with { ExpiresMs = Math.Min(line.ExpiresMs, latestMs), MadeMs = Math.Min(line.MadeMs, nowMs) })
                .Where(line => !set.OnlyIfLonger || Find(line.Key) is not { } known || known.ExpiresMs < line.ExpiresMs),
        ];
    }

    /// <summary>Why there is no room for further lines; null: there is.</summary>
    public string? FaultOf(ImmutableArray<GrantOrBan> lines)
    {
        var fresh = lines.Select(line => line.Key).Where(key => !_lines.ContainsKey(key)).ToHashSet();
        if (_lines.Count + fresh.Count > MaxLines)
            return $"there are {_lines.Count} grants and bans; no more than {MaxLines} are kept";
        var large = fresh.Count(IsLarge);
        return large > 0 && _large + large > MaxLarge
            ? $"there are {_large} grants and bans of networks larger than /24 or /64; no more than {MaxLarge} are kept"
            : null;
    }

    private static bool IsLarge(GrantKey key) => !WhitelistLayout.TryBucketOf(key.Network, out _);
}
