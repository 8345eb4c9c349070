using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <content>
/// The screening's dealings with the fleet: is the client known; who screens it; what need not be asked again; what came of it.
/// </content>
internal sealed partial class ScreeningActor
{
    private readonly bool[] _asked;
    private long? _waitsForFleetUntil;
    private bool _fleetHasAnswered;
    private long _lease;
    private long _epoch;
    private long _nearEpoch;
    private int _unfinished;
    private bool _owesEvidence;
    private bool _isReleased;
    private bool _isHit;

    // True if the fleet was asked: DNSBL and custom checks then wait for its word, a little.
    private bool TryAskFleet()
    {
        _nearEpoch = _context.NearCache.EpochOf(_first.Client);
        if (_context.Fleet is not { Port.Region: not null } fleet || _first.Fresh || _first.IsSuspect || _policy.Checks.IsEmpty)
            return false;
        fleet.Link.Tell(new AskFleet(
            _id, _first.Client, _policy.Profile, fleet.TrustAny ? "" : _policy.Fingerprint, _first.Deadline.TimeLeft(_context.Time), Self));
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
            case LookUpHit hit:
                Learn(hit.Epoch);
                AnswerHit(hit.Pass);
                return;
            case LookUpMiss miss:
                Learn(miss.Epoch);
                _lease = miss.Lease;
                Use(miss.Evidence);
                StopWaitingForFleet();
                break;
            case LookUpPending pending:
                Learn(pending.Epoch);
                Use(pending.Evidence);
                // Half of the time for the other node's evidence, the other half to ask oneself.
                if (_waitsForFleetUntil is not null)
                    WaitForFleet(_first.Deadline.TimeLeft(_context.Time) / 2);
                break;
            case EvidenceCame came:
                Use(came.Evidence);
                if (came.Final)
                    StopWaitingForFleet();
                break;
            default:
                Unhandled(message);
                return;
        }

        DecideIfPossible();
        ArmTimer();
    }

    private void Learn(long epoch)
    {
        _fleetHasAnswered = true;
        _epoch = epoch;
        _context.NearCache.Learn(WhitelistLayout.BucketOf(_first.Client), epoch);
        _nearEpoch = _context.NearCache.EpochOf(_first.Client);
    }

    private void AnswerHit(Pass pass)
    {
        var verdict = new Verdict(VerdictAction.Pass, pass.Allow, pass.TtlSeconds, pass.Score, VerdictSource.Fleet);
        if (_waiting.Exists(w => !w.Query.Unrecorded))
            _context.NearCache.Store(_first.Client, _policy, verdict, _nearEpoch);
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
                if (!_asked[slot] && !_board.IsSettled(slot) && SharedIdOf(_policy.Checks[slot]) == piece.Source)
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

    // What this node found out and others need not ask. The last word frees the client for others to screen.
    private void TellFleet(Pass? pass)
    {
        if (_context.Fleet is not { Port.Region: not null } fleet)
            return;
        _owesEvidence = _unfinished > 0;
        var evidence = TakeEvidence(fleet.FailShare);
        if (pass is not null || _lease != 0 || !evidence.IsEmpty)
            fleet.Link.Tell(new Conclude(_first.Client, _policy.Profile, _lease, _epoch, pass, evidence, Final: !_owesEvidence));
    }

    private void EndIfNothingIsLeft()
    {
        if (!_isReleased || (_owesEvidence && _unfinished > 0))
            return;
        if (_owesEvidence)
            TellFleet(null);
        Context.Stop(Self);
    }

    private ImmutableArray<SharedEvidence> TakeEvidence(TimeSpan failShare)
    {
        var evidence = ImmutableArray.CreateBuilder<SharedEvidence>();
        for (var slot = 0; slot < _answers.Length; slot++)
        {
            if (_answers[slot] is { } answer && LifeOf(answer, failShare) is { Ticks: > 0 } life)
                evidence.Add(new SharedEvidence(SharedIdOf(_policy.Checks[slot]), answer, (int)life.TotalMilliseconds));
            _answers[slot] = null;
        }

        return evidence.DrainToImmutable();
    }

    // What speaks for a client lives as long as its source says; what speaks against it, for seconds.
    private TimeSpan LifeOf(CheckAnswer answer, TimeSpan failShare) => answer switch
    {
        DnsblAnswer { Codes.IsEmpty: true, TtlSeconds: { } ttl } => Longest(TimeSpan.FromSeconds(ttl), failShare),
        CustomAnswer { Reply: { Action: VerdictAction.Pass, TtlSeconds: { } ttl } } => Longest(TimeSpan.FromSeconds(ttl), failShare),
        DnsblAnswer or CustomAnswer => failShare,
        _ => TimeSpan.Zero, // p0f's word holds where the packets came in.
    };

    private TimeSpan Longest(TimeSpan ttl, TimeSpan failShare) =>
        ttl > _policy.Rules.PassTtl ? _policy.Rules.PassTtl : ttl < failShare ? failShare : ttl;

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
