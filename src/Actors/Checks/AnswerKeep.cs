using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>A source's answers by client, each kept for its lifetime. When it is full the oldest leaves. For one thread.</summary>
internal sealed class AnswerKeep<TAnswer>(TimeProvider time, KeepSettings settings)
    where TAnswer : CheckAnswer, IKeptAnswer<TAnswer>
{
    private readonly Dictionary<ClientAddress, Entry> _entries = [];
    private readonly Queue<Entry> _age = new();

    /// <summary>The kept answer with the lifetime that is left; null if there is none.</summary>
    public TAnswer? Find(ClientAddress client)
    {
        if (!_entries.TryGetValue(client, out var entry))
            return null;
        var passed = time.GetElapsedTime(entry.Made);
        return passed < entry.Life ? entry.Answer.Aged(passed) : null;
    }

    /// <summary>Keeps an answer, unless its lifetime is zero.</summary>
    public void Add(ClientAddress client, TAnswer answer)
    {
        var life = answer.Life(settings);
        if (life <= TimeSpan.Zero)
            return;
        var entry = new Entry(client, answer, time.GetTimestamp(), life);
        _entries[client] = entry;
        _age.Enqueue(entry);
        while (_age.Count > settings.MaxAnswers || (_age.TryPeek(out var oldest) && time.GetElapsedTime(oldest.Made) >= oldest.Life))
        {
            oldest = _age.Dequeue();
            if (_entries.TryGetValue(oldest.Client, out var current) && ReferenceEquals(current, oldest))
                _entries.Remove(oldest.Client);
        }
    }

    /// <summary>Completes the kept answer, if there is one; its lifetime stays.</summary>
    public void Complete(ClientAddress client, Func<TAnswer, TAnswer> complete)
    {
        if (_entries.TryGetValue(client, out var entry))
            entry.Answer = complete(entry.Answer);
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

    private sealed class Entry(ClientAddress client, TAnswer answer, long made, TimeSpan life)
    {
        public ClientAddress Client => client;

        public TAnswer Answer { get; set; } = answer;

        public long Made => made;

        public TimeSpan Life => life;
    }
}
