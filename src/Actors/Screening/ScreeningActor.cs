using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>What all screenings on this node share.</summary>
internal sealed record ScreeningContext(TimeProvider Time, CheckDirectory Checks, NearCache NearCache, FleetLookUps? Fleet = null)
{
    /// <summary>The queries that have not begun.</summary>
    public ScreeningBacklog Backlog { get; init; } = new();
}

/// <summary>
/// Screens one client: asks p0f and the fleet at once and every other check as soon as the fleet does not know the client, decides, and
/// answers all queries of its key, each by its own deadline. What is known it leaves to <see cref="Findings"/>, who is asked to
/// <see cref="FanOut"/>, how long to <see cref="WaitingQueries"/>, and the pass to <see cref="PassKeeper"/>.
/// </summary>
/// <remarks>
/// <code>
///   no fleet to ask ─────────────┐
///                                ▼
///   AskingFleet ─ miss, silence ─► AskingChecks ─ decided, or none left to wait for ─► Decided ─ released, all done ─► stopped
///        │                         ▲          │                                        ▲ ▲   │
///        │                         └ evidence ┘                                        │ └ late evidence, a list's words
///        └───────────────────── hit, or decided ───────────────────────────────────────┘
/// </code>
/// <list type="bullet">
/// <item>Each query gets exactly one answer, even if this actor fails or is stopped.</item>
/// <item>There is one decision. What arrives later changes no verdict; it may complete the proof that a pass needs to be kept, and may
/// add the list's own words to the reason of a refusal.</item>
/// <item>If the client's home in the fleet asks the lists, they are asked here only when the home fails or is silent.</item>
/// </list>
/// </remarks>
internal sealed class ScreeningActor : UntypedActor
{
    // How long answers are waited for after the decision; a check that a reload has stopped never answers.
    private static readonly TimeSpan LongestStay = TimeSpan.FromSeconds(5);

    private static long _lastId;

    private readonly ScreeningContext _context;
    private readonly ScreeningQuery _first;
    private readonly long _id = Interlocked.Increment(ref _lastId);
    private readonly Findings _findings;
    private readonly FanOut _fanOut;
    private readonly PassKeeper _pass;
    private readonly WaitingQueries _waiting;
    private ITimer? _timer;

    // When the timer is due; in the past, or once it has fired: it is not armed.
    private Deadline _wakesAt;

    // Until when the fleet is waited for, in AskingFleet for its first answer, in AskingChecks for the next list's; null: it is not.
    private Deadline? _fleetWait;

    // In Decided only.
    private Outcome? _outcome;

    public ScreeningActor(ScreenClient first, ScreeningContext context)
    {
        (_context, _first) = (context, first.Query);
        _findings = new Findings(_first, context.Time);
        _fanOut = new FanOut(_first, $"q{_id:x}", _findings, context.Checks, Self);
        _pass = new PassKeeper(_first, context.Time, context.NearCache, context.Fleet);
        _waiting = new WaitingQueries(context.Time);
        Enqueue(first);
    }

    // Whether the list that refuses the client was asked for its own words.
    private enum TextState : byte
    {
        NotAsked,
        Awaited,
        Known,
    }

    public static Props CreateProps(ScreenClient first, ScreeningContext context) =>
        Props.Create(() => new ScreeningActor(first, context));

