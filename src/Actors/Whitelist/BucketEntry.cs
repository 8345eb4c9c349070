using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>What an entry is found by.</summary>
internal readonly record struct EntryKey
{
    // In two halves: a UInt128 is aligned to 16 bytes, which costs 24 with each entry.
    private readonly ulong _high;
    private readonly ulong _low;

    public EntryKey(ClientAddress client, string profile)
    {
        (_high, _low) = ((ulong)(client.Bits >> 64), (ulong)client.Bits);
        Profile = profile;
    }

    public ClientAddress Client => ClientAddress.FromBits(new UInt128(_high, _low));

    public string Profile { get; }
}

/// <summary>Where a pass comes from.</summary>
/// <param name="Fingerprint">That of the profile that judged.</param>
/// <param name="By">The node that made it.</param>
/// <param name="Reason">The evidence in short.</param>
internal sealed record PassOrigin(string Fingerprint, string By, string Reason);

/// <summary>
/// Lets the entries of a node share their origins: the same few repeat in a million entries, and three strings and their owner would be
/// most of what an entry takes. Safe for many threads.
/// </summary>
/// <remarks>
/// Each place holds the latest origin with its hash. So the table is bounded, and what is out of use leaves it as other origins come; two
/// in use that share a place merely cost some memory.
/// </remarks>
internal sealed class PassOrigins
{
    // Profiles times nodes times reasons are some hundreds in a fleet; the table takes 64 kB.
    private const int Places = 8192;

    private readonly PassOrigin?[] _places = new PassOrigin?[Places];

    /// <summary>The shared object for these words.</summary>
    public PassOrigin Of(string fingerprint, string by, string reason)
    {
        var origin = new PassOrigin(fingerprint, by, reason);
        ref var place = ref _places[(uint)origin.GetHashCode() % Places];
        if (Volatile.Read(ref place) is { } known && known == origin)
            return known;
        Volatile.Write(ref place, origin);
        return origin;
    }
}

/// <summary>
/// One entry in memory, made small, for there may be millions: an entry without times and with one pass is this struct alone.
/// </summary>
internal readonly struct BucketEntry
{
    /// <summary>Passes of one key that are kept, each with another fingerprint; beyond it the oldest one leaves.</summary>
    public const int MaxPasses = 8;

    private readonly KeptPass _latest;
    private readonly Rest? _rest;

    private BucketEntry(KeptPass latest, Rest? rest, long sequence)
    {
        _latest = latest;
        _rest = rest;
        Sequence = sequence;
    }

    /// <summary>The bucket's number for the change that made this entry what it is.</summary>
    public long Sequence { get; }

    /// <summary>True if it says nothing: what it stands for was dropped.</summary>
    public bool IsEmpty => _latest.IsNone && Times.IsEmpty;

    public PostscreenTimes Times => _rest?.Times ?? default;

    /// <summary>The node that made the times what they are; empty: not known, or there are none.</summary>
    public string TimesBy => _rest?.TimesBy ?? "";

    /// <summary>The passes, the latest first.</summary>
    public ImmutableArray<KeptPass> Passes => _latest.IsNone ? [] : _rest is null ? [_latest] : [_latest, .. _rest.Passes];

    /// <summary>When nothing of it holds any more.</summary>
    public long ExpiresMs => Math.Max(_latest.ExpiresMs, _rest?.ExpiresMs ?? 0);

    /// <param name="latestFirst">Passes; of each fingerprint the first counts.</param>
    public static BucketEntry Of(IEnumerable<KeptPass> latestFirst, in PostscreenTimes times, string timesBy, long sequence)
    {
        ImmutableArray<KeptPass> passes = [.. latestFirst.DistinctBy(p => p.Fingerprint).Take(MaxPasses)];
        var rest = times.IsEmpty && passes.Length <= 1 ? null : new Rest(times, timesBy, passes.IsEmpty ? [] : passes.RemoveAt(0));
        return new BucketEntry(passes.IsEmpty ? default : passes[0], rest, sequence);
    }

    public static BucketEntry Of(StoredEntry stored, PassOrigins origins) => Of(
        stored.Passes.Select(p => new KeptPass(p.ExpiresMs, p.MadeMs, p.Allow, p.Score, origins.Of(p.Fingerprint, p.By, p.Reason))),
        stored.Times, origins.Of("", stored.TimesBy, "").By, stored.Sequence);

    /// <summary>The entry with a further pass, without the expired ones.</summary>
    public BucketEntry With(KeptPass pass, long nowMs) => _rest is null && (_latest.IsNone || _latest.Fingerprint == pass.Fingerprint)
        ? new BucketEntry(pass, null, Sequence)
        : Of([pass, .. Passes.Where(p => p.ExpiresMs > nowMs)], Times, TimesBy, Sequence);

    public BucketEntry With(in PostscreenTimes times, string timesBy) => Of(Passes, times, timesBy, Sequence);

    public BucketEntry With(long sequence) => new(_latest, _rest, sequence);

    /// <summary>True if a clock that was ahead of this time made one of its passes.</summary>
    public bool IsMadeAfter(long nowMs) => _latest.MadeMs > nowMs || (_rest is not null && _rest.Passes.Any(p => p.MadeMs > nowMs));

    /// <summary>The entry without a pass that was made later than now: such a pass was made now, and lives as long from now.</summary>
    public BucketEntry MadeBy(long nowMs) => Of(Passes.Select(p => p.MadeBy(nowMs)), Times, TimesBy, Sequence);

    /// <summary>The latest unexpired pass with that fingerprint; empty: with any.</summary>
    public bool TryFind(string fingerprint, long nowMs, out KeptPass pass)
    {
        if (_latest.Counts(fingerprint, nowMs))
        {
            pass = _latest;
            return true;
        }

        pass = _rest is null ? default : _rest.Passes.FirstOrDefault(p => p.Counts(fingerprint, nowMs));
        return !pass.IsNone;
    }

    /// <summary>The entry as it is stored.</summary>
    public StoredEntry Stored(EntryKey key) => new(
        key.Client, key.Profile, _rest is null && !_latest.IsNone ? [_latest.Stored] : [.. Passes.Select(p => p.Stored)], Times, Sequence,
        TimesBy);

    // What few entries have: the others pay one reference for it.
    private sealed class Rest(PostscreenTimes times, string timesBy, ImmutableArray<KeptPass> passes)
    {
        public PostscreenTimes Times { get; } = times;

        public string TimesBy { get; } = timesBy;

        public ImmutableArray<KeptPass> Passes { get; } = passes;

        public long ExpiresMs { get; } = Math.Max(times.Latest * 1000, passes.IsEmpty ? 0 : passes.Max(p => p.ExpiresMs));
    }
}

