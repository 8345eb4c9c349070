using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>How screenings reach the fleet.</summary>
/// <param name="Node">This node's name.</param>
/// <param name="LookUpWait">How long the first answer is waited for at least; zero: not at all.</param>
/// <param name="SharesLists">The home of a client asks the lists; false where this node is the whole fleet.</param>
internal sealed record FleetLookUps(FleetClient Client, string Node, TimeSpan LookUpWait, bool SharesLists)
{
    /// <summary>How long the first answer is waited for: as such answers usually take, with something to spare.</summary>
    public TimeSpan WaitFor(TimeSpan most)
    {
        if (LookUpWait == TimeSpan.Zero)
            return TimeSpan.Zero;
        var wait = Client.UsualWait is var usual && usual > LookUpWait ? usual : LookUpWait;
        return wait < most ? wait : most;
    }
}

/// <summary>
/// This node's one way to the fleet's whitelist, which may come and go: for screenings, for postscreen's times and for operators. Puts
/// questions to it and hands each answer to its asker, leaves a fleet alone that loses questions, and keeps the passes that were
/// concluded without a fleet until there is one. Safe for many threads.
/// </summary>
/// <remarks>
/// <list type="bullet">
/// <item>A question is lost if it has no answer within <see cref="AnswerTimeout"/>, and only what is lost counts against the fleet. An
/// answer that is merely late shows how long to wait the next time.</item>
/// <item>Each question that the breaker let through is reported to it as answered or as failed, at the latest when another is put.</item>
/// </list>
/// </remarks>
internal sealed class FleetClient(TimeProvider time)
{
    /// <summary>Questions without an answer; more are not put.</summary>
    public const int MaxPending = 50_000;

    /// <summary>Passes that wait for a fleet, and those that were told lately; beyond it the oldest leaves.</summary>
    public const int MaxKept = 10_000;

    /// <summary>
    /// Passes that were told within this time are told again when a member is gone, or can be reached again (<see cref="TellAgain"/>): a
    /// cut of half a minute, what it takes until both sides have given each other up, and until this node is back in the cluster, twice.
    /// </summary>
    public static readonly TimeSpan ToldFor = TimeSpan.FromMinutes(2);

    /// <summary>After this a question is lost.</summary>
    public static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(1);

    private const int OperatorAttempts = 3;

    // An entity answers an operator's change once it is journaled, or after the two seconds that WhitelistAdmin lets it wait for that.
    private static readonly TimeSpan OperatorTimeout = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // Nobody waits longer for the lists' answers that follow a miss.
    private static readonly TimeSpan EvidenceTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Breaker _breaker = new(time, LongestPause);
    private readonly AgedTable<long, Question> _pending = new(time);
    private readonly AgedTable<long, Action<object?>> _followed = new(time);
    private readonly Queue<WaitingPass> _waiting = new();
    private readonly Queue<WaitingPass> _told = new();
    private readonly LateGauge _gauge = new(time);
    private IActorRef? _answers;
    private volatile IActorRef? _region;
    private TimeSpan? _usual;
    private long _lastId;

    /// <summary>There is a whitelist to ask; false: this node is in no cluster.</summary>
    public bool IsOpen => _region is not null;

    /// <summary>The fleet lost questions repeatedly, and is not asked for a while.</summary>
    public bool IsLeftAlone
    {
        get
        {
            lock (_lock)
                return _breaker.IsOpen;
        }
    }

    /// <summary>
    /// Part of the questions of the last seconds that were answered late or not at all, 0..1; 0 as well when hardly any were put.
    /// </summary>
    public double LateShare
    {
        get
        {
            lock (_lock)
            {
                Purge();
                return _gauge.Share;
            }
        }
    }

    /// <summary>Four times what a first answer usually takes. While that is not known there is no better time than all there is.</summary>
    public TimeSpan UsualWait
    {
        get
        {
            lock (_lock)
                return _usual * 4 ?? TimeSpan.MaxValue;
        }
    }

