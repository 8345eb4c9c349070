using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

// What is stored. Every type has a versioned manifest in Serialization/, and stored bytes as test vectors. Times are milliseconds since
// 1970 by the clock of the bucket's node.

/// <summary>A pass as it is stored.</summary>
internal sealed record StoredPass(long ExpiresMs, long MadeMs, bool Allow, int Score, string Policy, string By, string Reason);

/// <summary>One entry as it is stored.</summary>
/// <param name="Sequence">The bucket's number for the change that made it what it is.</param>
internal sealed record StoredEntry(ClientAddress Client, string Profile, StoredPass? Pass, PostscreenTimes Times, long Sequence);

/// <summary>A revocation as it is stored: it goes on to refuse what comes late, until it is <see cref="UntilMs"/> old.</summary>
/// <param name="Times">postscreen's times that were forgotten, by client: a late write of these values must not bring them back.</param>
internal sealed record Tombstone(Network Network, long Sequence, long UntilMs, ImmutableArray<ForgottenTimes> Times);

/// <summary>postscreen's times of one client that were forgotten.</summary>
internal sealed record ForgottenTimes(ClientAddress Client, PostscreenTimes Times);

/// <summary>One change of a bucket: an entry as it is now, or a revocation.</summary>
internal readonly record struct BucketChange(StoredEntry? Entry, Tombstone? Tombstone);

/// <summary>An event of a bucket: what changed since the event before.</summary>
internal sealed record BucketChanged(ImmutableArray<StoredEntry> Entries, ImmutableArray<Tombstone> Tombstones);

/// <summary>A snapshot of a bucket.</summary>
internal sealed record BucketSnapshot(long Sequence, ImmutableArray<StoredEntry> Entries, ImmutableArray<Tombstone> Tombstones);
