using Akka.Actor;
using Akka.Event;

namespace Screening.Actors.Fleet.Forming;

// A member looks for what should not be: another cluster among the seeds, clocks that differ, a lock that ran out.
internal sealed partial class JoinGuard
{
    private const int RoundsBetweenClocks = 12;

    private string _otherCluster = "";
    private int _watched;

    private void Watching(object message)
    {
        switch (message)
        {
            case NextRound:
                Again(_timings.Watch);
                Find();
                Prolong();
                break;
            case PlacesFound found when found.Round == _round:
                Knock([.. found.Places.Where(place => !IsMember(place))]);
                break;
            case Knocked knocked when knocked.Round == _round:
                Ask(knocked, _members.All.Select(member => member.Address).Where(IsUnknown));
                _watched++;
                break;
            case NodePresence presence when Hear(presence):
            case RoundOver over when over.Round == _round:
                EndWatching();
                break;
            case LockAnswered { Taken: false } when _watched * _timings.Watch > _timings.Lock * 2: // Not that of one that was killed.
                _log.Warning("The database says that there is another cluster than {0}", _clusterId);
                break;
            default:
                Always(message);
                break;
        }
    }

    private bool IsMember(SeedPlace place) =>
        _members.Contains(_knownAs.TryGetValue(place.Address, out var known) ? Address.Parse(known) : place.Address);

    // Names are asked once, and clocks of the few that hold shards now and then.
    private bool IsUnknown(Address address) =>
        !_names.ContainsKey(address.ToString()) || (_watched % RoundsBetweenClocks == 0 && _members.Caches.Any(member => member.Address == address));

    private void EndWatching()
    {
        Timers.Cancel(RoundTimer);
        ++_round;
        foreach (var gone in _names.Keys.Where(address => address != Own && !_answers.ContainsKey(address) && !_members.Contains(Address.Parse(address))).ToList())
        {
            _names.Remove(gone);
            _clocks.Remove(gone);
        }

        // Whoever was joined may have restarted between its answer and the join. The oldest knows best.
        if (_members.Oldest is { } oldest && _answers.TryGetValue(oldest.Address.ToString(), out var told) && told.ClusterId.Length > 0)
        {
            _clusterId = told.ClusterId;
        }

        Compare();
        Publish();
    }

    // Two clusters that see each other become one: the lesser ends, twice seen and only while neither has a split of its own to decide.
    private void Compare()
    {
        var others = _answers.Values.Where(answer =>
            answer.ClusterId.Length > 0 && answer.ClusterId != _clusterId && !answer.HasUnreachable && !_members.Contains(Address.Parse(answer.From.Address)));
        var mine = _members.Caches.Count();
        var greater = _members.HasUnreachable ? null : others.FirstOrDefault(other =>
            other.CacheMembers > mine || (other.CacheMembers == mine && string.CompareOrdinal(other.ClusterId, _clusterId) < 0));
        if (greater is null)
        {
            _otherCluster = "";
        }
        else if (_otherCluster == greater.ClusterId)
        {
            End($"{Describe(greater.From)} is in another cluster, {greater.ClusterId} of {greater.CacheMembers}, and this one of {mine} gives up");
        }
        else
        {
            _otherCluster = greater.ClusterId;
        }
    }

    private void Prolong()
    {
        if (_settings is { IsCache: true, IsAlone: false, Store.Lock: { } store })
        {
            TakeLockAsync(store, _clusterId).PipeTo(Self);
        }
    }
}
