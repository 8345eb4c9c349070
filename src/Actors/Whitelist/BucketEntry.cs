using System.Collections.Concurrent;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>What an entry is found by.</summary>
internal readonly record struct EntryKey(ClientAddress Client, string Profile);

/// <summary>Where a pass comes from. The same few repeat in a million entries, so they are shared.</summary>
internal sealed record Provenance(string Policy, string By, string Reason)
{
    private const int MaxShared = 50_000;

    private static readonly ConcurrentDictionary<Provenance, Provenance> Shared = new();

    /// <summary>The one object for these words, as long as there are not too many of them.</summary>
    public static Provenance Of(string policy, string by, string reason)
    {
        var words = new Provenance(policy, by, reason);
        return Shared.TryGetValue(words, out var known) ? known
            : Shared.Count < MaxShared ? Shared.GetOrAdd(words, words)
            : words;
    }
}

/// <summary>One entry in memory, made small: there may be millions.</summary>
internal readonly struct BucketEntry
{
    private readonly PostscreenTimesBox? _times;
    private readonly uint _madeSeconds;
    private readonly int _scoreAndAllow;

    private BucketEntry(long expiresMs, uint madeSeconds, int scoreAndAllow, Provenance? origin, PostscreenTimesBox? times, long sequence)
    {
        PassExpiresMs = expiresMs;
        _madeSeconds = madeSeconds;
        _scoreAndAllow = scoreAndAllow;
        Origin = origin;
        _times = times;
        Sequence = sequence;
    }

    /// <summary>When the pass ends; 0: there is none.</summary>
    public long PassExpiresMs { get; }

    /// <summary>Where the pass comes from; null: there is none.</summary>
    public Provenance? Origin { get; }

    /// <summary>The bucket's number for the change that made this entry what it is.</summary>
    public long Sequence { get; }

    public PostscreenTimes Times => _times?.Times ?? default;

    /// <summary>When nothing of it holds any more.</summary>
    public long ExpiresMs => Math.Max(PassExpiresMs, Times.Latest * 1000);

    public static BucketEntry Of(StoredPass? pass, in PostscreenTimes times, long sequence) => new(
        pass?.ExpiresMs ?? 0,
        (uint)((pass?.MadeMs ?? 0) / 1000),
        pass is null ? 0 : (pass.Score << 1) | (pass.Allow ? 1 : 0),
        pass is null ? null : Provenance.Of(pass.Policy, pass.By, pass.Reason),
        times.IsEmpty ? null : new PostscreenTimesBox(times),
        sequence);

    public StoredPass? StoredPass => Origin is null
        ? null
        : new StoredPass(
            PassExpiresMs, _madeSeconds * 1000L, (_scoreAndAllow & 1) != 0, _scoreAndAllow >> 1, Origin.Policy, Origin.By, Origin.Reason);

    /// <summary>The pass with what is left of it.</summary>
    public Pass PassLeft(long nowMs) => new(
        (int)Math.Clamp((PassExpiresMs - nowMs) / 1000, 1, int.MaxValue), (_scoreAndAllow & 1) != 0, _scoreAndAllow >> 1, Origin!.Policy,
        Origin.By, Origin.Reason);

    /// <summary>How long ago the pass was made.</summary>
    public int AgeSeconds(long nowMs) => (int)Math.Clamp((nowMs / 1000) - _madeSeconds, 0, int.MaxValue);

    public StoredEntry Stored(EntryKey key) => new(key.Client, key.Profile, StoredPass, Times, Sequence);

    // Few entries have times; those that do not pay one reference for them.
    private sealed record PostscreenTimesBox(PostscreenTimes Times);
}
