using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Dns;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints;

/// <summary>
/// Recognizes the questions that one connection of a client causes. postscreen asks for NAME and <c>allow.NAME</c>, at the dnsblog door on
/// two connections and in any order; a resolver may also ask for A, AAAA and TXT. All of them get one decision.
/// </summary>
/// <remarks>
/// A client that connects twice within <see cref="Life"/> causes each kind of question twice, so there are as many decisions as the kind
/// that was asked most often. A mail server that asks for NAME only gets a decision for each question. Holds at most
/// <see cref="Capacity"/> clients; the oldest leaves, and its further questions then count as a new connection. Safe for many threads.
/// </remarks>
internal sealed class ZoneDecisions(TimeProvider time)
{
    /// <summary>Clients whose questions are recognized at one time.</summary>
    public const int Capacity = 16_384;

    /// <summary>How long after its opening a decision takes further questions: milliseconds, or a resolver's retry.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();

    // By the latest decision of each.
    private readonly AgedTable<(Door, ClientAddress, Profile, bool), Client> _clients = new(time);

    /// <summary>Counts a question that is answered at once. Costs no memory if its client is known.</summary>
    /// <param name="allow">The question is for <c>allow.NAME</c>.</param>
    /// <param name="type">The type of record that is asked for.</param>
    /// <returns>True for the question that opens a decision.</returns>
    public bool IsFirst(in ScreeningQuery query, bool allow, DnsType type)
    {
        lock (_lock)
        {
            Count(query, allow, type, screening: null, out var isFirst);
            return isFirst;
        }
    }

    /// <summary>Counts a question about a client that has to be screened.</summary>
    /// <returns>The decision that it belongs to.</returns>
    /// <inheritdoc cref="IsFirst"/>
    public ZoneDecision Of(in ScreeningQuery query, bool allow, DnsType type)
    {
        lock (_lock)
            return Count(query, allow, type, new ZoneDecision(), out _);
    }

    // Screening: the latest decision's, if it has none yet.
    [return: NotNullIfNotNull(nameof(screening))]
    private ZoneDecision? Count(in ScreeningQuery query, bool allow, DnsType type, ZoneDecision? screening, out bool isFirst)
    {
        while (_clients.TryGetOldest(out var oldest, out _, out var age) && (_clients.Count >= Capacity || age >= Life))
            _clients.Remove(oldest);
        var key = (query.Door, query.Client, query.Profile, query.IsDoubtful);
        _clients.TryGet(key, out var client);
        isFirst = client.IsFirst(allow, type);
        client.Latest ??= screening;
        if (isFirst)
            _clients.Put(key, client);
        else
            _clients.TryReplace(key, client);
        return client.Latest ?? screening;
    }

    private struct Client
    {
        private Counts _asked;
        private int _decisions;

        // Null: nobody has needed a screening yet.
        public ZoneDecision? Latest { get; set; }

        public bool IsFirst(bool allow, DnsType type)
        {
            if (++_asked[(allow ? 4 : 0) + IndexOf(type)] <= _decisions)
                return false;
            _decisions++;
            Latest = null;
            return true;
        }

        private static int IndexOf(DnsType type) => type switch
        {
            DnsType.A => 0,
            DnsType.Txt => 1,
            (DnsType)28 => 2, // AAAA (RFC 3596)
            _ => 3,
        };

        // Questions by zone and type.
        [InlineArray(8)]
        private struct Counts
        {
            private int _first;
        }
    }
}

/// <summary>One decision, which all questions of a connection share.</summary>
internal sealed class ZoneDecision
{
    private readonly Lock _lock = new();
    private Task<Decision>? _screening;

    /// <summary>The screening behind it; the first to need one starts it, the others wait for the same one.</summary>
    public Task<Decision> ScreenAsync(Func<Task<Decision>> screen)
    {
        lock (_lock)
            return _screening ??= screen();
    }
}
