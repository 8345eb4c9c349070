using System.Collections.Immutable;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>What operators do to the fleet's whitelist, from any node. Every call ends within seconds.</summary>
/// <remarks>Each throws <see cref="WhitelistUnavailableException"/> while this node is not in a cluster that can answer.</remarks>
public interface IWhitelistAdmin
{
    /// <summary>Sets a grant or a ban in place of one of the same kind and network. A ban takes back the passes inside as well.</summary>
    /// <exception cref="WhitelistFullException">There are too many grants and bans.</exception>
    Task<WhitelistChange> SetAsync(
        GrantKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation);

    /// <summary>Forgets a network: its grants and bans, and the passes and times of every client inside.</summary>
    Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation);

    /// <summary>What is known of one client: grants and bans that cover it, and its entries. The line that decides comes first.</summary>
    Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation);

    /// <summary>One page: grants and bans in order of network, then entries in an order of their own that pages rely on.</summary>
    /// <param name="within">Only lines inside this network; null: all.</param>
    /// <param name="after">Where the page before ended, <see cref="WhitelistPage.Next"/>; null: from the start.</param>
    /// <param name="limit">Lines, at least 1; lines of one client are never parted, so there may be a few more.</param>
    /// <exception cref="FormatException"><paramref name="after"/> is not a place.</exception>
    Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation);

    /// <summary>Takes over exported lines. What is expired is left out; what is there and lives longer stays.</summary>
    /// <returns>How many were taken.</returns>
    Task<WhitelistChange> ImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation);

    /// <summary>What lies inside a network, and so what a ban takes back and a forget forgets. Changes nothing.</summary>
    Task<WhitelistCount> CountAsync(Network network, CancellationToken cancellation);

    /// <summary>
    /// How many lines an import would take over. Changes nothing. A pass counts even if one is there that lives longer: only its bucket
    /// knows.
    /// </summary>
    Task<int> CountImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation);
}

/// <summary>What kind a line is.</summary>
public enum WhitelistLineKind : byte
{
    Pass,
    Grant,
    Ban,
}

/// <summary>The words for kinds of line.</summary>
public static class WhitelistLineKindWords
{
    /// <summary>The kind's word in JSON.</summary>
    public static string Word(this WhitelistLineKind kind) => kind switch
    {
        WhitelistLineKind.Grant => "grant",
        WhitelistLineKind.Ban => "ban",
        _ => "pass",
    };
}

/// <summary>One line of the whitelist as people and scripts see it.</summary>
/// <param name="Profile">The profile of a pass; of grants and bans <c>default</c>, for they hold in all.</param>
/// <param name="Expires">When it ends; of an entry that holds postscreen's times only, when the latest ends.</param>
/// <param name="By">The node that made a pass, the author of a grant or a ban.</param>
/// <param name="Fingerprint">Fingerprint of the profile that gave a pass; empty for others.</param>
public sealed record WhitelistLine(
    Network Network, string Profile, WhitelistLineKind Kind, DateTimeOffset Expires, PostscreenTimes Times, string By, DateTimeOffset Made,
    string Reason, bool Allow = false, int Score = 0, string Fingerprint = "");

/// <summary>A page of lines.</summary>
/// <param name="Next">Where the next page starts; null: this is the last one.</param>
public sealed record WhitelistPage(ImmutableArray<WhitelistLine> Lines, string? Next);

/// <summary>What a change did.</summary>
/// <param name="Count">Lines that were set, taken back or taken over.</param>
/// <param name="Durable">It is journaled; false: it holds, but a store that is down has still to be told.</param>
public sealed record WhitelistChange(int Count, bool Durable);

/// <summary>What a network holds.</summary>
/// <param name="Grants">Grants of networks inside it.</param>
/// <param name="Bans">Bans of networks inside it.</param>
/// <param name="Entries">Passes and times of clients inside it.</param>
public sealed record WhitelistCount(int Grants, int Bans, int Entries);

/// <summary>The fleet cannot be asked now. The message is for the operator.</summary>
public sealed class WhitelistUnavailableException(string message) : Exception(message);

/// <summary>There is no room for the change. The message is for the operator.</summary>
public sealed class WhitelistFullException(string message) : Exception(message);
