using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

// What is spoken between a node and the sharded whitelist. All of it crosses nodes: Serialization/ has a manifest for each.
// Times on the wire are time left or an age, never a clock's.

/// <summary>A message to one entity of the whitelist.</summary>
internal interface IToWhitelist
{
    /// <summary>0..1023, or <see cref="WhitelistLayout.Grants"/>.</summary>
    int Bucket { get; }
}

/// <summary>A complete pass.</summary>
/// <param name="TtlSeconds">What is left of it, at least 1.</param>
/// <param name="Allow">It skips other tests.</param>
/// <param name="Score">The score that led here.</param>
/// <param name="Fingerprint">Fingerprint of the profile that gave it.</param>
/// <param name="By">The node that made it.</param>
/// <param name="Reason">The evidence in short, at most 200 characters.</param>
internal sealed record Pass(int TtlSeconds, bool Allow, int Score, string Fingerprint, string By, string Reason);

/// <summary>What a check answered at the client's home, for another node to weigh by its own profile.</summary>
/// <param name="List">Hash of the check's id, so that a key inside a zone's name stays where it is.</param>
/// <param name="Answer">Null: the list failed, or is not asked at that node.</param>
internal sealed record SharedEvidence(ulong List, CheckAnswer? Answer);

/// <summary>
/// Asks whether a client passed. Answered at once with <see cref="LookUpHit"/> or <see cref="LookUpMiss"/>, the latter perhaps followed
/// by <see cref="EvidenceCame"/>.
/// </summary>
/// <param name="Id">The asker's number for this question, echoed.</param>
/// <param name="Fingerprint">Fingerprint that a pass must have been made by; empty: any.</param>
/// <param name="Known">The bucket's epoch as the asker knows it: a bucket that lost its memory begins a later life.</param>
/// <param name="Lists">The lists whose answers the asker needs if the client is not known, by <see cref="SharedEvidence.List"/>.</param>
internal sealed record LookUp(
    long Id, ClientAddress Client, string Profile, string Fingerprint, Epoch Known, ImmutableArray<ulong> Lists) : IToWhitelist
{
    public int Bucket => WhitelistLayout.BucketOf(Client);
}

/// <summary>The client passed.</summary>
internal sealed record LookUpHit(long Id, Pass Pass, Epoch Epoch);

/// <summary>Not known: the asker screens it, and tells a complete pass with <see cref="Conclude"/>.</summary>
/// <param name="Asks">The bucket's node asks the lists, and tells each answer with <see cref="EvidenceCame"/>.</param>
internal sealed record LookUpMiss(long Id, Epoch Epoch, bool Asks);

/// <summary>What lists answered at the bucket's node.</summary>
internal sealed record EvidenceCame(long Id, ImmutableArray<SharedEvidence> Evidence);

/// <summary>A screening ended with a complete pass. Not answered.</summary>
/// <param name="Epoch">The epoch that the screening began with; a revocation since then refuses the pass.</param>
/// <param name="AgeMs">How long ago the screening began, milliseconds; decides where the epoch says nothing.</param>
internal sealed record Conclude(ClientAddress Client, string Profile, Epoch Epoch, int AgeMs, Pass Pass) : IToWhitelist
{
    public int Bucket => WhitelistLayout.BucketOf(Client);
}

/// <summary>
/// postscreen stored its five times. Answered with <see cref="TimesFound"/>: what they became with those that were there.
/// </summary>
/// <param name="By">The node whose memcache door took them.</param>
internal sealed record RecordTimes(ClientAddress Client, PostscreenTimes Times, long Id = 0, string By = "") : IToWhitelist
{
    public int Bucket => WhitelistLayout.BucketOf(Client);
}

/// <summary>Asks for postscreen's five times, and for the pass beside them. Answered with <see cref="TimesFound"/>.</summary>
/// <param name="Profile">The profile of the pass.</param>
/// <param name="Fingerprint">Fingerprint that the pass must have been made by; empty: any.</param>
internal sealed record GetTimes(long Id, ClientAddress Client, string Profile = "", string Fingerprint = "") : IToWhitelist
{
    public int Bucket => WhitelistLayout.BucketOf(Client);
}

/// <summary>The five times; empty when there are none.</summary>
/// <param name="Pass">The client's pass, if one was asked for and is there.</param>
internal sealed record TimesFound(long Id, PostscreenTimes Times, Epoch Epoch = default, Pass? Pass = null);

