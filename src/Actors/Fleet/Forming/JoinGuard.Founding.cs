using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Screening.Actors.Fleet.Forming;

// Founding. Who gets the store's lock founds. Without one, with a database that can not be asked, or while the lock is still that of a
// cluster that was killed as a whole, votes do: more than half of the nodes that are expected, so no cluster that could go on is left.
// A first seed that restarts while it is cut off gets neither.
internal sealed partial class JoinGuard
{
    private const string FoundingLock = "cluster";
    private const string VoteTimer = "vote";

    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(2);

    // One name for all attempts of this life: an answer that was lost is got again.
    private readonly string _candidate = Guid.NewGuid().ToString("N");

    private ImmutableArray<NodePresence> _voters = [];
    private DateTimeOffset? _turnSince;
    private string _votedFor = "";
    private DateTimeOffset _votedUntil;
    private int _granted;
    private long _ballot;

    // A name may stand for several nodes, which only shows once it has been asked for its addresses.
    private bool CanFound(int others) => _settings.IsCache && (others + 1) * 2 > Math.Max(_settings.Expected, _mostPlaces);

    private void TryFounding(ImmutableArray<NodePresence> voters)
    {
        _voters = voters;
        if (!_finder.HasAskedAll)
        {
            Wait("");
        }
        else if (!_settings.IsCache)
        {
            Wait("no node of role cache that is in a cluster answers");
        }
        else if (_settings.Store.Lock is { } store)
        {
            TakeLockAsync(store, _candidate).PipeTo(Self);
        }
        else
        {
            TryVotes();
        }
    }

    private void Take(LockAnswered answer)
    {
        if (answer.Taken == true)
        {
            Found();
        }
        else if (answer.Taken is null || CanFound(_voters.Length))
        {
            TryVotes();
        }
        else
        {
            Wait("the database says that there is a cluster, but no member of it answers");
        }
    }

    private void TryVotes()
    {
        if (!CanFound(_voters.Length))
        {
            _turnSince = null;
            Wait(FormattableString.Invariant($"{_voters.Length + 1} of {_settings.Expected} nodes answer, and none is in a cluster"));
            return;
        }

        // Each leaves it for a while to those before it.
        var now = _setup.Time.GetUtcNow();
        _turnSince ??= now;
        if (now < _turnSince + (_timings.Turn * Rank()) || !Grants(Own))
        {
            Wait("");
            return;
        }

        _ballot = ++_round;
        _granted = 1;
        Become(Voting);
        foreach (var voter in _voters)
        {
            Context.ActorSelection(new RootActorPath(Address.Parse(voter.From.Address)) / "user" / Name).Tell(new AskVote(_ballot, Own), Self);
        }

        Timers.StartSingleTimer(VoteTimer, new RoundOver(_ballot), _timings.Answer);
        CountVotes();
    }

    private void Voting(object message)
    {
        switch (message)
        {
            case FoundingVote vote when vote.Id == _ballot:
                _granted += vote.Granted ? 1 : 0;
                CountVotes();
                break;
            case RoundOver over when over.Round == _ballot:
                _votedFor = ""; // It was for nobody else to count.
                Become(Looking);
                Wait("");
                break;
            default:
                Always(message);
                break;
        }
    }

    private void CountVotes()
    {
        if (CanFound(_granted - 1))
        {
            Timers.Cancel(VoteTimer);
            Found();
        }
    }

    private void Found()
    {
        _clusterId = _candidate;
        Show(FleetState.Joining, "");
        _log.Info("Founding cluster {0}", _clusterId);
        _cluster.Join(_cluster.SelfAddress);
        Become(Joining);
        Again(_timings.Join + _timings.Answer);
    }

    // A vote binds its giver for a while, so that two candidates can not both count it.
    private bool Grants(string candidate)
    {
        var now = _setup.Time.GetUtcNow();
        var isBound = now < _votedUntil && _votedFor.Length > 0 && _votedFor != candidate;
        if (!_settings.IsCache || _settings.IsAlone || _state is not (FleetState.Looking or FleetState.Refused) || isBound)
        {
            return false;
        }

        _votedFor = candidate;
        _votedUntil = now + _timings.Vote;
        return true;
    }

    // How many of those that answer stand before this node in the seeds; one that is not a seed comes last.
    private int Rank()
    {
        var order = _places.Select(place => _knownAs.GetValueOrDefault(place.Address, place.Address.ToString())).ToList();
        int PlaceOf(string address) => order.IndexOf(address) is var place && place < 0 ? int.MaxValue : place;
        var mine = (PlaceOf(Own), Own);
        return _voters.Count(voter => (PlaceOf(voter.From.Address), voter.From.Address).CompareTo(mine) < 0);
    }

    private void Wait(string reason)
    {
        Show(FleetState.Looking, reason.Length > 0 ? reason : _state == FleetState.Looking ? _reason : "");
        Again(_timings.Look);
    }

    private async Task<LockAnswered> TakeLockAsync(IFleetLock store, string owner)
    {
        using var limit = new CancellationTokenSource(LockLimit, _setup.Time);
        try
        {
            return new LockAnswered(await store.TryTakeAsync(FoundingLock, owner, _timings.Lock, limit.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is StoreException or OperationCanceledException)
        {
            return new LockAnswered(null);
        }
    }

    // The last one out lets the next cluster be founded at once. Who was downed must not: the lock is the cluster's, and it goes on elsewhere.
    private void ReleaseLock()
    {
        if (_state == FleetState.Up && _settings is { IsCache: true, IsAlone: false, Store.Lock: { } store } && _members.Caches.All(IsSelfAndWell))
        {
            _ = store.ReleaseAsync(FoundingLock, _clusterId, CancellationToken.None);
        }
    }

    private bool IsSelfAndWell(Member member) => member.Address == _cluster.SelfAddress && member.Status != MemberStatus.Down;

    /// <param name="Taken">Null: the database can not be asked.</param>
    private sealed record LockAnswered(bool? Taken);
}
