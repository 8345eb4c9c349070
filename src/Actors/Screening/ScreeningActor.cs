using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>What all screenings on this node share.</summary>
internal sealed record ScreeningContext(
    TimeProvider Time, CheckDirectory Checks, NearCache NearCache, IScreeningObserver Observer, FleetAccess? Fleet = null);

/// <summary>
/// Screens one client: asks p0f and the fleet at once and every other check as soon as the fleet does not know the client, adds up the
/// evidence, and answers all queries of its key, each by its own deadline.
/// </summary>
/// <remarks>
/// <code>
///   AskingFleet ── miss, silence ──► Screening ── decided, or no deadline left to wait for ──► Decided ── all answered,
///        │                              │ ▲                                                     ▲ ▲     or too late ──► stopped
///        │                              └─┘ evidence, query of the same key, deadline           │ │
///        └── hit, decided ──────────────────────────────────────────────────────────────────────┘ └── evidence that still proves a pass
/// </code>
/// <list type="bullet">
/// <item>Each query gets exactly one answer, even if this actor fails or is stopped.</item>
/// <item>There is one decision. What arrives later changes no verdict; it may complete the proof that a pass needs to be kept, and may
/// add the list's own words to the reason of a refusal.</item>
/// <item>A pass is kept and reported to the fleet once, and only when neither its action nor its allow can change any more.</item>
/// <item>If the client's home in the fleet asks the lists, they are asked here only when the home fails or is silent.</item>
/// </list>
/// </remarks>
internal sealed partial class ScreeningActor : UntypedActor
{
    // The answer is given this long before the deadline, because it still has to be written.
    private static readonly TimeSpan MaxHeadroom = TimeSpan.FromMilliseconds(8);

    // How long answers are waited for after the decision; a check that a reload has stopped never answers.
    private static readonly TimeSpan LongestStay = TimeSpan.FromSeconds(5);

    private static long _lastQueryId;

    private readonly ScreeningContext _context;
    private readonly ScreeningQuery _first;
    private readonly ImmutableArray<CheckPlan> _checks;
    private readonly CheckSubject _subject;
    private readonly Findings _findings;
    private readonly Asked[] _asked;
    private readonly List<ScreenClient> _waiting = [];
    private readonly long _id = Interlocked.Increment(ref _lastQueryId);
    private readonly long _began;
    private Epoch _epoch;
    private ITimer? _timer;

    // Until when the fleet is waited for; after that every check is asked here. Null: it is not waited for.
    private Deadline? _fleetWait;
    private bool _isPassWanted;
    private bool _isPassKept;

    // From the decision on.
    private Judgement? _judgement;
    private Deadline _stay;
    private bool _isReleased;

    public ScreeningActor(ScreenClient first, ScreeningContext context)
    {
        _context = context;
        _first = first.Query;
        _checks = _first.Policy.Checks;
        _began = context.Time.GetTimestamp();
        _findings = new Findings(_first, context.Time);
        _asked = new Asked[_checks.Length];
        _subject = new CheckSubject(
            $"q{_id:x}", _first.Client, _first.Policy.Profile, _first.Local, _first.LocalPort, _first.RemotePort, _first.Helo,
            _first.Sender);
        Enqueue(first);
    }

    // Which node asks a check.
    private enum Asked : byte
    {
        ByNobody,
        ByTheHome,
        ByThisNode,
    }

    public static Props CreateProps(ScreenClient first, ScreeningContext context) =>
        Props.Create(() => new ScreeningActor(first, context));