    /// <summary>The whitelist can be asked from now on.</summary>
    /// <param name="region">Takes every <see cref="IToWhitelist"/>.</param>
    /// <param name="answers">Hands what the buckets answer to <see cref="Answer"/>.</param>
    public void Open(IActorRef region, IActorRef answers)
    {
        lock (_lock)
        {
            (_region, _answers, _usual) = (region, answers, null);
            _breaker.Answered();
            ForgetTold();
            foreach (var told in _told)
                Send(region, told); // This node may have been cut off from those that it was told to.
            while (_waiting.TryDequeue(out var waiting))
                Tell(region, waiting);
        }
    }

    /// <summary>
    /// A member is gone, and with it what it held and had not stored, or was out of reach, and what was sent to it is lost. Tells the
    /// latest passes of this node again; a bucket that knows one does nothing.
    /// </summary>
    public void TellAgain()
    {
        IActorRef? region;
        WaitingPass[] again;
        lock (_lock)
        {
            ForgetTold();
            region = _region;
            again = [.. _told];
        }

        // Without the lock: they may be thousands, and every screening that asks the fleet needs it. Their order does not matter.
        if (region is null)
            return;
        foreach (var told in again)
            Send(region, told);
    }

    /// <summary>The whitelist that was opened with <paramref name="answers"/> is gone.</summary>
    public void Close(IActorRef answers)
    {
        lock (_lock)
        {
            if (!answers.Equals(_answers))
                return;
            (_region, _answers) = (null, null);
            while (_pending.RemoveOlderThan(TimeSpan.MinValue, out var question))
                question.Tell(null);
            _followed.Clear();
        }
    }

    /// <summary>Asks about a client. False: the fleet is not there, or is left alone, and there will be no answer.</summary>
    /// <param name="wait">A first answer that takes longer is late.</param>
    /// <param name="asker">Gets the bucket's answers as they come, until <see cref="Forget"/>.</param>
    public bool TryLookUp(LookUp lookUp, TimeSpan wait, IActorRef asker) => TryAsk(lookUp.Id, lookUp, new Question(wait, answer =>
    {
        if (answer is not null)
            asker.Tell(answer, ActorRefs.NoSender);
    }));

    /// <summary>Puts a question about postscreen's times.</summary>
    /// <param name="question">Makes it, given its number.</param>
    /// <returns>The answer, or null if there is none: it is lost, or the fleet is not there or is left alone.</returns>
    public Task<TimesFound?> AskAsync(Func<long, IToWhitelist> question)
    {
        var reply = new TaskCompletionSource<TimesFound?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var id = -Interlocked.Increment(ref _lastId); // The screenings' numbers are positive.
        var isAsked = TryAsk(id, question(id), new Question(AnswerTimeout, answer => reply.TrySetResult(answer as TimesFound)));
        return isAsked ? reply.Task : Task.FromResult<TimesFound?>(null);
    }

