using Akka.Actor;

namespace Screening.Actors.Cluster.Forming;

/// <content>The rounds: whom to ask, who has answered, and when that is over.</content>
internal sealed partial class JoinGuard
{
    private const string RoundTimer = "round";
    private const string NextTimer = "next";

    // Clocks drift slowly: with the default pause between rounds they are compared once a minute.
    private const int RoundsBetweenClocks = 12;

    // Above the limits of its parts, resolving and probing. Without it, a resolver that never answers would leave the guard silent for
    // good.
    private static readonly TimeSpan FindLimit = TimeSpan.FromSeconds(5);

    // Numbers begin at random, so that an answer to a question of this node's last life belongs to no round.
    private Round _round = new(Random.Shared.NextInt64(NodePresence.Unasked + 1, 1L << 40));
    private Round _last = new(0);

    /// <summary>Goes on with the round. What belongs to another one is late and changes nothing.</summary>
    /// <returns>True if the round is over; <see cref="_last"/> is then that round.</returns>
    private bool Advance(object message)
    {
        switch (message)
        {
            case NextRound:
                FindSeeds();
                return false;
            case SeedsCame came when came.Round == _round.Id:
                Ask(came.Found);
                break;
            case NodePresence presence:
                Hear(presence);
                break;
            case RoundFailed failed when failed.Round == _round.Id:
                Fail(failed.Fault);
                return false;
            case RoundOver over when over.Round == _round.Id:
                CloseRound();
                return true;
        }

        if (!_round.IsOver)
            return false;
        CloseRound();
        return true;
    }

    // A node that answered a moment ago, or is a member, need not be probed: each probe is a TLS handshake on both sides.
    private void FindSeeds()
    {
        var round = _round.Id;
        var isKnown = _last.Answered.ContainsKey;
        var members = _members.All.Select(member => member.Address).ToHashSet();
        Timers.StartSingleTimer(RoundTimer, new RoundFailed(round, "the seeds could not be found in time"), FindLimit);
        _seeds.FindAsync(address => isKnown(address) || members.Contains(address)).PipeTo(
            Self, success: found => new SeedsCame(round, found), failure: fault => new RoundFailed(round, fault.Message));
    }

    // A member asks strangers for their cluster, members for their names, and now and then cache members for their clocks.
    private void Ask(SeedsFound found)
    {
        Report(found);
        var isClockDue = _watchedRounds % RoundsBetweenClocks == 0;
        var strangers = found.Reachable.Where(address => !_members.Contains(address));
        var members = _members.All.Where(member => _peers.NameOf(member.Address).Length == 0 || (isClockDue && Membership.IsCache(member)));
        var asked = strangers.Concat(members.Select(member => member.Address)).Where(address => address != Own);
        _round = _round.Asking(asked, found.Places, _setup.Time.GetTimestamp());
        var question = new AskPresence(_round.Id, Identity());
        foreach (var address in _round.Asked)
            GuardAt(address).Tell(question, Self);
        Timers.StartSingleTimer(RoundTimer, new RoundOver(_round.Id), _setup.Timings.Answer);
    }

    private static ActorSelection GuardAt(Address address) => Context.ActorSelection(new RootActorPath(address) / "user" / Name);

    private void Hear(NodePresence presence)
    {
        var round = _round.With(presence);
        if (round == _round)
            return;
        _round = round;

        // The other clock was read about half way between the question and now.
        var ago = _setup.Time.GetElapsedTime(_round.AskedAt) / 2;
        var ahead = TimeSpan.FromMilliseconds(presence.From.ClockMs - NowMs()) + ago;
        if (_peers.Apply(presence.From, ahead) is { } warning)
            _report.ClocksDiffer(warning);
    }

    private void Fail(string fault)
    {
        CloseRound();
        _report.RoundFailed(fault);
        if (!_standing.IsUp)
            Show(JoinState.Looking, $"the other nodes cannot be asked: {fault}");
        StartNextRoundIn(_standing.IsUp ? _setup.Timings.Watch : _setup.Timings.Look);
    }

    private void CloseRound()
    {
        Timers.Cancel(RoundTimer);
        _last = _round;
        _round = new Round(_round.Id + 1);
        _peers.Keep(address => _last.Answered.ContainsKey(address) || _members.Contains(address));
    }

    // An edge that is a seed of itself would count as one of the nodes of role cache that there should be.
    private void Report(SeedsFound found)
    {
        _report.Seeds(found);
        var settings = _setup.Settings;
        if (settings.Expected == 0)
            _setup.Board.Expect(Math.Max(settings.Seeds.Length, found.Places - (settings.IsCache ? 0 : 1)));
    }

    private void StartNextRoundIn(TimeSpan pause) => Timers.StartSingleTimer(NextTimer, NextRound.Instance, pause);

    private abstract record RoundEvent(long Round);

    private sealed record SeedsCame(long Round, SeedsFound Found) : RoundEvent(Round);

    private sealed record RoundOver(long Round) : RoundEvent(Round);

    private sealed record RoundFailed(long Round, string Fault) : RoundEvent(Round);

    private sealed class NextRound
    {
        public static readonly NextRound Instance = new();
    }
}
