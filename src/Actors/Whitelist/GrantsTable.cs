using System.Collections.Concurrent;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Grants, or bans, found by the longest network that contains a client. Changed by one thread in place, line by line, and read by any
/// number without a lock: a look-up probes once for each length of a prefix that is there, and allocates nothing.
/// </summary>
internal sealed class GrantsTable
{
    private const int LengthsIPv4 = 33;
    private const int LengthsIPv6 = 129;

    // One thread writes, so one lock is enough.
    private readonly ConcurrentDictionary<Prefix, GrantOrBan> _lines = new(concurrencyLevel: 1, capacity: 31);
    private readonly Lengths _ipv4 = new(LengthsIPv4);
    private readonly Lengths _ipv6 = new(LengthsIPv6);

    /// <summary>How many there are, expired ones included.</summary>
    public int Count => _ipv4.Total + _ipv6.Total;

    /// <summary>The unexpired line with the longest network that contains the client.</summary>
    public GrantOrBan? Find(ClientAddress client, TimeProvider time)
    {
        var isIPv4 = client.IsIPv4;
        var lengths = (isIPv4 ? _ipv4 : _ipv6).Present;
        if (lengths.Length == 0)
            return null;
        var (bits, unwritten) = (client.Bits, isIPv4 ? 96 : 0);
        foreach (var length in lengths)
        {
            if (_lines.TryGetValue(new Prefix(bits, unwritten + length), out var line)
                && line.ExpiresMs > time.GetUtcNow().ToUnixTimeMilliseconds())
            {
                return line;
            }
        }

        return null;
    }

    public void Put(GrantOrBan line)
    {
        var prefix = Prefix.Of(line.Network);
        if (!_lines.ContainsKey(prefix))
            LengthsOf(line.Network).Add(line.Network.PrefixLength);
        _lines[prefix] = line;
    }

    public void Remove(Network network)
    {
        if (_lines.TryRemove(Prefix.Of(network), out _))
            LengthsOf(network).Remove(network.PrefixLength);
    }

    private Lengths LengthsOf(Network network) => network.Address.IsIPv4 ? _ipv4 : _ipv6;

    // The leading bits of a 128-bit address, IPv4 behind its 96 mapped bits.
    private readonly struct Prefix : IEquatable<Prefix>
    {
        private readonly ulong _high;
        private readonly ulong _low;
        private readonly int _length;

        public Prefix(UInt128 bits, int length)
        {
            var (high, low) = ((ulong)(bits >> 64), (ulong)bits);
            _high = length >= 64 ? high : length == 0 ? 0 : high & (ulong.MaxValue << (64 - length));
            _low = length <= 64 ? 0 : low & (ulong.MaxValue << (128 - length));
            _length = length;
        }

        public static Prefix Of(Network network) =>
            new(network.Address.Bits, network.PrefixLength + 128 - network.Address.BitLength);

        public bool Equals(Prefix other) => _low == other._low && _high == other._high && _length == other._length;

        public override bool Equals(object? obj) => obj is Prefix other && Equals(other);

        // Neighbours differ in few bits, at either end: a multiplication spreads them.
        public override int GetHashCode() => (int)(((_low ^ (_high * 0x9E3779B97F4A7C15)) + (ulong)_length) * 0xBF58476D1CE4E5B9 >> 32);
    }

    // The lengths of prefixes that are there, the longest first.
    private sealed class Lengths(int count)
    {
        private readonly int[] _lines = new int[count];
        private volatile int[] _present = [];

        public int[] Present => _present;

        public int Total { get; private set; }

        public void Add(int length)
        {
            Total++;
            if (++_lines[length] == 1)
                Publish();
        }

        public void Remove(int length)
        {
            Total--;
            if (--_lines[length] == 0)
                Publish();
        }

        private void Publish() => _present = [.. Enumerable.Range(0, _lines.Length).Where(length => _lines[length] > 0).Reverse()];
    }
}