    /// <summary>
    /// Puts an operator's question or change, again if there is no answer: one that reaches an entity as it moves is lost, and all of
    /// them may be put twice. Neither held back by the breaker nor counted by it: a ban has to get through to a fleet that loses
    /// look-ups, and a change that waits for the store says nothing about how fast look-ups are.
    /// </summary>
    /// <param name="question">Makes it, given its number.</param>
    /// <exception cref="WhitelistUnavailableException">This node is in no cluster, or there was no answer.</exception>
    public async Task<T> AskForOperatorAsync<T>(Func<long, IToWhitelist> question, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var region = _region ?? throw new WhitelistUnavailableException("this node is in no cluster at the moment");
            try
            {
                var message = question(Interlocked.Increment(ref _lastId));
                return await region.Ask<T>(message, OperatorTimeout, cancellation).ConfigureAwait(false);
            }
            catch (AskTimeoutException) when (attempt < OperatorAttempts)
            {
                // Once more.
            }
            catch (AskTimeoutException)
            {
                throw new WhitelistUnavailableException(
                    $"a part of the whitelist did not answer within {OperatorTimeout.TotalSeconds * OperatorAttempts} s");
            }
        }
    }

    /// <summary>The asker of this number is gone.</summary>
    public void Forget(long id)
    {
        lock (_lock)
        {
            _followed.Remove(id, out _, out _);
            if (_pending.TryGet(id, out var question))
                question.Tell = static _ => { }; // Whether it is lost still matters.
        }
    }

    /// <summary>A bucket answered. One whose asker is gone is dropped.</summary>
    public void Answer(object answer)
    {
        var (id, isLast) = answer switch
        {
            LookUpHit hit => (hit.Id, true),
            LookUpMiss miss => (miss.Id, !miss.Asks),
            EvidenceCame came => (came.Id, false),
            TimesFound found => (found.Id, true),
            _ => throw new ArgumentException($"{answer.GetType().Name} answers no question", nameof(answer)),
        };
        Action<object?>? tell;
        lock (_lock)
        {
            if (_pending.Remove(id, out var question, out var took))
            {
                _breaker.Answered();
                _gauge.Count(isLate: took > question.Wait);
                _usual = Smoothed(took);
                tell = question.Tell;
                if (!isLast)
                    _followed.Put(id, tell);
            }
            else if (isLast)
            {
                _followed.Remove(id, out tell, out _);
            }
            else
            {
                _followed.TryGet(id, out tell);
            }
        }

        tell?.Invoke(answer);
    }

    /// <summary>Tells the fleet a complete pass, or keeps it until there is a fleet.</summary>
    /// <param name="epoch">The epoch of the client's bucket that the screening began with.</param>
    /// <param name="began">When it began, a value of <see cref="TimeProvider.GetTimestamp"/>.</param>
    public void Conclude(ClientAddress client, string profile, Epoch epoch, long began, Pass pass)
    {
        var concluded = new WaitingPass(new Conclude(client, profile, epoch, AgeMs: 0, pass), began, time.GetTimestamp());
        lock (_lock)
        {
            if (_region is { } region)
            {
                Tell(region, concluded);
                return;
            }

            _waiting.Enqueue(concluded);
            if (_waiting.Count > MaxKept)
                _waiting.Dequeue();
        }
    }

    private bool TryAsk(long id, IToWhitelist message, Question question)
    {
        lock (_lock)
        {
            Purge();
            if (_region is not { } region || _pending.Count >= MaxPending || !_breaker.TryEnter())
                return false;
            _pending.Put(id, question);
            region.Tell(message, _answers);
            return true;
        }
    }

    private void Tell(IActorRef region, WaitingPass concluded)
    {
        Send(region, concluded);
        _told.Enqueue(concluded);
        ForgetTold();
    }

    private void ForgetTold()
    {
        while (_told.TryPeek(out var oldest) && (_told.Count > MaxKept || time.GetElapsedTime(oldest.Made) > ToldFor))
            _told.Dequeue();
    }

    // On the wire there is no time but what is left and an age: both are those of the moment in which the pass is sent.
    private void Send(IActorRef region, WaitingPass waiting)
    {
        var pass = waiting.Conclude.Pass;
        var left = pass.TtlSeconds - (int)time.GetElapsedTime(waiting.Made).TotalSeconds;
        if (left < 1)
            return;
        var age = (int)Math.Min(int.MaxValue, time.GetElapsedTime(waiting.Began).TotalMilliseconds);
        region.Tell(waiting.Conclude with { AgeMs = age, Pass = pass with { TtlSeconds = left } }, ActorRefs.NoSender);
    }

    private void Purge()
    {
        while (_pending.RemoveOlderThan(AnswerTimeout, out var question))
        {
            _breaker.Failed();
            _gauge.Count(isLate: true);
            question.Tell(null);
        }

        while (_followed.RemoveOlderThan(EvidenceTimeout, out _))
        {
        }
    }

    // Follows a fleet that becomes slower at once, and one that becomes faster by and by: waiting too short costs queries, waiting too
    // long only matters when an answer does not come at all.
    private TimeSpan Smoothed(TimeSpan took) =>
        _usual is not { } usual ? took
        : took > usual ? usual + ((took - usual) / 2)
        : usual - ((usual - took) / 16);

    private sealed class Question(TimeSpan wait, Action<object?> tell)
    {
        public TimeSpan Wait { get; } = wait;

        /// <summary>Takes each answer; null: there will be none.</summary>
        public Action<object?> Tell { get; set; } = tell;
    }

    private sealed record WaitingPass(Conclude Conclude, long Began, long Made);
}