/// <summary>Drops postscreen's five times of a client. Answered with <see cref="TimesFound"/>, which has none.</summary>
internal sealed record ForgetTimes(long Id, ClientAddress Client) : IToWhitelist
{
    public int Bucket => WhitelistLayout.BucketOf(Client);
}

/// <summary>Takes back every pass and time of the clients in some networks. Answered with <see cref="Revoked"/>, once journaled.</summary>
/// <param name="WaitMs">When the answer must go out even if nothing is journaled yet, milliseconds.</param>
internal sealed record Revoke(long Id, int Bucket, ImmutableArray<Network> Networks, int WaitMs) : IToWhitelist;

/// <summary>The revocation holds.</summary>
/// <param name="Count">Entries that it took back.</param>
/// <param name="Durable">It is journaled; if not, it will be as soon as the store can.</param>
internal sealed record Revoked(long Id, int Bucket, int Count, bool Durable);

/// <summary>Takes over exported entries. Answered with <see cref="EntriesImported"/>.</summary>
internal sealed record ImportEntries(long Id, int Bucket, ImmutableArray<EntryLine> Entries) : IToWhitelist;

/// <summary>How many were taken; those that are expired or revoked are not.</summary>
internal sealed record EntriesImported(long Id, int Bucket, int Count);

/// <summary>
/// Asks for entries in order of address. Answered with <see cref="EntriesListed"/>; not at all by a bucket that can't read what is stored,
/// unless one client is meant.
/// </summary>
/// <param name="Within">Only clients in this network; null: all.</param>
/// <param name="After">Only addresses behind this one; null: from the start.</param>
/// <param name="Limit">Addresses, at most; all profiles of an address come together.</param>
internal sealed record ListEntries(long Id, int Bucket, Network? Within, ClientAddress? After, int Limit) : IToWhitelist
{
    /// <summary>One client is meant, not all that are in a network.</summary>
    public bool IsAboutOneClient => Within is { } network && network.PrefixLength == network.Address.BitLength;
}

/// <summary>Entries in order of address.</summary>
/// <param name="More">There are further ones.</param>
internal sealed record EntriesListed(long Id, int Bucket, ImmutableArray<EntryLine> Entries, bool More);

/// <summary>One entry as it is shown, exported and imported.</summary>
/// <param name="Pass">The pass, if there is one.</param>
/// <param name="AgeSeconds">How long ago the pass was made.</param>
/// <param name="TimesBy">The node that made the times what they are; empty: not known.</param>
internal sealed record EntryLine(
    ClientAddress Client, string Profile, Pass? Pass, int AgeSeconds, PostscreenTimes Times, string TimesBy = "");

/// <summary>Asks how many entries a network has. Answered with <see cref="EntriesCounted"/>, once the bucket has recovered.</summary>
internal sealed record CountInside(long Id, int Bucket, Network Network) : IToWhitelist;

/// <summary>How many entries of a network are not expired.</summary>
internal sealed record EntriesCounted(long Id, int Bucket, int Count);

/// <summary>Starts a bucket, so that it recovers before anybody asks. Not answered.</summary>
internal sealed record Wake(int Bucket) : IToWhitelist;

// Push: from a bucket to every node's near cache.

/// <summary>News of the whitelist, in the order in which the buckets made them.</summary>
internal sealed record WhitelistNews(ImmutableArray<NewsItem> Items);

/// <summary>One piece of news.</summary>
/// <param name="Epoch">The bucket's epoch once this had happened.</param>
internal abstract record NewsItem(int Bucket, Epoch Epoch);

/// <summary>A client passed.</summary>
internal sealed record PassNews(ClientAddress Client, string Profile, Pass Pass, int Bucket, Epoch Epoch) : NewsItem(Bucket, Epoch);

/// <summary>postscreen's times of a client became these; empty: they are gone.</summary>
internal sealed record TimesNews(ClientAddress Client, PostscreenTimes Times, int Bucket, Epoch Epoch) : NewsItem(Bucket, Epoch);

/// <summary>Clients were taken back.</summary>
/// <param name="Before">Number of the revocation before it: a node that knows another one has missed a revocation.</param>
internal sealed record RevocationNews(ImmutableArray<Network> Networks, int Bucket, long Before, Epoch Epoch) : NewsItem(Bucket, Epoch);

/// <summary>Tells the entity that its shard moves: it stores what it must and stops.</summary>
internal sealed class HandOver : IPossiblyHarmful
{
    public static readonly HandOver Instance = new();

    private HandOver()
    {
    }
}
