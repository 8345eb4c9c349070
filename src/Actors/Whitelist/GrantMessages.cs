using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

// Grants and bans: few, made by people, and needed before anything else. One entity orders them; every node has a copy of all of them.

/// <summary>What an operator decided about a network.</summary>
public enum GrantKind : byte
{
    /// <summary>A temporary permit.</summary>
    Grant,

    /// <summary>A temporary reject.</summary>
    Ban,
}

/// <summary>The words for grants and bans.</summary>
public static class GrantKindWords
{
    /// <summary>The kind's word in JSON and in commands.</summary>
    public static string Word(this GrantKind kind) => kind == GrantKind.Ban ? "ban" : "grant";
}

/// <summary>A grant or a ban.</summary>
/// <param name="ExpiresMs">Milliseconds since 1970.</param>
/// <param name="MadeMs">Milliseconds since 1970.</param>
/// <param name="By">Its author.</param>
/// <param name="Reason">Why, in the author's words, at most 200 characters.</param>
internal sealed record GrantOrBan(Network Network, GrantKind Kind, long ExpiresMs, long MadeMs, string By, string Reason)
{
    /// <summary>There is one of each kind for a network.</summary>
    public GrantKey Key => new(Network, Kind);
}

/// <summary>What a grant or a ban is found by.</summary>
internal readonly record struct GrantKey(Network Network, GrantKind Kind);

/// <summary>What tells one state of grants and bans from another: never a number alone.</summary>
/// <param name="Life">The life of the entity that made the state; larger at each start of the entity.</param>
/// <param name="Number">How many changes led to it, over all lives.</param>
/// <param name="Hash">Chained over those changes.</param>
internal readonly record struct GrantsVersion(long Life, long Number, ulong Hash) : IComparable<GrantsVersion>
{
    /// <summary>True if the same changes led to both, whichever life of the entity names them.</summary>
    public bool IsSameContent(GrantsVersion other) => (Number, Hash) == (other.Number, other.Hash);

    /// <summary>By life, then by number.</summary>
    public int CompareTo(GrantsVersion other) => (Life, Number).CompareTo((other.Life, other.Number));
}

/// <summary>One change. What is to be removed is said in general, so that it is a small message however many lines go.</summary>
/// <param name="Set">Each takes the place of the one of the same network and kind.</param>
/// <param name="RemoveInside">Everything inside this network is removed; null: nothing is.</param>
/// <param name="RemoveExpiredBefore">Everything that expired before this time is removed, milliseconds since 1970; 0: nothing is.</param>
internal sealed record GrantsChange(ImmutableArray<GrantOrBan> Set, Network? RemoveInside = null, long RemoveExpiredBefore = 0)
{
    /// <summary>Removes what is inside a network.</summary>
    public static GrantsChange Removing(Network network) => new([], RemoveInside: network);

    /// <summary>Removes what expired before a time.</summary>
    public static GrantsChange RemovingExpired(long beforeMs) => new([], RemoveExpiredBefore: beforeMs);

    /// <summary>True if nothing is removed.</summary>
    public bool OnlySets => RemoveInside is null && RemoveExpiredBefore == 0;

    /// <summary>True if a line that is there is removed.</summary>
    public bool Removes(GrantOrBan line) =>
        line.ExpiresMs < RemoveExpiredBefore || (RemoveInside is { } network && network.Contains(line.Network));
}

/// <summary>Sets grants and bans. Answered with <see cref="GrantsRecorded"/>.</summary>
/// <param name="OnlyIfLonger">A line that is there and expires later stays as it is.</param>
/// <param name="WaitMs">When the answer must leave even if nothing is journaled yet.</param>
internal sealed record SetGrants(long Id, ImmutableArray<GrantOrBan> Lines, bool OnlyIfLonger, int WaitMs) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Grants;
}

/// <summary>Removes every grant and ban inside a network. Answered with <see cref="GrantsRecorded"/>.</summary>
internal sealed record RemoveGrants(long Id, Network Network, int WaitMs) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Grants;
}

/// <summary>The change holds.</summary>
/// <param name="Count">Grants and bans that were set or removed.</param>
/// <param name="Durable">It is journaled; if not, it will be as soon as the store can be written.</param>
/// <param name="Fault">Why nothing changed; null when it did.</param>
internal sealed record GrantsRecorded(long Id, GrantsVersion Version, int Count, bool Durable, string? Fault);

/// <summary>
/// Asks the entity for what a node lacks. Answered, once the entity has recovered, with the <see cref="GrantsChanged"/> since then and
/// <see cref="GrantsUpToDate"/>, or with the first <see cref="GrantsCopyPart"/>.
/// </summary>
/// <param name="Known">The version of the node's copy.</param>
internal sealed record GetGrants(GrantsVersion Known) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Grants;
}

/// <summary>Asks for the next part of a copy; the entity asks a node in the same way. Answered with <see cref="GrantsCopyPart"/>.</summary>
internal sealed record GetGrantsPart(GrantsVersion Version, int Part) : IToWhitelist
{
    public int Bucket => WhitelistLayout.Grants;
}

/// <summary>A part of all grants and bans of a version, small enough for a frame.</summary>
/// <param name="Part">0 for the first.</param>
/// <param name="Parts">How many there are, at least 1.</param>
internal sealed record GrantsCopyPart(GrantsVersion Version, int Part, int Parts, ImmutableArray<GrantOrBan> Lines);

/// <summary>This is the version of an entity that has recovered. A node of another one asks for what it lacks.</summary>
internal sealed record GrantsUpToDate(GrantsVersion Version);

/// <summary>News of one change. A node whose version is not <paramref name="Before"/> asks for what it lacks.</summary>
internal sealed record GrantsChanged(GrantsVersion Before, GrantsVersion After, GrantsChange Change);

/// <summary>The entity recovers and wants to hear from every node which version it has.</summary>
internal sealed class ReportGrants
{
    public static readonly ReportGrants Instance = new();

    private ReportGrants()
    {
    }
}

/// <summary>Changes as they are stored.</summary>
/// <param name="After">The version that they led to.</param>
internal sealed record GrantsStored(GrantsVersion After, ImmutableArray<GrantsChange> Changes);

/// <summary>All grants and bans as they are stored.</summary>
internal sealed record GrantsSnapshot(GrantsVersion Version, ImmutableArray<GrantOrBan> Lines);
