using System.Buffers;
using System.Net.Sockets;
using Screening.Actors.Checks;
using Screening.Node.Platform;
using Screening.Protocol.Dns;

namespace Screening.Node.Sources.Dns;

/// <summary>How a lookup ended: the one or the other.</summary>
internal readonly record struct DnsOutcome(DnsReply? Reply, SourceException? Error);

/// <summary>
/// One question on its way. Ends exactly once: with an answer, with the last error when no attempt is left, or when its time is over.
/// </summary>
/// <remarks>
/// <code>
/// attempt 1 ── refused, or an error code ──► attempt 2 at once, at the next resolver, if there is one not asked yet
///     │
///     └─ silent for 40% of the time ──► attempt 2 at the next resolver, or the same one on another socket
///                                          │        the first answer counts
///                                          └─ three resolvers: attempt 3 at 70%
/// truncated ──► the same resolver over TCP, in the time that is left
/// </code>
/// Times are those of the transport's <see cref="TimeProvider"/>; the transport's sweep looks at them.
/// </remarks>
internal sealed class DnsLookup
{
    private const int MaxAttempts = 4;

    // Nothing reports a datagram that was lost. An attempt that has been silent for so much of the time is taken for lost, while there is
    // still time for another.
    private const double RetryShare = 0.4;
    private const double SecondRetryShare = 0.7;

    private readonly DnsTransport _transport;
    private readonly DnsResolver[] _resolvers;
    private readonly int _first;
    private readonly long _started;
    private readonly TimeSpan _timeout;
    private readonly TaskCompletionSource<DnsOutcome> _completion = new();
    private readonly Lock _gate = new();
    private readonly Attempt[] _attempts;
    private int _attemptCount;
    private int _timedRetries;
    private DnsOutcome _outcome;
    private volatile bool _ended;

    public DnsLookup(DnsTransport transport, DnsResolver[] resolvers, int first, byte[] query, TimeSpan timeout)
    {
        _transport = transport;
        _resolvers = resolvers;
        _first = first;
        Query = query;
        _timeout = timeout;
        _started = transport.Time.GetTimestamp();
        _attempts = new Attempt[Math.Min(MaxAttempts, Math.Max(2, resolvers.Length))];
    }

    /// <summary>The query with an id of zero.</summary>
    public byte[] Query { get; }

    /// <summary>The transport's place for it in its table of queries in flight.</summary>
    public int Slot { get; set; }

    /// <summary>
    /// How it ended. Never faulted: an exception would be thrown again by each method that awaits it. What awaits it continues on the
    /// thread that received the answer, and must be short.
    /// </summary>
    public Task<DnsOutcome> Completion => _completion.Task;

    /// <summary>True once it needs no more queries.</summary>
    public bool IsEnded => _ended;

    /// <summary>Sends the first query, or the next one, as soon as the pace allows it.</summary>
    public void Start()
    {
        if (_transport.Pace.TryPass(this))
            SendNext();
    }

    /// <summary>Sends a query now.</summary>
    public void SendNext()
    {
        lock (_gate)
            TryNext();
        Complete();
    }

    /// <summary>True if the message answers this question, whatever its id.</summary>
    public bool IsAnsweredBy(ReadOnlySpan<byte> message)
    {
        Span<byte> asked = stackalloc byte[DnsQueryWriter.MaxBytes];
        asked = asked[..Query.Length];
        Query.CopyTo(asked);
        DnsQueryWriter.SetId(asked, DnsReplyReader.Id(message));
        return DnsReplyReader.Answers(message, asked);
    }

    /// <summary>A datagram that answers this question came in.</summary>
    public void Answered(DnsLane lane, ReadOnlySpan<byte> message)
    {
        var status = DnsReplyReader.TryRead(message, out var reply);
        var id = DnsReplyReader.Id(message);
        lock (_gate)
        {
            var index = LiveAttempt(lane, id);
            if (index < 0)
                return;
            var resolver = _attempts[index].Resolver;
            if (status == OperationStatus.Done && reply.IsTruncated)
                _ = AskOverTcpAsync(index, resolver);
            else
                Judge(index, status, reply);
        }

        Complete();
        _transport.Pace.Answered()?.SendNext();
    }

    /// <summary>The socket reported an error, which is about this attempt among others.</summary>
    public void Unreachable(DnsLane lane, ushort id, SocketError error)
    {
        lock (_gate)
        {
            var index = LiveAttempt(lane, id);
            if (index >= 0)
                Refuse(index, error);
        }

        Complete();
    }

    /// <summary>Retries or ends what is due.</summary>
    public void Sweep()
    {
        var elapsed = _transport.Time.GetElapsedTime(_started);
        if (elapsed >= _timeout)
            TimeOut();
        else if (elapsed / _timeout >= NextRetryShare())
            Retry();
    }

    /// <summary>Ends it from outside.</summary>
    public void Fail(SourceException error)
    {
        lock (_gate)
            TryEnd(new DnsOutcome(null, error));
        Complete();
    }

    /// <summary>The asker no longer wants the answer.</summary>
    public void Cancel(CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (!TryEnd(default))
                return;
        }