    protected override void PreStart()
    {
        _timer = _context.Time.CreateTimer(
            static self => ((IActorRef)self!).Tell(TimeToAct.Instance), Self, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _fanOut.AskAtOnce();
        if (TryAskFleet())
            Become(AskingFleet);
        else
            AskChecks(homeAsks: false);
        Proceed();
    }

    protected override void PostStop()
    {
        _timer?.Dispose();
        _context.Fleet?.Client.Forget(_id);
        var judgement = _outcome?.Judgement ?? new Judgement(_first.Profile.Settings.DefaultVerdict, false, "the screening ended early");
        foreach (var query in _waiting.RemoveAll())
            Answer(query, judgement);
    }

    protected override void OnReceive(object message) => Unhandled(message);

    private void AskingFleet(object message)
    {
        if (message is LookUpMiss miss)
        {
            _findings.AnsweredByFleet(isHit: false);
            _pass.TryLearn(miss.Epoch);
            AskChecks(miss.Asks);
            Proceed();
        }
        else
        {
            Gather(message);
        }
    }

    private void AskingChecks(object message)
    {
        // A late miss changes nothing: the lists are being asked here, and the pass belongs to the epoch that was known when this began.
        if (message is not LookUpMiss)
            Gather(message);
    }

    // What both states before the decision have in common.
    private void Gather(object message)
    {
        if (message is TimeToAct)
            _wakesAt = default;
        switch (message)
        {
            case CheckAnswered or CheckFailed or EvidenceCame:
                Settle(message);
                break;
            case LookUpHit hit when _pass.TryLearn(hit.Epoch):
                DecideByHit(hit.Pass);
                return;
            case LookUpHit: // From before a revocation.
                AskChecks(homeAsks: false);
                break;
            case ScreenClient query:
                Enqueue(query);
                if (_fleetWait is { } wait && In(_waiting.LongestSilence) is var sooner && sooner.Timestamp < wait.Timestamp)
                    _fleetWait = sooner; // It has less time than the queries before it.
                break;
            case TimeToAct when _fleetWait?.IsOver(_context.Time) == true:
                AskChecks(homeAsks: false);
                break;
            case TimeToAct: // A query is overdue, or the timer was early.
                break;
            default:
                Unhandled(message);
                return;
        }

        Proceed();
    }

    private void Decided(object message)
    {
        var outcome = _outcome!;
        if (message is TimeToAct)
            _wakesAt = default;
        switch (message)
        {
            case CheckAnswered or CheckFailed or EvidenceCame:
                Settle(message);
                _pass.KeepIfProved(_findings);
                break;
            case ScreenClient query:
                AnswerOrWaitForText(query, outcome);
                break;
            case TextCame came:
                outcome.Text = TextState.Known;
                outcome.Judgement = outcome.Judgement with { Reason = _findings.AddText(came.Slot, came.Text) };
                foreach (var query in _waiting.RemoveAll())
                    Answer(query, outcome.Judgement);
                break;
            case TimeToAct:
                AnswerOverdue(_waiting.Overdue(), outcome.Judgement);
                break;
            case ScreeningReleased:
                outcome.IsReleased = true;
                break;
            case LookUpHit or LookUpMiss:
                break;
            default:
                Unhandled(message);
                break;
        }

        if (outcome.IsReleased && _waiting.Count == 0 && (!_fanOut.IsAwaited || outcome.StayUntil.IsOver(_context.Time)))
            Context.Stop(Self);
        else
            SetTimer(outcome.StayUntil); // Timers may be early.
    }

    private bool TryAskFleet()
    {
        // A pass from before must not answer a query that asks for a fresh look, nor one whose HELO or sender speak against the client.
        if (_context.Fleet is not { } fleet || _first.Fresh || _first.IsSuspect || _first.Profile.Checks.IsEmpty)
            return false;
        var wait = fleet.WaitFor(_waiting.LongestSilence);
        var lists = fleet.SharesLists && wait > TimeSpan.Zero ? _fanOut.ListsForTheHome : [];
        var fingerprint = _context.NearCache.FingerprintAsked(_first.Profile);
        var lookUp = new LookUp(_id, _first.Client, _first.Profile.Name, fingerprint, _pass.Epoch, lists);
        if (!fleet.Client.TryLookUp(lookUp, wait, Self))
            return false;
        _findings.AskedFleet();
        _fleetWait = In(wait);
        return true;
    }

    // Enters AskingChecks, or falls back within it to asking the lists here.
    private void AskChecks(bool homeAsks)
    {
        Become(AskingChecks);
        _fleetWait = homeAsks ? In(_waiting.LongestSilence) : null;
        _fanOut.AskOthers(homeAsks);
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
                    _fanOut.Use(piece);
                if (_fleetWait is not null)
                    _fleetWait = In(_waiting.LongestSilence);
                break;
        }
    }

