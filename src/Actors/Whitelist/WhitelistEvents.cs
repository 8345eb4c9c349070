using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

// What is stored. Every type has a versioned manifest in Serialization/, and stored bytes as test vectors. Times are milliseconds since
// 1970 by the clock of the bucket's node.

/// <summary>A pass as it is stored.</summary>
/// <param name="MadeMs">When the screening that made it began.</param>
internal sealed record StoredPass(long ExpiresMs, long MadeMs, bool Allow, int Score, string Fingerprint, string By, string Reason);

/// <summary>One entry as it is stored.</summary>
/// <param name="Passes">One for each fingerprint, the latest first; none if there are only times.</param>
/// <param name="Sequence">The bucket's number for the change that made it what it is.</param>
/// <param name="TimesBy">The node that made the times what they are; empty: not known.</param>
internal sealed record StoredEntry(
    ClientAddress Client, string Profile, ImmutableArray<StoredPass> Passes, PostscreenTimes Times, long Sequence, string TimesBy = "")
{
    /// <summary>True if it says nothing: what it stands for was dropped.</summary>
    public bool IsEmpty => Passes.IsEmpty && Times.IsEmpty;
}

/// <summary>
/// A revocation of one network as it is stored: it keeps refusing what comes late, until it is as old as an entry may become.
/// </summary>
/// <param name="Sequence">The bucket's number for the revocation; networks that were revoked together share it.</param>
internal sealed record Tombstone(Network Network, long Sequence, long MadeMs);

/// <summary>postscreen's times of one client that were revoked: a late write of these values must not bring them back.</summary>
internal sealed record ForgottenTimes(ClientAddress Client, PostscreenTimes Times);

/// <summary>An event of a bucket: what changed since the event before.</summary>
internal sealed record BucketChanged(
    ImmutableArray<StoredEntry> Entries, ImmutableArray<Tombstone> Tombstones, ImmutableArray<ForgottenTimes> Forgotten)
{
    /// <summary>One entry changed.</summary>
    public static BucketChanged Of(StoredEntry entry) => new([entry], [], []);
}

/// <summary>A snapshot of a bucket.</summary>
internal sealed record BucketSnapshot(
    long Sequence, ImmutableArray<StoredEntry> Entries, ImmutableArray<Tombstone> Tombstones, ImmutableArray<ForgottenTimes> Forgotten);
