using System.Collections.Immutable;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster;

/// <summary>How far a node has got on its way into the cluster.</summary>
public enum JoinState
{
    /// <summary>The cluster system is not running.</summary>
    Down,

    /// <summary>It asks the seeds.</summary>
    Looking,

    /// <summary>Other nodes refuse it.</summary>
    Refused,

    /// <summary>It joins.</summary>
    Joining,

    /// <summary>It is a member.</summary>
    Up,
}

/// <summary>The words for <see cref="JoinState"/>.</summary>
public static class JoinStateWords
{
    /// <summary>down, looking, refused, joining or up.</summary>
    public static string Word(this JoinState state) => state.ToString().ToLowerInvariant();
}

/// <summary>A member of the cluster.</summary>
/// <param name="Node">Its name; empty until it is known.</param>
/// <param name="Address">HOST:PORT by which others reach it.</param>
/// <param name="State">joining, up, leaving, exiting, down, or unreachable.</param>
public sealed record ClusterMember(string Node, string Address, ImmutableArray<string> Roles, string State);

/// <summary>What a node knows of its cluster.</summary>
/// <param name="Reason">Why it is not <see cref="JoinState.Up"/>; otherwise empty.</param>
/// <param name="ClusterId">The cluster; empty: in none.</param>
/// <param name="Members">In order of address; empty: in none.</param>
/// <param name="HasMajority">It is a member and reaches more than half of the cache members.</param>
/// <param name="Warnings">What an operator should look at: clocks that differ.</param>
public sealed record MembershipView(
    JoinState State, string Reason, string ClusterId, ImmutableArray<ClusterMember> Members, bool HasMajority,
    ImmutableArray<string> Warnings)
{
    /// <summary>The cluster system does not run.</summary>
    public static readonly MembershipView Down = new(JoinState.Down, "the cluster system is not running", "", [], false, []);

    /// <summary>This node is a member, and reaches more than half of the cache members.</summary>
    public bool IsWhole => State == JoinState.Up && HasMajority;
}

/// <summary>Members of role cache: those that hold the whitelist and vote.</summary>
/// <param name="Up">Members that are up and can be reached, this node included; 0 while this node is in no cluster.</param>
/// <param name="Expected">How many there should be: <c>cluster.expected</c>, or as many as the seeds stand for.</param>
/// <param name="FewerSince">Since when there are fewer; null: there are enough.</param>
public sealed record CacheMembers(int Up, int Expected, DateTimeOffset? FewerSince);

/// <summary>
/// Where the join guard writes what it knows, for everybody to read. It outlives the cluster system. Safe for many threads.
/// </summary>
/// <param name="expected">Members of role cache that there should be, as long as nothing better is known.</param>
internal sealed class MembershipBoard(TimeProvider time, int expected = 1)
{
    private readonly Lock _gate = new();
    private volatile MembershipView _now = MembershipView.Down;
    private volatile CacheMembers _caches = new(0, expected, time.GetUtcNow());

    public MembershipView Now
    {
        get => _now;
        internal set
        {
            lock (_gate)
            {
                _now = value;
                Count(_caches.Expected);
            }
        }
    }

    /// <summary>Members of role cache, and how many there should be.</summary>
    public CacheMembers Caches => _caches;

    /// <summary>Why the cluster system ends; empty when it was not this node's guard that ended it.</summary>
    internal string Why { get; set; } = "";

    /// <summary>Sets how many members of role cache there should be.</summary>
    internal void Expect(int members)
    {
        lock (_gate)
            Count(members);
    }

    private void Count(int wanted)
    {
        var up = _now.Members.Count(member => member.State == "up" && member.Roles.Contains(WhitelistRegion.CacheRole));
        _caches = new CacheMembers(up, wanted, up >= wanted ? null : _caches.FewerSince ?? time.GetUtcNow());
    }
}