    // Decides as soon as nothing that is pending can change the action: waiting on would cost the client time and the lists queries, and
    // bring the same answer. Otherwise overdue queries are answered with what is known, and the others wait on.
    private void Proceed()
    {
        var overdue = _waiting.Overdue();
        if (_findings.IsDecided || overdue.Count == _waiting.Count)
        {
            Decide(_findings.Judge(_first.AllowMatters));
            return;
        }

        if (overdue.Count > 0)
            AnswerOverdue(overdue, _findings.Judge(_first.AllowMatters));
        SetTimer(_fleetWait);
    }

    private void DecideByHit(Pass pass)
    {
        _findings.AnsweredByFleet(isHit: true);
        var verdict = new Verdict(VerdictAction.Pass, pass.Allow, pass.TtlSeconds, pass.Score, VerdictSource.Fleet);
        _pass.KeepHit(verdict);
        Decide(new Judgement(verdict, true, $"passed before at {pass.By}: {pass.Reason}"));
    }

    // The one decision, by whichever way it came.
    private void Decide(in Judgement judgement)
    {
        if (_outcome is not null)
            throw new InvalidOperationException("a screening decides once");
        _outcome = new Outcome(judgement, In(LongestStay));
        _fleetWait = null;
        Become(Decided);
        _pass.KeepIfProved(_findings);
        foreach (var query in _waiting.RemoveAll())
            AnswerOrWaitForText(query, _outcome);
        SetTimer(_outcome.StayUntil);
        Context.Parent.Tell(new ScreeningEnded(_first.Key, Self));
    }

    // A door that tells the reason of a refusal also gets the list's own words, if they come in time. They are asked for once the verdict
    // is certain, since they cost the list a query, and never change it.
    private void AnswerOrWaitForText(ScreenClient query, Outcome outcome)
    {
        if (query.Query.TellsReason && outcome is { Text: TextState.NotAsked, IsScreenedRefusal: true } && _fanOut.TryAskText())
            outcome.Text = TextState.Awaited;
        if (query.Query.TellsReason && outcome.Text == TextState.Awaited && !_waiting.IsOverdue(query))
            _waiting.Add(query);
        else
            Answer(query, outcome.Judgement);
    }

    private void AnswerOverdue(List<ScreenClient> overdue, in Judgement judgement)
    {
        foreach (var query in overdue)
        {
            _waiting.Remove(query);
            Answer(query, judgement);
        }
    }

    private void Answer(ScreenClient query, in Judgement judgement) => query.Reply.TrySetResult(_findings.Decide(query.Query, judgement));

    private void Enqueue(ScreenClient query)
    {
        _waiting.Add(query);
        _pass.Join(query.Query);
    }

    // Wakes this actor when the next query must be answered, or at another point in time if that is sooner. A timer that is due before that
    // stays: most screenings end first, and to move it with each answer costs more than the answer.
    private void SetTimer(Deadline? other)
    {
        var left = _waiting.TimeLeft;
        if (other?.TimeLeft(_context.Time) is { } sooner && sooner < left)
            left = sooner;
        var wakeAt = In(left);
        if (_wakesAt.Timestamp <= wakeAt.Timestamp && !_wakesAt.IsOver(_context.Time))
            return;
        _wakesAt = wakeAt;
        _timer!.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private Deadline In(TimeSpan span) => Deadline.After(_context.Time, span);

    // What Decided needs.
    private sealed class Outcome(in Judgement judgement, Deadline stayUntil)
    {
        public Judgement Judgement { get; set; } = judgement;

        public Deadline StayUntil { get; } = stayUntil;

        public TextState Text { get; set; }

        // The gate hands on no more queries.
        public bool IsReleased { get; set; }

        public bool IsScreenedRefusal =>
            Judgement.Verdict is { Source: VerdictSource.Screened, Action: VerdictAction.Enforce or VerdictAction.Drop };
    }

    private sealed class TimeToAct
    {
        public static readonly TimeToAct Instance = new();

        private TimeToAct()
        {
        }
    }
}