        _completion.TrySetCanceled(cancellation);
    }

    private double NextRetryShare() => Volatile.Read(ref _timedRetries) switch
    {
        0 => RetryShare,
        1 when _resolvers.Length > 2 => SecondRetryShare,
        _ => double.PositiveInfinity,
    };

    private void Retry()
    {
        lock (_gate)
        {
            if (_attemptCount == 0)
                return; // It waits for its first query still.
            _timedRetries++;
            if (_ended || _attemptCount == _attempts.Length || Array.Exists(_attempts, a => a.OverTcp))
                return;
            NoteSilence();
        }

        Start();
    }

    private void TimeOut()
    {
        lock (_gate)
        {
            if (_ended)
                return;
            NoteSilence();
            TryEnd(new DnsOutcome(null, _attemptCount == 0 ? NotAsked() : Unanswered()));
        }

        Complete();
    }

    private SourceException NotAsked() => new(
        CheckFailure.Overloaded, $"too many DNS queries: this one waited {_timeout.TotalMilliseconds:0} ms for its turn");

    private SourceException Unanswered()
    {
        var asked = string.Join(", ", _attempts.Take(_attemptCount).Where(a => a.IsLive).Select(a => a.Resolver.Name).Distinct());
        return new SourceException(CheckFailure.Timeout, $"no answer of resolver {asked} in {_timeout.TotalMilliseconds:0} ms");
    }

    private void NoteSilence()
    {
        for (var i = 0; i < _attemptCount; i++)
        {
            if (_attempts[i] is { IsLive: true, IsCounted: false })
            {
                _attempts[i].IsCounted = true;
                _attempts[i].Resolver.WasSilent();
            }
        }
    }

    // Under the lock. Asks the next resolver; one that refuses at once is stepped over.
    private void TryNext()
    {
        while (!_ended && _attemptCount < _attempts.Length)
        {
            var index = _attemptCount++;
            var resolver = _resolvers[(_first + index) % _resolvers.Length];
            var error = resolver.Send(this, index > 0 ? _attempts[index - 1].Lane : null, out var lane, out var id);
            _attempts[index] = new Attempt(resolver, lane, id);
            if (error == SocketError.Success)
                return;
            Refuse(index, error);
        }
    }

    private void Refuse(int index, SocketError error)
    {
        var resolver = _attempts[index].Resolver;
        resolver.Refused(error);
        Drop(index, new SourceException(CheckFailure.Unreachable, $"resolver {resolver.Name}: {SystemError.Words(error)}"));
    }

    // Under the lock.
    private void Judge(int index, OperationStatus status, DnsReply reply)
    {
        var resolver = _attempts[index].Resolver.Name;
        if (status != OperationStatus.Done)
            Drop(index, new SourceException(CheckFailure.BadAnswer, $"resolver {resolver} sent a malformed answer"));
        else if (reply.Rcode is not (DnsRcode.NoError or DnsRcode.NxDomain))
            Drop(index, new SourceException(CheckFailure.BadAnswer, $"resolver {resolver} answered {reply.Rcode.Word()}"));
        else
            TryEnd(new DnsOutcome(reply, null));
    }

    // Under the lock. This attempt is over; another one, one that is still out, or the end.
    private void Drop(int index, SourceException error)
    {
        _attempts[index].Release();
        var untried = _attemptCount < Math.Min(_resolvers.Length, _attempts.Length);
        if (untried)
            TryNext();
        else if (!Array.Exists(_attempts, a => a.IsLive))
            TryEnd(new DnsOutcome(null, error));
    }

    // Begins under the lock of the caller, which the flag needs; everything after the first wait takes it again.
    private async Task AskOverTcpAsync(int index, DnsResolver resolver)
    {
        _attempts[index].OverTcp = true;
        var left = _timeout - _transport.Time.GetElapsedTime(_started);
        SourceException failure;
        try
        {
            var (status, reply) = await _transport.AskOverTcpAsync(resolver, this, left).ConfigureAwait(false);
            lock (_gate)
            {
                if (!_ended)
                    Judge(index, status, reply);
            }

            Complete();
            return;
        }
        catch (SourceException e)
        {
            failure = e;
        }

        lock (_gate)
        {
            if (!_ended)
                Drop(index, failure);
        }

        Complete();
    }

    private int LiveAttempt(DnsLane lane, ushort id) =>
        _ended ? -1 : Array.FindIndex(_attempts, a => a.IsLive && !a.OverTcp && ReferenceEquals(a.Lane, lane) && a.Id == id);

    // Under the lock.
    private bool TryEnd(in DnsOutcome outcome)
    {
        if (_ended)
            return false;
        _outcome = outcome;
        _ended = true;
        for (var i = 0; i < _attemptCount; i++)
            _attempts[i].Release();
        _transport.Forget(this);
        return true;
    }

    // Not under the lock, since what awaits the outcome runs here. A lookup that was cancelled has no outcome.
    private void Complete()
    {
        if (_ended && (_outcome.Reply ?? (object?)_outcome.Error) is not null)
            _completion.TrySetResult(_outcome);
    }

    private struct Attempt(DnsResolver resolver, DnsLane? lane, ushort id)
    {
        public readonly DnsResolver Resolver = resolver;
        public readonly DnsLane? Lane = lane;
        public readonly ushort Id = id;
        public bool OverTcp;
        public bool IsCounted;

        public bool IsLive { get; private set; } = true;

        public void Release()
        {
            if (IsLive && Lane is not null)
                Lane.Release(Id);
            IsLive = false;
        }
    }
}
