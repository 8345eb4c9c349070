using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <content>
/// The screening's dealings with the fleet: is the client known; what need not be asked again; what came of it.
/// </content>
internal sealed partial class ScreeningActor
{
    private readonly bool[] _asked;
    private long? _waitsForFleetUntil;
    private bool _fleetHasAnswered;
    private Epoch _epoch;
    private bool _isHit;

    // True if the fleet was asked: DNSBL and custom checks then wait for its word, a little.
    private bool TryAskFleet()
    {
        _epoch = _context.NearCache.EpochOf(_first.Client);
        if (_context.Fleet is not { Port.Region: not null } fleet || _first.Fresh || _first.IsSuspect || _policy.Checks.IsEmpty)
            return false;
        var question = new LookUp(
            _id, _first.Client, _policy.Profile, fleet.TrustAny ? "" : _policy.Fingerprint, _epoch,
            (int)_first.Deadline.TimeLeft(_context.Time).TotalMilliseconds, Lists: []);
        fleet.Link.Tell(new AskFleet(question, Self));
        WaitForFleet(fleet.LookUpWait);
        return true;
    }

    private void OnFleet(object message)
    {
        switch (message)
        {
            case FleetSilent:
                _fleetHasAnswered = true;
                StopWaitingForFleet();
                break;
            case LookUpHit hit when TryLearn(hit.Epoch):
                AnswerHit(hit.Pass);
                return;
            case LookUpHit:
                StopWaitingForFleet();
                break;
            case LookUpMiss miss:
                TryLearn(miss.Epoch);
                StopWaitingForFleet();
                break;
            case EvidenceCame came:
                Use(came.Evidence);
                break;
            default:
                Unhandled(message);
                return;
        }

        DecideIfPossible();
        ArmTimer();
    }

    // False: the bucket answered before a revocation that this node has heard of.
    private bool TryLearn(Epoch epoch)
    {
        _fleetHasAnswered = true;
        if (!_context.NearCache.TryLearn(WhitelistLayout.BucketOf(_first.Client), epoch))
            return false;
        if (epoch.IsKnown)
            _epoch = epoch;
        return true;
    }

    private void AnswerHit(Pass pass)
    {
        var verdict = new Verdict(VerdictAction.Pass, pass.Allow, pass.TtlSeconds, pass.Score, VerdictSource.Fleet);
        if (_waiting.Exists(w => !w.Query.Unrecorded))
            _context.NearCache.Store(_first.Client, _policy, verdict, _epoch);
        StopWaitingForFleet(ask: false);
        _isHit = true;
        AnswerAll(verdict, complete: true, $"passed before at {pass.By}: {pass.Reason}");
    }

    // Evidence of other nodes, weighed by this node's own policy.
    private void Use(ImmutableArray<SharedEvidence> evidence)
    {
        foreach (var piece in evidence)
        {
            for (var slot = 0; slot < _policy.Checks.Length; slot++)
            {
                if (!_asked[slot] && !_board.IsSettled(slot) && piece.Answer is not null && SharedIdOf(_policy.Checks[slot]) == piece.Source)
                    Weigh(slot, piece.Answer);
            }
        }
    }

    private void WaitForFleet(TimeSpan wait) =>
        _waitsForFleetUntil = _context.Time.GetTimestamp() + (long)(wait.TotalSeconds * _context.Time.TimestampFrequency);

    private TimeSpan? FleetWaitLeft() =>
        _waitsForFleetUntil is { } until ? _context.Time.GetElapsedTime(_context.Time.GetTimestamp(), until) : null;

    // When its time is over, or it has answered, or a verdict is out.
    private void StopWaitingForFleet(bool ask = true)
    {
        if (_waitsForFleetUntil is null)
            return;
        _waitsForFleetUntil = null;
        if (!_fleetHasAnswered)
            _context.Fleet!.Link.Tell(new LookUpLate(_id));
        if (!ask)
            return;
        Ask(_ => true);
        DecideIfPossible();
    }

    private void TellFleet(Pass pass)
    {
        var age = (int)_context.Time.GetElapsedTime(_first.Started).TotalMilliseconds;
        if (_context.Fleet is { Port.Region: not null } fleet)
            fleet.Link.Tell(new Conclude(_first.Client, _policy.Profile, _epoch, age, pass));
    }

    // What a custom check says may depend on all that it is told of the client, but for the connection itself.
    private ulong SharedIdOf(CheckPlan plan)
    {
        if (plan.Kind != CheckKind.Custom)
            return plan.SharedId;
        var id = plan.SharedId;
        foreach (var text in new[] { _policy.Profile, _first.Helo ?? "", _first.Sender ?? "" })
        {
            foreach (var letter in text)
                id = (id ^ letter) * 0x100000001B3; // FNV-1a
            id = (id ^ '\n') * 0x100000001B3;
        }

        return id;
    }
}
