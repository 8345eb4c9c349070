namespace Screening.Node.Endpoints.Memcache;

/// <summary>A value that is not postscreen's.</summary>
internal sealed record OtherValue(string Key, byte[] Data, uint Flags, DateTimeOffset Expires);

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
    private readonly Dictionary<string, LinkedListNode<OtherValue>> _byKey = new(StringComparer.Ordinal);
    private readonly LinkedList<OtherValue> _age = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _byKey.Count;
        }
    }

    public OtherValue? Find(ReadOnlySpan<char> key)
    {
        lock (_lock)
        {
            return _byKey.Count > 0 && _byKey.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key, out var node)
                && node.Value.Expires > time.GetUtcNow() ? node.Value : null;
        }
    }

    /// <param name="expireTime">As memcache has it: 0 for ever, seconds, or seconds since 1970; negative: over already.</param>
    public void Set(ReadOnlySpan<char> key, ReadOnlySpan<byte> data, uint flags, long expireTime)
    {
        lock (_lock)
        {
            Remove(key);
            var value = new OtherValue(key.ToString(), data.ToArray(), flags, ExpiresAt(expireTime));
            _byKey[value.Key] = _age.AddLast(value);
            if (_byKey.Count > MaxKeys)
                Remove(_age.First!.Value.Key);
        }
    }

    /// <summary>Gives a key another end. False if it is not there.</summary>
    public bool Touch(ReadOnlySpan<char> key, long expireTime)
    {
        lock (_lock)
        {
            if (Find(key) is not { } value)
                return false;
            _byKey[value.Key].Value = value with { Expires = ExpiresAt(expireTime) };
            return true;
        }
    }

    public bool Remove(ReadOnlySpan<char> key)
    {
        lock (_lock)
        {
            if (!_byKey.GetAlternateLookup<ReadOnlySpan<char>>().Remove(key, out _, out var node))
                return false;
            _age.Remove(node);
            return node.Value.Expires > time.GetUtcNow();
        }
    }

    private DateTimeOffset ExpiresAt(long expireTime) => expireTime switch
    {
        0 => DateTimeOffset.MaxValue,
        < 0 => DateTimeOffset.MinValue,
        _ when expireTime <= LongestRelative.TotalSeconds => time.GetUtcNow().AddSeconds(expireTime),
        _ => DateTimeOffset.FromUnixTimeSeconds(Math.Min(expireTime, DateTimeOffset.MaxValue.ToUnixTimeSeconds())),
    };
}
