using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>What every screening on this node shares.</summary>
internal sealed record ScreeningContext(
    TimeProvider Time, CheckDirectory Checks, NearCache NearCache, IScreeningObserver Observer, FleetAccess? Fleet = null);

/// <summary>How screenings reach the fleet.</summary>
/// <param name="Link">Takes <see cref="AskFleet"/>, <see cref="LookUpLate"/> and <see cref="Conclude"/>.</param>
/// <param name="Port">Whether it is there.</param>
/// <param name="Node">This node's name.</param>
/// <param name="LookUpWait">How long DNSBL and custom checks wait for its word.</param>
/// <param name="FailShare">How long evidence against a client is shared; zero: not at all.</param>
/// <param name="TrustAny">Passes that another policy made count as well.</param>
internal sealed record FleetAccess(
    IActorRef Link, FleetPort Port, string Node, TimeSpan LookUpWait, TimeSpan FailShare, bool TrustAny);

/// <summary>
/// Screens one client: asks p0f and the fleet at once and every other check as soon as the fleet does not know the client, adds up the
/// evidence, and answers all queries of its key, each by its own deadline. It makes one decision, tells the fleet, and ends.
/// </summary>
/// <remarks>
/// <code>
///   AskingFleet ── hit ───────────────────────────────────────────────► Decided
///      │ miss, silence for lookup_wait, evidence of another node          ▲
///      ▼                                                                  │
///   Screening ── decided, or no deadline left to wait for ────────────────┘   released by the gate: stopped
///      │  ▲ evidence, query of the same key, deadline
///      └──┘
/// </code>
/// Invariant: each query gets exactly one decision, also if this actor fails or is stopped. Dealing with the fleet is in
/// <c>ScreeningActor.Fleet.cs</c>.
/// </remarks>
internal sealed partial class ScreeningActor : UntypedActor
{
    // The answer still has to be written after this actor has spoken: it speaks so much before the deadline.
    private static readonly TimeSpan MaxHeadroom = TimeSpan.FromMilliseconds(8);

    private static long _lastQueryId;

    private readonly ScreeningContext _context;
    private readonly ScreeningQuery _first;
    private readonly ScreeningPolicy _policy;
    private readonly ScoreBoard _board;
    private readonly CheckReport?[] _reports;
    private readonly long _id = Interlocked.Increment(ref _lastQueryId);
    private readonly CheckSubject _subject;
    private readonly List<ScreenClient> _waiting = [];
    private ITimer? _timer;
    private long _askedAt;
    private Decision? _decision;

    public ScreeningActor(ScreenClient first, ScreeningContext context)
    {
        _context = context;
        _first = first.Query;
        _policy = first.Query.Policy;
        _board = new ScoreBoard(_policy.Rules, _policy.Checks.Select(c => RangeFor(c)).ToArray());
        _reports = new CheckReport?[_policy.Checks.Length];
        _asked = new bool[_policy.Checks.Length];
        _subject = new CheckSubject(
            $"q{_id:x}", _first.Client, _policy.Profile, _first.Local, _first.LocalPort, _first.RemotePort, _first.Helo, _first.Sender);
        _waiting.Add(first);
    }

    public static Props CreateProps(ScreenClient first, ScreeningContext context) =>
        Props.Create(() => new ScreeningActor(first, context));

    protected override void PreStart()
    {
        _timer = _context.Time.CreateTimer(
            static self => ((IActorRef)self!).Tell(TimeToSpeak.Instance), Self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _askedAt = _context.Time.GetTimestamp();
        TakeEnvelope();
        Ask(plan => plan.Kind == CheckKind.P0f);
        if (!TryAskFleet())
            Ask(_ => true);
        DecideIfPossible();
        ArmTimer();
    }

    protected override void PostStop()
    {
        _timer?.Dispose();
        foreach (var waiting in _waiting)
            Answer(waiting, _policy.Rules.DefaultVerdict, complete: false, "the screening ended early");
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case CheckAnswered answered:
                TakeAnswer(answered);
                DecideIfPossible();
                break;
            case CheckFailed failed:
                TakeFailure(failed);
                DecideIfPossible();
                break;
            case ScreenClient query:
                _waiting.Add(query);
                ArmTimer();
                break;
            case TimeToSpeak:
                if (FleetWaitLeft() <= TimeSpan.Zero)
                    StopWaitingForFleet();
                AnswerOverdue();
                break;
            default:
                OnFleet(message);
                break;
        }
    }

