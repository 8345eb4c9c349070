using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>A source's answers by client, each kept for its lifetime. When it is full the oldest leaves. For one thread.</summary>
internal sealed class AnswerKeep<TAnswer>(TimeProvider time, KeepSettings settings)
    where TAnswer : CheckAnswer, IKeptAnswer<TAnswer>
{
    private readonly AgedTable<ClientAddress, Entry> _entries = new(time);

    /// <summary>The kept answer with the lifetime that is left; null if there is none.</summary>
    public TAnswer? Find(ClientAddress client)
    {
        if (!_entries.TryGet(client, out var entry))
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
        _entries.Put(client, new Entry(answer, time.GetTimestamp(), life));

        // The rest of what is over leaves when it is the oldest: lifetimes differ, and memory is bounded anyway.
        while (_entries.TryGetOldest(out var oldest, out var entry, out var age)
            && (_entries.Count > settings.MaxAnswers || age >= entry.Life))
        {
            _entries.Remove(oldest);
        }
    }

    /// <summary>Completes the kept answer, if there is one; its lifetime stays.</summary>
    public void Complete(ClientAddress client, Func<TAnswer, TAnswer> complete)
    {
        if (_entries.TryGet(client, out var entry))
            entry.Answer = complete(entry.Answer);
    }

    /// <summary>Drops the answers about the clients of a network.</summary>
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

    private sealed class Entry(TAnswer answer, long made, TimeSpan life)
    {
        public TAnswer Answer { get; set; } = answer;

        public long Made => made;

        public TimeSpan Life => life;
    }
}
