using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Who screens which client now, and who waits for what comes of it. A flight lasts as long as its screener has time, so that a screener
/// that is lost keeps nobody from screening for long. For one thread.
/// </summary>
internal sealed class FlightBoard(TimeProvider time)
{
    /// <summary>Flights at one time; beyond it everybody screens without a lease.</summary>
    public const int MaxFlights = 4096;

    // The screener's last word still has to travel.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly Dictionary<EntryKey, Flight> _flights = [];
    private long _lastLease;

    /// <summary>Takes the lease for a client, or waits for who has it.</summary>
    /// <returns>The lease; 0: screen without one; null: another node screens, and its evidence will be told.</returns>
    public long? Join(EntryKey key, IActorRef asker, long id, TimeSpan timeLeft)
    {
        var now = time.GetTimestamp();
        if (_flights.TryGetValue(key, out var flight) && flight.Ends > now)
        {
            flight.Waiting.Add((asker, id));
            return null;
        }

        if (_flights.Count >= MaxFlights)
            return 0;
        var ends = now + (long)((timeLeft + Grace).TotalSeconds * time.TimestampFrequency);
        _flights[key] = new Flight(++_lastLease, ends, []);
        return _lastLease;
    }

    /// <summary>Who is to hear the evidence. The last word ends the flight.</summary>
    public IReadOnlyList<(IActorRef Asker, long Id)> Conclude(EntryKey key, long lease, bool final)
    {
        if (!_flights.TryGetValue(key, out var flight))
            return [];
        if (final && flight.Lease == lease)
            _flights.Remove(key);
        return flight.Waiting;
    }

    public void Sweep()
    {
        var now = time.GetTimestamp();
        foreach (var (key, flight) in _flights)
        {
            if (flight.Ends <= now)
                _flights.Remove(key);
        }
    }

    private sealed record Flight(long Lease, long Ends, List<(IActorRef Asker, long Id)> Waiting);
}