    protected override void PreStart()
    {
        _timer = _context.Time.CreateTimer(
            static self => ((IActorRef)self!).Tell(TimeToAct.Instance), Self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _epoch = _context.NearCache.EpochOf(_first.Client);
        Ask(plan => plan.AskedAt == AskedAt.ThisNodeAtOnce);
        if (TryLookUp())
            Become(AskingFleet);
        else
            Screen(homeAsks: false);
        Proceed();
    }

    protected override void PostStop()
    {
        _timer?.Dispose();
        _context.Fleet?.Client.Forget(_id);
        foreach (var waiting in _waiting)
            Answer(waiting, _judgement ?? new Judgement(_first.Policy.Rules.DefaultVerdict, false, "the screening ended early"));
    }

    protected override void OnReceive(object message) => Unhandled(message);

    // Only p0f is asked at the same time: it forgets, and only this node saw the packets.
    private void AskingFleet(object message)
    {
        if (message is LookUpMiss miss)
        {
            TryLearn(miss.Epoch);
            Screen(miss.Asks);
            Proceed();
        }
        else
        {
            Gather(message);
        }
    }

    private void Screening(object message)
    {
        // A late miss changes nothing: the lists are being asked here, and the pass belongs to the epoch that was known when this began.
        if (message is not LookUpMiss)
            Gather(message);
    }

    private void Decided(object message)
    {
        switch (message)
        {
            case CheckAnswered or CheckFailed or EvidenceCame:
                Settle(message);
                KeepPassIfProved();
                break;
            case ScreenClient query:
                AnswerOrWaitForText(query);
                break;
            case TextCame came:
                _text = TextState.Known;
                _judgement = _judgement!.Value with { Reason = _findings.AddText(came.Slot, came.Text) };
                AnswerAll(_waiting);
                break;
            case ScreeningReleased:
                _isReleased = true;
                break;
            case TimeToAct:
                AnswerAll([.. _waiting.Where(IsOverdue)]);
                break;
            case LookUpHit or LookUpMiss:
                break;
            default:
                Unhandled(message);
                break;
        }

        var isAwaited = Enumerable.Range(0, _asked.Length).Any(slot => _asked[slot] != Asked.ByNobody && !_findings.IsSettled(slot));
        if (_isReleased && _waiting.Count == 0 && (!isAwaited || _stay.TimeLeft(_context.Time) <= TimeSpan.Zero))
            Context.Stop(Self);
        else
            SetTimer(_waiting.Select(w => TimeLeft(w.Query)).Append(_stay.TimeLeft(_context.Time)).Min()); // Timers may be early.
    }

    // What AskingFleet and Screening have in common.
    private void Gather(object message)
    {
        switch (message)
        {
            case CheckAnswered or CheckFailed or EvidenceCame:
                Settle(message);
                break;
            case LookUpHit hit when TryLearn(hit.Epoch):
                DecideByHit(hit.Pass);
                return;
            case LookUpHit:
                Screen(homeAsks: false);
                break;
            case ScreenClient query:
                Enqueue(query);
                if (_fleetWait is not null && In(LongestSilence()) is var sooner && sooner.Timestamp < _fleetWait.Value.Timestamp)
                    _fleetWait = sooner; // It has less time than the queries before it.
                break;
            case TimeToAct when _fleetWait?.TimeLeft(_context.Time) <= TimeSpan.Zero:
                Screen(homeAsks: false);
                break;
            case TimeToAct:
                break;
            default:
                Unhandled(message);
                return;
        }

        Proceed();
    }

    // Enters Screening, or falls back within it to asking the lists here.
    private void Screen(bool homeAsks)
    {
        Become(Screening);
        _fleetWait = homeAsks ? In(LongestSilence()) : null;
        for (var slot = 0; slot < _asked.Length; slot++)
        {
            if (homeAsks && IsForTheHome(slot) && _asked[slot] == Asked.ByNobody)
                _asked[slot] = Asked.ByTheHome;
        }

        Ask(plan => !homeAsks || plan.AskedAt != AskedAt.Home);
    }

    private bool TryLookUp()
    {
        if (_context.Fleet is not { } fleet || _first.Fresh || _findings.IsSuspect || _checks.IsEmpty)
            return false;
        var wait = fleet.WaitFor(LongestSilence());
        var lists = fleet.SharesLists && wait > TimeSpan.Zero
            ? Enumerable.Range(0, _checks.Length).Where(IsForTheHome).Select(slot => _checks[slot].SharedId).ToImmutableArray()
            : [];
        var lookUp = new LookUp(
            _id, _first.Client, _first.Policy.Profile, _context.NearCache.PolicyAsked(_first.Policy), _epoch, lists);
        if (!fleet.Client.TryLookUp(lookUp, wait, Self))
            return false;
        _fleetWait = In(wait);
        return true;
    }

    // Explained answers need a further query to each list, which only this node makes.
    private bool IsForTheHome(int slot) => _checks[slot].AskedAt == AskedAt.Home && !_findings.IsSettled(slot) && !_first.Explain;

    // Asks the given checks from this node, each once. Checks that are settled are not asked.
    private void Ask(Func<CheckPlan, bool> isMeant)
    {
        for (var slot = 0; slot < _asked.Length; slot++)
        {
            var plan = _checks[slot];
            if (_asked[slot] == Asked.ByThisNode || _findings.IsSettled(slot) || !isMeant(plan))
                continue;
            _asked[slot] = Asked.ByThisNode;
            if (_context.Checks.TryFind(plan.Source, out var check))
                check.Tell(new AskCheck(slot, _subject, _first.Fresh, _first.Explain, Self));
            else
                _findings.Miss(slot, CheckResult.Failed, "not running");
        }
    }

    private void Settle(object message)
    {
        switch (message)
        {
            case CheckAnswered answered:
                _findings.Add(answered.Slot, answered.Answer);
                break;
            case CheckFailed failed:
                _findings.Miss(failed.Slot, failed.Reason == CheckFailure.Timeout ? CheckResult.Timeout : CheckResult.Failed, failed.Error);
                break;
            case EvidenceCame came:
                foreach (var piece in came.Evidence)
                    Use(piece);
                if (_fleetWait is not null)
                    _fleetWait = In(LongestSilence());
                break;
        }
    }

    // A list's answer at the home is weighed by this node's own policy; a list that failed there is asked here.
    private void Use(SharedEvidence piece)
    {
        if (piece.Answer is null)
            Ask(plan => plan.AskedAt == AskedAt.Home && plan.SharedId == piece.List);
        for (var slot = 0; piece.Answer is not null && slot < _checks.Length; slot++)
        {
            if (_checks[slot].AskedAt == AskedAt.Home && _checks[slot].SharedId == piece.List)
                _findings.Add(slot, piece.Answer);
        }
    }

    // False if the bucket answered before a revocation that this node knows of.
    private bool TryLearn(Epoch epoch)
    {
        if (!_context.NearCache.TryLearn(WhitelistLayout.BucketOf(_first.Client), epoch))
            return false;
        if (epoch.IsKnown)
            _epoch = epoch;
        return true;
    }

    private void Enqueue(ScreenClient query)
    {
        _waiting.Add(query);
        _isPassWanted |= !query.Query.Unrecorded && !query.Query.IsJudgedByEnvelope;
    }

    // Decides if nothing more is worth waiting for. Otherwise overdue queries are answered with what is known, and the others wait on.
    private void Proceed()
    {
        var overdue = _findings.IsDecided ? _waiting : [.. _waiting.Where(IsOverdue)];
        if (overdue.Count == _waiting.Count)
        {
            Decide(_findings.Judge(_first.AllowMatters));
            return;
        }

        foreach (var query in overdue)
        {
            _waiting.Remove(query);
            Answer(query, _findings.Judge(_first.AllowMatters));
        }

        var left = _waiting.Min(w => TimeLeft(w.Query));
        SetTimer(_fleetWait?.TimeLeft(_context.Time) is { } wait && wait < left ? wait : left);
    }

    private void DecideByHit(Pass pass)
    {
        var verdict = new Verdict(VerdictAction.Pass, pass.Allow, pass.TtlSeconds, pass.Score, VerdictSource.Fleet);
        _context.NearCache.Store(_first.Client, _first.Policy, verdict, _epoch);
        _isPassKept = true;
        Decide(new Judgement(verdict, true, $"passed before at {pass.By}: {pass.Reason}"));
    }

    // The one decision.
    private void Decide(in Judgement judgement)
    {
        if (_judgement is not null)
            throw new InvalidOperationException("a screening decides once");
        _judgement = judgement;
        _fleetWait = null;
        Become(Decided);
        KeepPassIfProved();
        _stay = In(LongestStay);
        var waiting = _waiting.ToList();
        _waiting.Clear();
        foreach (var query in waiting)
            AnswerOrWaitForText(query);
        SetTimer(_waiting.Select(w => TimeLeft(w.Query)).Append(LongestStay).Min());
        Context.Parent.Tell(new ScreeningEnded(_first.Key, Self));
    }

    // Called with the decision, and when later answers complete it. A door that cannot tell an allow does not wait for one, but a pass that
    // is kept answers at all doors.
    private void KeepPassIfProved()
    {
        if (_isPassKept || !_isPassWanted)
            return;
        var (verdict, isComplete, reason) = _findings.Judge(allowMatters: true);
        if (!isComplete || verdict is not { Action: VerdictAction.Pass, Source: VerdictSource.Screened })
            return;
        _isPassKept = true;
        _context.NearCache.Store(_first.Client, _first.Policy, verdict, _epoch);
        if (_context.Fleet is { } fleet)
        {
            var pass = new Pass(verdict.TtlSeconds, verdict.Allow, verdict.Score, _first.Policy.Fingerprint, fleet.Node, reason);
            fleet.Client.Conclude(_first.Client, _first.Policy.Profile, _epoch, _began, pass);
        }
    }

    private void Answer(ScreenClient query, in Judgement judgement) => query.Reply.TrySetResult(_findings.Decide(query.Query, judgement));

    private void SetTimer(TimeSpan left) => _timer!.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);

