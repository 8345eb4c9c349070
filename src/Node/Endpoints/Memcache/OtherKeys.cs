using Screening.Actors.Checks;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>A value that is not postscreen's.</summary>
internal sealed record OtherValue(byte[] Key, byte[] Data, uint Flags, DateTimeOffset Expires);

/// <summary>
/// The few keys that Postfix keeps beside its clients, such as <c>_LAST_CACHE_CLEANUP_COMPLETED_</c>. They stay on this node, in memory,
/// and when there are too many the oldest leaves.
/// </summary>
internal sealed class OtherKeys(TimeProvider time)
{
    public const int MaxKeys = 1_000;
    public const int MaxBytes = 1_024;

    // memcached, doc/protocol.txt: longer than this is seconds since 1970.
    private static readonly TimeSpan LongestRelative = TimeSpan.FromDays(30);

    private readonly Lock _lock = new();
    private readonly AgedTable<byte[], OtherValue> _values = new(time, new OctetComparer());

    public int Count
    {
        get
        {
            lock (_lock)
                return _values.Count;
        }
    }

    public OtherValue? Find(ReadOnlySpan<byte> key)
    {
        lock (_lock)
            return _values.Count > 0 && _values.TryGet(key, out var value) && value.Expires > time.GetUtcNow() ? value : null;
    }

    /// <param name="expireTime">As memcache has it: 0 for ever, seconds, or seconds since 1970; negative: over already.</param>
    public void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> data, uint flags, long expireTime)
    {
        var value = new OtherValue(key.ToArray(), data.ToArray(), flags, ExpiresAt(expireTime));
        lock (_lock)
        {
            _values.Put(value.Key, value);
            if (_values.Count > MaxKeys && _values.TryGetOldest(out var oldest, out _, out _))
                _values.Remove(oldest);
        }
    }

    /// <summary>Gives a key another end. False if it is not there.</summary>
    public bool Touch(ReadOnlySpan<byte> key, long expireTime)
    {
        lock (_lock)
        {
            if (Find(key) is not { } value)
                return false;
            _values.Put(value.Key, value with { Expires = ExpiresAt(expireTime) });
            return true;
        }
    }

    public bool Remove(ReadOnlySpan<byte> key)
    {
        lock (_lock)
            return _values.TryGet(key, out var value) && _values.Remove(value.Key) && value.Expires > time.GetUtcNow();
    }

    private DateTimeOffset ExpiresAt(long expireTime) => expireTime switch
    {
        0 => DateTimeOffset.MaxValue,
        < 0 => DateTimeOffset.MinValue,
        _ when expireTime <= LongestRelative.TotalSeconds => time.GetUtcNow().AddSeconds(expireTime),
        _ => DateTimeOffset.FromUnixTimeSeconds(Math.Min(expireTime, DateTimeOffset.MaxValue.ToUnixTimeSeconds())),
    };

    // Keys are octets (memcached, doc/protocol.txt); they are found without a copy of what was received.
    private sealed class OctetComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
