using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The evidence of a bucket's clients, each piece for its life, in memory only, so that the fleet asks each list once. Bounded: beyond
/// so many clients the oldest leaves. For one thread.
/// </summary>
internal sealed class EvidenceShelf(TimeProvider time, int maxClients)
{
    /// <summary>Pieces of one client.</summary>
    public const int MaxPerClient = 64;

    private readonly Dictionary<ClientAddress, Dictionary<ulong, Piece>> _byClient = [];
    private readonly Queue<ClientAddress> _age = new();

    /// <summary>What may still be used of a client, each with the life and the ttl that is left.</summary>
    public ImmutableArray<SharedEvidence> Find(ClientAddress client)
    {
        if (!_byClient.TryGetValue(client, out var pieces))
            return [];
        var found = ImmutableArray.CreateBuilder<SharedEvidence>(pieces.Count);
        foreach (var piece in pieces.Values)
        {
            var age = time.GetElapsedTime(piece.Made);
            if (age.TotalMilliseconds < piece.Evidence.LifeMs)
                found.Add(Aged(piece.Evidence, age));
        }

        return found.DrainToImmutable();
    }

    public void Add(ClientAddress client, ImmutableArray<SharedEvidence> evidence)
    {
        if (evidence.IsEmpty)
            return;
        if (!_byClient.TryGetValue(client, out var pieces))
        {
            _byClient[client] = pieces = [];
            _age.Enqueue(client);
        }

        foreach (var piece in evidence.Where(e => e.LifeMs > 0))
        {
            if (pieces.Count < MaxPerClient || pieces.ContainsKey(piece.Source))
                pieces[piece.Source] = new Piece(piece, time.GetTimestamp());
        }

        if (_age.Count > maxClients)
            _byClient.Remove(_age.Dequeue());
    }

    public void Forget(Network network)
    {
        foreach (var client in _byClient.Keys.Where(network.Contains).ToList())
            _byClient[client].Clear(); // Its place in the queue stays.
    }

    private static SharedEvidence Aged(SharedEvidence evidence, TimeSpan age)
    {
        var seconds = (int)age.TotalSeconds;
        CheckAnswer answer = evidence.Answer switch
        {
            DnsblAnswer { TtlSeconds: { } ttl } listed => listed with { TtlSeconds = Math.Max(0, ttl - seconds) },
            CustomAnswer { Reply: { TtlSeconds: { } ttl } reply } => new CustomAnswer(reply with { TtlSeconds = Math.Max(0, ttl - seconds) }),
            var other => other,
        };
        return evidence with { Answer = answer, LifeMs = evidence.LifeMs - (int)age.TotalMilliseconds };
    }

    private readonly record struct Piece(SharedEvidence Evidence, long Made);
}
