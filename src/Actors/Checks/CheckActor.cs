using Akka.Actor;
using Akka.Event;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>What every check actor is given.</summary>
/// <param name="Source">Its id in the directory.</param>
/// <param name="Name">Its public name.</param>
/// <param name="Timeout">Longest time its source may take for one question.</param>
/// <param name="MaxInFlight">Questions to the source at one time; more fail as overloaded at once.</param>
public sealed record CheckSettings(string Source, string Name, TimeSpan Timeout, int MaxInFlight)
{
    /// <summary>False for a list that is not in the configuration, and is asked because Postfix names it.</summary>
    public bool IsConfigured { get; init; } = true;
}

/// <summary>What check actors share.</summary>
internal sealed record CheckContext(TimeProvider Time, CheckDirectory Directory, ICheckObserver Observer);

/// <summary>
/// Asks one source on behalf of all screenings. Answers each <see cref="AskCheck"/> with exactly one message; asks the source once for
/// equal questions in flight; bounds what is in flight; leaves a failing source alone (<see cref="Breaker"/>); reports its health.
/// </summary>
/// <typeparam name="TKey">What makes two questions equal.</typeparam>
/// <typeparam name="TAnswer">What the source answers.</typeparam>
internal abstract class CheckActor<TKey, TAnswer> : UntypedActor
    where TKey : notnull
    where TAnswer : CheckAnswer
{
    // A datagram may be lost: a source is reported as ill after three losses in a row. A wrong answer is not chance, and counts at once.
    private const int LossesBeforeIll = 3;

    // A source that keeps failing and recovering is logged at intervals, not each time.
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(10);

    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<TKey, List<AskCheck>> _inFlight = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly CheckContext _context;
    private readonly Breaker _breaker;
    private CheckHealth _health;
    private long? _loggedAt;

    /// <param name="kind">The word for the kind of check.</param>
    /// <param name="longestPause">How long the source is left alone at most before it is tried again.</param>
    protected CheckActor(string kind, CheckSettings settings, CheckContext context, TimeSpan longestPause)
    {
        Settings = settings;
        _context = context;
        _breaker = new Breaker(context.Time, longestPause);
        _health = new CheckHealth(settings.Source, settings.Name, kind, CheckState.Ok, null, context.Time.GetUtcNow())
        {
            IsConfigured = settings.IsConfigured,
        };
        context.Directory.Report(_health);
    }

    protected CheckSettings Settings { get; }

    protected TimeProvider Time => _context.Time;

    protected ICheckObserver Observer => _context.Observer;

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        foreach (var (_, askers) in _inFlight)
            Tell(askers, ask => new CheckFailed(ask.Slot, CheckFailure.Unreachable, "the check stopped"));
    }

    /// <summary>What makes a question equal to another.</summary>
    protected abstract TKey KeyOf(AskCheck ask);

    /// <summary>Asks the source. Ends by the timeout; fails with a <see cref="SourceException"/>.</summary>
    protected abstract Task<TAnswer> AskSourceAsync(AskCheck ask, CancellationToken stopping);

    /// <summary>A kept answer; null if there is none.</summary>
    protected virtual TAnswer? Kept(TKey key, AskCheck ask) => null;

    /// <summary>Keeps an answer for later questions.</summary>
    protected virtual void Keep(TKey key, TAnswer answer)
    {
    }

    /// <summary>Drops the kept answers about the clients of a network.</summary>
    protected virtual void Forget(Network network)
    {
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskCheck ask:
                Answer(ask);
                break;
            case ForgetAnswers forget:
                Forget(forget.Network);
                break;
            case SourceAnswered answered:
                _breaker.Answered();
                Keep(answered.Key, answered.Answer);
                End(answered.Key, ask => new CheckAnswered(ask.Slot, answered.Answer));
                Observe(answered.Answer.Knowledge == Knowledge.Known ? CheckResult.Evidence : CheckResult.Nothing, answered.Started);
                ReportHealth(null, null);
                break;
            case SourceFailed failed:
                _breaker.Failed();
                End(failed.Key, ask => new CheckFailed(ask.Slot, failed.Failure, failed.Error));
                Observe(failed.Failure == CheckFailure.Timeout ? CheckResult.Timeout : CheckResult.Failed, failed.Started);
                ReportHealth(failed.Failure, failed.Error);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Answer(AskCheck ask)
    {
        var key = KeyOf(ask);
        if (!ask.Fresh && Kept(key, ask) is { } kept)
            ask.ReplyTo.Tell(new CheckAnswered(ask.Slot, kept));
        else if (_inFlight.TryGetValue(key, out var askers))
            askers.Add(ask);
        else if (_inFlight.Count >= Settings.MaxInFlight)
            ask.ReplyTo.Tell(new CheckFailed(ask.Slot, CheckFailure.Overloaded, $"{Settings.MaxInFlight} questions in flight"));
        else if (!_breaker.TryEnter())
            ask.ReplyTo.Tell(new CheckFailed(ask.Slot, CheckFailure.Open, $"left alone after repeated failures: {_health.Reason}"));
        else
            AskSource(key, ask);
    }

    private void AskSource(TKey key, AskCheck ask)
    {
        _inFlight[key] = [ask];
        var started = _context.Time.GetTimestamp();
        AskSourceAsync(ask, _stopping.Token).PipeTo(
            Self,
            success: answer => new SourceAnswered(key, answer, started),
            failure: fault => Failed(key, fault, started));
    }

    private static SourceFailed Failed(TKey key, Exception fault, long started) => fault switch
    {
        SourceException source => new SourceFailed(key, source.Failure, source.Message, started),
        OperationCanceledException => new SourceFailed(key, CheckFailure.Timeout, "cancelled", started),
        _ => new SourceFailed(key, CheckFailure.BadAnswer, $"fault: {fault.GetType().Name}", started),
    };

    private void End(TKey key, Func<AskCheck, object> reply)
    {
        if (_inFlight.Remove(key, out var askers))
            Tell(askers, reply);
    }

    private static void Tell(List<AskCheck> askers, Func<AskCheck, object> reply)
    {
        foreach (var ask in askers)
            ask.ReplyTo.Tell(reply(ask));
    }

    private void Observe(CheckResult result, long started) =>
        _context.Observer.CheckEnded(Settings.Name, result, _context.Time.GetElapsedTime(started));

    private void ReportHealth(CheckFailure? failure, string? error)
    {
        var state = _breaker.IsOpen ? CheckState.Open
            : failure == CheckFailure.BadAnswer || _breaker.FailuresInARow >= LossesBeforeIll ? CheckState.Ill
            : failure is null ? CheckState.Ok
            : _health.State;
        if (state == _health.State)
            return;
        _health = _health with
        {
            State = state,
            Reason = state == CheckState.Ok ? null : error,
            Since = state != CheckState.Ok && _health.State != CheckState.Ok ? _health.Since : _context.Time.GetUtcNow(),
        };
        _context.Directory.Report(_health);
        if (_loggedAt is { } logged && _context.Time.GetElapsedTime(logged) < LogInterval && state != CheckState.Open)
            return;
        _loggedAt = _context.Time.GetTimestamp();
        if (state == CheckState.Ok)
            _log.Info("Check {Check} answers again", Settings.Name);
        else
            _log.Warning("Check {Check} {State}: {Error}", Settings.Name, state == CheckState.Open ? "is left alone" : "fails", error);
    }

    private sealed record SourceAnswered(TKey Key, TAnswer Answer, long Started);

    private sealed record SourceFailed(TKey Key, CheckFailure Failure, string Error, long Started);
}