/// <summary>One pass in memory, 24 bytes; <c>default</c> is none.</summary>
internal readonly struct KeptPass(long expiresMs, long madeMs, bool allow, int score, PassOrigin origin)
{
    private readonly uint _madeSeconds = (uint)Math.Clamp(madeMs / 1000, 0, uint.MaxValue);
    private readonly int _scoreAndAllow = (score << 1) | (allow ? 1 : 0);
    private readonly PassOrigin? _origin = origin;

    public bool IsNone => _origin is null;

    public long ExpiresMs { get; } = expiresMs;

    /// <summary>When the screening that made it began, in whole seconds.</summary>
    public long MadeMs => _madeSeconds * 1000L;

    public string Fingerprint => _origin!.Fingerprint;

    private bool Allow => (_scoreAndAllow & 1) != 0;

    private int Score => _scoreAndAllow >> 1;

    public StoredPass Stored => new(ExpiresMs, MadeMs, Allow, Score, _origin!.Fingerprint, _origin.By, _origin.Reason);

    public bool Counts(string fingerprint, long nowMs) => ExpiresMs > nowMs && (fingerprint.Length == 0 || Fingerprint == fingerprint);

    /// <summary>The pass as if it was made no later than now; it lives as long from now as it did from then.</summary>
    public KeptPass MadeBy(long nowMs) =>
        MadeMs <= nowMs ? this : new KeptPass(ExpiresMs - (MadeMs - nowMs), nowMs, Allow, Score, _origin!);

    /// <summary>The pass with what is left of it: never more than it had, nor than anything may have, whatever clock stored it.</summary>
    public Pass Left(long nowMs, long maxLifeMs)
    {
        var left = Math.Min(ExpiresMs - Math.Max(nowMs, MadeMs), maxLifeMs);
        return new Pass((int)Math.Clamp(left / 1000, 1, int.MaxValue), Allow, Score, _origin!.Fingerprint, _origin.By, _origin.Reason);
    }

    /// <summary>How long ago the screening that made it began.</summary>
    public int AgeSeconds(long nowMs) => (int)Math.Clamp((nowMs / 1000) - _madeSeconds, 0, int.MaxValue);
}
