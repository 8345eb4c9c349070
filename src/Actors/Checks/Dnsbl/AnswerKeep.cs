using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>A list's answers, each kept for its lifetime. When it is full the oldest leaves. For one thread.</summary>
internal sealed class AnswerKeep(TimeProvider time, int capacity)
{
    private readonly Dictionary<ClientAddress, Entry> _entries = [];
    private readonly Queue<Entry> _age = new();

    /// <summary>The kept answer with the ttl that is left; null if there is none.</summary>
    public DnsblAnswer? Find(ClientAddress client)
    {
        if (!_entries.TryGetValue(client, out var entry))
            return null;
        var passed = time.GetElapsedTime(entry.Made);
        if (passed >= entry.Life)
            return null;
        return entry.Answer.TtlSeconds is { } ttl
            ? entry.Answer with { TtlSeconds = Math.Max(0, ttl - (int)passed.TotalSeconds) }
            : entry.Answer;
    }

    /// <summary>Keeps an answer, unless its lifetime is zero.</summary>
    public void Add(ClientAddress client, DnsblAnswer answer, TimeSpan life)
    {
        if (life <= TimeSpan.Zero)
            return;
        var entry = new Entry(client, answer, time.GetTimestamp(), life);
        _entries[client] = entry;
        _age.Enqueue(entry);
        while (_age.Count > capacity || (_age.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Made) >= oldest.Life))
        {
            oldest = _age.Dequeue();
            if (_entries.TryGetValue(oldest.Client, out var current) && ReferenceEquals(current, oldest))
                _entries.Remove(oldest.Client);
        }
    }

    /// <summary>Adds the list's reason to the kept answer, if there is one.</summary>
    public void AddText(ClientAddress client, string text)
    {
        if (_entries.TryGetValue(client, out var entry))
            entry.Answer = entry.Answer with { Text = text };
    }

    /// <summary>Drops the answers about the clients of a network. Their places in the queue stay until they are old.</summary>
    public void Forget(Network network)
    {
        var hostBits = network.Address.BitLength - network.PrefixLength;
        if (hostBits < 16 && 1 << hostBits < _entries.Count)
        {
            // Bans come by the ten thousand, for single addresses and small networks; going through all entries for each would take long.
            for (var host = 0u; host < 1u << hostBits; host++)
                _entries.Remove(ClientAddress.FromBits(network.Address.Bits + host));
            return;
        }

        foreach (var client in _entries.Keys.Where(network.Contains).ToList())
            _entries.Remove(client);
    }

    private sealed class Entry(ClientAddress client, DnsblAnswer answer, long made, TimeSpan life)
    {
        public ClientAddress Client => client;

        public DnsblAnswer Answer { get; set; } = answer;

        public long Made => made;

        public TimeSpan Life => life;
    }
}
