namespace Screening.Node.Sources.Dns;

/// <summary>
/// Spreads queries out, so that a burst does not overflow the receive buffer of the resolver or list that it goes to: what is lost there
/// costs its client two fifths of the list's timeout. Each answer lets one more query go, so a resolver that answers is asked as fast as it
/// can; one that is silent gets <see cref="Burst"/> queries in each <see cref="DnsTransport.SweepPeriod"/>. Safe for many threads.
/// </summary>
internal sealed class DnsPace
{
    /// <summary>
    /// Queries that may leave at once. Linux counts 768 bytes for a small datagram, and a server that does not ask for more has a buffer of
    /// 212,992 bytes (net.core.rmem_default): room for 277, or for what comes in 40 ms while the server gets no processor.
    /// </summary>
    public const int Burst = 64;

    private readonly Lock _gate = new();
    private readonly Queue<DnsLookup> _waiting = [];
    private int _credit = Burst;

    /// <summary>A lookup has a query to send.</summary>
    /// <returns>False: later, when <see cref="Answered"/> or <see cref="Refill"/> return it.</returns>
    public bool TryPass(DnsLookup lookup)
    {
        lock (_gate)
        {
            if (_credit > 0)
            {
                _credit--;
                return true;
            }

            _waiting.Enqueue(lookup);
            return false;
        }
    }

    /// <summary>An answer came.</summary>
    /// <returns>The lookup whose turn it is; null: none waits.</returns>
    public DnsLookup? Answered()
    {
        lock (_gate)
        {
            if (TryDequeue(out var next))
                return next;
            _credit = Math.Min(Burst, _credit + 1);
            return null;
        }
    }

    /// <summary>A period is over.</summary>
    /// <param name="ready">Those whose turn it is are added to it.</param>
    public void Refill(List<DnsLookup> ready)
    {
        lock (_gate)
        {
            for (_credit = Burst; _credit > 0 && TryDequeue(out var next); _credit--)
                ready.Add(next!);
        }
    }

    // Those that ended meanwhile have nothing to send.
    private bool TryDequeue(out DnsLookup? next)
    {
        while (_waiting.TryDequeue(out next))
        {
            if (!next.IsEnded)
                return true;
        }

        return false;
    }
}