    private void Decided(object message)
    {
        switch (message)
        {
            case ScreenClient query:
                Answer(query, _decision!.Value);
                break;
            case ScreeningReleased:
                Context.Stop(Self);
                break;
            case CheckAnswered or CheckFailed or TimeToSpeak or LookUpHit or LookUpMiss or EvidenceCame or FleetSilent:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // Asks those that are meant, once. What a shared answer has settled is not asked.
    private void Ask(Func<CheckPlan, bool> isMeant)
    {
        for (var slot = 0; slot < _policy.Checks.Length; slot++)
        {
            var plan = _policy.Checks[slot];
            if (_asked[slot] || _board.IsSettled(slot) || !isMeant(plan))
                continue;
            if (plan.SkipReason(_first.Client) is { } reason)
            {
                Settle(slot, default(Contribution), Report(plan, CheckResult.Skipped, error: reason));
            }
            else if (_context.Checks.TryFind(plan.Source, out var check))
            {
                _asked[slot] = true;
                check.Tell(new AskCheck(slot, _subject, _first.Fresh, _first.Explain, Self));
            }
            else
            {
                Settle(slot, null, Report(plan, CheckResult.Failed, error: "not running"));
            }
        }
    }

    // What the query itself tells is settled before anything is asked. Where it tells nothing, that is no knowledge of the client.
    private void TakeEnvelope()
    {
        for (var slot = 0; slot < _policy.Checks.Length; slot++)
        {
            if (_policy.Checks[slot] is not EnvelopePlan plan)
                continue;
            if (_first.IsSuspect)
                Weigh(slot, new EnvelopeAnswer(_first.Helo, _first.Sender));
            else
                Settle(slot, null, Report(plan, CheckResult.Nothing));
        }
    }

    private WeightRange RangeFor(CheckPlan plan) =>
        plan.SkipReason(_first.Client) is not null || (plan is EnvelopePlan && !_first.IsSuspect) ? default : plan.Range;

    private void TakeAnswer(CheckAnswered answered)
    {
        Weigh(answered.Slot, answered.Answer);
    }

    private void Weigh(int slot, CheckAnswer answer)
    {
        var plan = _policy.Checks[slot];
        var weighed = plan.Weigh(answer);
        Settle(slot, weighed.Contribution, Report(plan, weighed.Says ? CheckResult.Evidence : CheckResult.Nothing) with
        {
            Answer = weighed.Answer.IsDefault ? [] : weighed.Answer,
            Weight = weighed.Contribution.Weight,
            TtlSeconds = weighed.TtlSeconds,
            Reason = weighed.Reason,
        });
    }

    private void TakeFailure(CheckFailed failed)
    {
        var result = failed.Reason == CheckFailure.Timeout ? CheckResult.Timeout : CheckResult.Failed;
        Settle(failed.Slot, null, Report(_policy.Checks[failed.Slot], result, error: failed.Error));
    }

    private void Settle(int slot, Contribution? contribution, CheckReport report)
    {
        if (contribution is { } evidence ? _board.Add(slot, evidence) : _board.Miss(slot))
            _reports[slot] = report;
    }

    private void DecideIfPossible()
    {
        // While nothing is known at all, the default would go out: then a pending check may still do better.
        var known = _board.IsAnythingKnown || _board.IsComplete();
        if (_board.PendingCount == 0 || (known && _board.IsDecided(_first.AllowMatters)))
            Decide();
    }

    // Gives the overdue their answer from what is there, and goes on for those that have time left.
    private void AnswerOverdue()
    {
        var overdue = _waiting.Where(w => TimeLeft(w.Query) <= TimeSpan.Zero).ToList();
        if (overdue.Count > 0 && overdue.Count == _waiting.Count)
        {
            Decide();
            return;
        }

        var (verdict, complete, reason) = overdue.Count > 0 ? Judge() : default;
        foreach (var query in overdue)
        {
            _waiting.Remove(query);
            Answer(query, verdict, complete, reason);
        }

        ArmTimer();
    }

    private void Decide()
    {
        var (verdict, complete, reason) = Judge();
        var isProof = complete && verdict is { Action: VerdictAction.Pass, Source: VerdictSource.Screened };
        var isKept = isProof && _waiting.Exists(w => !w.Query.Unrecorded);
        if (isKept)
            _context.NearCache.Store(_first.Client, _policy, verdict, _epoch);
        StopWaitingForFleet(ask: false);
        AnswerAll(verdict, complete, reason);
        if (isKept && _context.Fleet is { } fleet)
            TellFleet(new Pass(verdict.TtlSeconds, verdict.Allow, verdict.Score, _policy.Fingerprint, fleet.Node, reason));
    }

    private void AnswerAll(in Verdict verdict, bool complete, string reason)
    {
        _decision = new Decision(_first, verdict, _board.PendingCount > 0, complete, default, reason, []);
        foreach (var waiting in _waiting)
            Answer(waiting, _decision.Value);
        _waiting.Clear();
        _timer?.Dispose();
        Become(Decided);
        Context.Parent.Tell(new ScreeningEnded(_first.Key, Self));
    }

    private (Verdict Verdict, bool Complete, string Reason) Judge()
    {
        if (_policy.AsksNobody && !_first.IsSuspect)
            return (_policy.Rules.DefaultVerdict, false, "no checks configured");
        var complete = _board.IsComplete();
        if (!_board.IsAnythingKnown && !complete)
            return (_policy.Rules.DefaultVerdict, false, "nothing known in time");
        var score = _board.Score;
        var (action, allow) = _policy.Rules.Outcome(score);
        var ttl = action == VerdictAction.Pass ? PassTtlSeconds(complete) : 0;
        return (new Verdict(action, allow, ttl, score, VerdictSource.Screened), complete, LeadingReason(score));
    }

    private int PassTtlSeconds(bool complete)
    {
        if (!complete)
            return (int)_policy.Rules.DefaultTtl.TotalSeconds;
        var ttls = _reports.Where(r => r?.TtlSeconds is not null).Select(r => r!.TtlSeconds!.Value).ToList();
        return (int)_policy.Rules.PassLife(ttls.Count == 0 ? null : TimeSpan.FromSeconds(ttls.Min())).TotalSeconds;
    }

    private string LeadingReason(int score)
    {
        var leading = _reports.Where(r => r?.Reason is not null).MaxBy(r => score < 0 ? -r!.Weight : r!.Weight);
        return leading?.Reason ?? "nothing speaks against this client";
    }

    private void Answer(ScreenClient query, in Decision decision) => Answer(query, decision.Verdict, decision.Complete, decision.Reason);

    private void Answer(ScreenClient query, in Verdict verdict, bool complete, string reason)
    {
        var elapsed = _context.Time.GetElapsedTime(query.Query.Started);
        query.Reply.TrySetResult(
            new Decision(query.Query, verdict, _board.PendingCount > 0 && _board.IsDecided(_first.AllowMatters), complete, elapsed, reason, ReportsNow()));
    }

    private ImmutableArray<CheckReport> ReportsNow()
    {
        var reports = ImmutableArray.CreateBuilder<CheckReport>(_reports.Length);
        for (var slot = 0; slot < _reports.Length; slot++)
            reports.Add(_reports[slot] ?? Unfinished(slot));
        return reports.MoveToImmutable();
    }

    private CheckReport Unfinished(int slot)
    {
        var plan = _policy.Checks[slot];
        if (_isHit)
            return Report(plan, CheckResult.Skipped, error: "not needed: the client passed before");
        return _board.IsDecided(_first.AllowMatters)
            ? Report(plan, CheckResult.Skipped, error: $"not waited for: its {plan.Range.Least}..{plan.Range.Most} could not change the action")
            : Report(plan, CheckResult.Timeout, error: _asked[slot] ? "no answer by the deadline" : "not asked in time");
    }

    private CheckReport Report(CheckPlan plan, CheckResult result, string? error = null) => new(
        plan.Name, plan.Kind, result, [], 0, null, _context.Time.GetElapsedTime(_first.Started, _askedAt),
        _context.Time.GetElapsedTime(_askedAt), null, error);

    private void ArmTimer()
    {
        if (_waiting.Count == 0)
            return;
        var left = _waiting.Min(w => TimeLeft(w.Query));
        if (FleetWaitLeft() is { } wait && wait < left)
            left = wait;
        _timer!.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    // Until this actor must speak.
    private TimeSpan TimeLeft(in ScreeningQuery query)
    {
        var quarter = _context.Time.GetElapsedTime(query.Started, query.Deadline.Timestamp) / 4;
        return query.Deadline.TimeLeft(_context.Time) - (quarter < MaxHeadroom ? quarter : MaxHeadroom);
    }

    private sealed class TimeToSpeak
    {
        public static readonly TimeToSpeak Instance = new();

        private TimeToSpeak()
        {
        }
    }
}
