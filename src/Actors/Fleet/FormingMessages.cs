using System.Collections.Immutable;

namespace Screening.Actors.Fleet;

// Spoken between the join guards of nodes, over the remoting port and before any membership.

/// <summary>Asks a node what it is and whether it is in a cluster. Answered with <see cref="NodePresence"/>.</summary>
/// <param name="From">The asker.</param>
internal sealed record AskPresence(long Id, NodeIdentity From);

/// <summary>What a node is.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Address">The address by which others reach it, <c>akka.tcp://fleet@HOST:PORT</c>.</param>
/// <param name="IsCache">It holds shards and votes.</param>
/// <param name="Layout">Version of the whitelist's layout.</param>
/// <param name="Provider">sqlite, postgresql or memory.</param>
/// <param name="ClockMs">Its clock, milliseconds since 1970.</param>
internal sealed record NodeIdentity(string Node, string Address, bool IsCache, int Layout, string Provider, long ClockMs);

/// <summary>A node's answer.</summary>
/// <param name="ClusterId">The cluster that it is in; empty: in none.</param>
/// <param name="Members">Addresses of the members it sees; those of role cache first.</param>
/// <param name="CacheMembers">How many of these are of role cache.</param>
/// <param name="HasUnreachable">It sees members that it can not reach.</param>
/// <param name="Refusal">Why the asker may not join; empty: it may.</param>
internal sealed record NodePresence(
    long Id, NodeIdentity From, string ClusterId, ImmutableArray<string> Members, int CacheMembers, bool HasUnreachable, string Refusal);

/// <summary>Asks for leave to found a cluster. Answered with <see cref="FoundingVote"/>.</summary>
internal sealed record AskVote(long Id, string Candidate);

/// <summary>A node's vote; it gives one at a time, for some seconds.</summary>
internal sealed record FoundingVote(long Id, bool Granted);

/// <summary>Asks a member for what it holds, for the status page. Answered with <see cref="NodeHoldings"/>.</summary>
internal sealed record AskHoldings(long Id);

/// <summary>What one node holds.</summary>
internal sealed record NodeHoldings(long Id, string Node, int Shards, int Buckets, int Recovering, long Entries);
