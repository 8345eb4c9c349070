using System.Collections.Concurrent;
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

/// <summary>Where a pass comes from. The same few repeat in a million entries, so they are shared.</summary>
internal sealed record Provenance(string Fingerprint, string By, string Reason)
{
    private const int MaxShared = 50_000;

    private static readonly ConcurrentDictionary<Provenance, Provenance> Shared = new();

    /// <summary>The one object for these words, as long as there are not too many of them.</summary>
    public static Provenance Of(string fingerprint, string by, string reason)
    {
        var words = new Provenance(fingerprint, by, reason);
        return Shared.TryGetValue(words, out var known) ? known
            : Shared.Count < MaxShared ? Shared.GetOrAdd(words, words)
            : words;
    }
}

/// <summary>One entry in memory, made small, for there may be millions: an entry without times and with one pass is this struct alone.</summary>
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

    public PostscreenTimes Times => _rest?.Times ?? default;

    /// <summary>The node that made the times what they are; empty: not known, or there are none.</summary>
    public string TimesBy => _rest?.TimesBy ?? "";

    /// <summary>The passes, the latest first.</summary>
    public IEnumerable<KeptPass> Passes => _latest.IsNone ? [] : _rest is null ? [_latest] : [_latest, .. _rest.Passes];

    /// <summary>When nothing of it holds any more.</summary>
    public long ExpiresMs => Math.Max(_latest.ExpiresMs, _rest?.ExpiresMs ?? 0);

    /// <summary>True if a clock that was ahead of this time made one of its passes.</summary>
    public bool IsMadeAfter(long nowMs) => _latest.MadeMs > nowMs || (_rest is not null && _rest.Passes.Any(p => p.MadeMs > nowMs));

    public static BucketEntry Of(StoredEntry stored)
    {
        var passes = stored.Passes;
        var rest = stored.Times.IsEmpty && passes.Length <= 1 ? null : new Rest(stored.Times, stored.TimesBy, [.. passes.Skip(1).Select(KeptPass.Of)]);
        return new BucketEntry(passes.IsEmpty ? default : KeptPass.Of(passes[0]), rest, stored.Sequence);
    }

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

    public StoredEntry Stored(EntryKey key) => new(key.Client, key.Profile, [.. Passes.Select(p => p.Stored)], Times, Sequence, TimesBy);

    // What few entries have: the others pay one reference for it.
    private sealed class Rest(PostscreenTimes times, string timesBy, ImmutableArray<KeptPass> passes)
    {
        public PostscreenTimes Times { get; } = times;

        public string TimesBy { get; } = Provenance.Of("", timesBy, "").By;

        public ImmutableArray<KeptPass> Passes { get; } = passes;

        public long ExpiresMs { get; } = Math.Max(times.Latest * 1000, passes.IsEmpty ? 0 : passes.Max(p => p.ExpiresMs));
    }
}

/// <summary>One pass in memory; <c>default</c> is none.</summary>
internal readonly struct KeptPass
{
    private readonly uint _madeSeconds;
    private readonly int _scoreAndAllow;
    private readonly Provenance? _origin;

    private KeptPass(StoredPass pass)
    {
        ExpiresMs = pass.ExpiresMs;
        _madeSeconds = (uint)Math.Clamp(pass.MadeMs / 1000, 0, uint.MaxValue);
        _scoreAndAllow = (pass.Score << 1) | (pass.Allow ? 1 : 0);
        _origin = Provenance.Of(pass.Fingerprint, pass.By, pass.Reason);
    }

    public bool IsNone => _origin is null;

    public long ExpiresMs { get; }

    /// <summary>When the screening that made it began, in whole seconds.</summary>
    public long MadeMs => _madeSeconds * 1000L;

    public StoredPass Stored => new(
        ExpiresMs, MadeMs, (_scoreAndAllow & 1) != 0, _scoreAndAllow >> 1, _origin!.Fingerprint, _origin.By, _origin.Reason);

    public static KeptPass Of(StoredPass pass) => new(pass);

    public bool Counts(string fingerprint, long nowMs) => ExpiresMs > nowMs && (fingerprint.Length == 0 || _origin!.Fingerprint == fingerprint);

    /// <summary>The pass with what is left of it: never more than it had, nor than anything may have, whatever clock stored it.</summary>
    public Pass Left(long nowMs, long maxLifeMs)
    {
        var left = Math.Min(ExpiresMs - Math.Max(nowMs, MadeMs), maxLifeMs);
        return new Pass(
            (int)Math.Clamp(left / 1000, 1, int.MaxValue), (_scoreAndAllow & 1) != 0, _scoreAndAllow >> 1, _origin!.Fingerprint, _origin.By,
            _origin.Reason);
    }

    /// <summary>How long ago the screening that made it began.</summary>
    public int AgeSeconds(long nowMs) => (int)Math.Clamp((nowMs / 1000) - _madeSeconds, 0, int.MaxValue);
}