    private bool IsOverdue(ScreenClient query) => TimeLeft(query.Query) <= TimeSpan.Zero;

    // The time until the query must be answered.
    private TimeSpan TimeLeft(in ScreeningQuery query)
    {
        var quarter = TimeOf(query) / 4;
        return query.Deadline.TimeLeft(_context.Time) - (quarter < MaxHeadroom ? quarter : MaxHeadroom);
    }

    // How long the fleet may be silent: a quarter of the time that the most urgent query has left, and not beyond half of its time, so that
    // the lists can still be asked here.
    private TimeSpan LongestSilence()
    {
        var shortest = _waiting.Count == 0 ? TimeSpan.Zero : _waiting.Min(w =>
        {
            var left = TimeLeft(w.Query);
            var untilHalf = left - (TimeOf(w.Query) / 2);
            return left / 4 < untilHalf ? left / 4 : untilHalf;
        });
        return shortest > TimeSpan.Zero ? shortest : TimeSpan.Zero;
    }

    private Deadline In(TimeSpan span) => Deadline.After(_context.Time, span);

    private TimeSpan TimeOf(in ScreeningQuery query) => _context.Time.GetElapsedTime(query.Started, query.Deadline.Timestamp);

    private sealed class TimeToAct
    {
        public static readonly TimeToAct Instance = new();

        private TimeToAct()
        {
        }
    }
}
