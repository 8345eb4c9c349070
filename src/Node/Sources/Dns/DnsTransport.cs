using System.Buffers;
using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Node.Platform;
using Screening.Protocol.Dns;

namespace Screening.Node.Sources.Dns;

/// <summary>
/// Asks recursive resolvers over a few UDP sockets, and over TCP what does not fit. Each query ends by its timeout, within some
/// <see cref="SweepPeriod"/>. Holds a bounded number of sockets, however many queries are in flight or unanswered.
/// </summary>
/// <remarks>Messages to the operator name the resolver, never the name that was asked for: it may hold a list's key.</remarks>
public sealed class DnsTransport : IDnsTransport, IDisposable
{
    // One timer looks at all queries: under load a timer for each would cost more than the query.
    internal static readonly TimeSpan SweepPeriod = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ResolvConfPeriod = TimeSpan.FromSeconds(5);

    private readonly DnsTransportSettings _settings;
    private readonly ILogger _log;
    private readonly CancellationTokenSource _stopping = new();
    private readonly SemaphoreSlim _tcpSlots;
    private readonly ITimer _sweep;
    private readonly Lock _gate = new();
    private readonly List<DnsLookup> _inFlight = [];
    private readonly List<DnsLookup> _swept = [];
    private DnsResolver[] _resolvers = [];
    private DateTime _resolvConfWritten;
    private long _resolvConfChecked;
    private bool _disposed;

    public DnsTransport(DnsTransportSettings settings, TimeProvider time, ILogger<DnsTransport> log)
    {
        _settings = settings;
        _log = log;
        Time = time;
        _tcpSlots = new SemaphoreSlim(settings.MaxTcp);
        _sweep = time.CreateTimer(static t => ((DnsTransport)t!).Sweep(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        if (settings.Resolvers.Count > 0)
            Use(settings.Resolvers);
        else
            ReadResolvConf();
    }

    internal TimeProvider Time { get; }

    internal DnsPace Pace { get; } = new();

    /// <summary>Queries in flight now.</summary>
    public int InFlight
    {
        get
        {
            lock (_gate)
                return _inFlight.Count;
        }
    }

    /// <inheritdoc/>
    public async Task<DnsAnswer> QueryAddressesAsync(string name, TimeSpan timeout, CancellationToken cancellation)
    {
        var (reply, error) = await AskAsync(name, DnsType.A, timeout, cancellation).ConfigureAwait(false);
        return reply is not null ? new DnsAnswer(reply.Codes, reply.TtlSeconds) : throw error!;
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<string>> QueryTextAsync(string name, TimeSpan timeout, CancellationToken cancellation)
    {
        var (reply, error) = await AskAsync(name, DnsType.Txt, timeout, cancellation).ConfigureAwait(false);
        return reply?.Texts ?? throw error!;
    }

    /// <summary>Ends what is in flight as unreachable, and closes the sockets.</summary>
    public void Dispose()
    {
        DnsLookup[] left;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            left = [.. _inFlight];
        }

        _stopping.Cancel();
        _sweep.Dispose();
        foreach (var lookup in left)
            lookup.Fail(Closed());
        foreach (var resolver in _resolvers)
            resolver.Dispose();
    }

    internal void Forget(DnsLookup lookup)
    {
        lock (_gate)
        {
            var last = _inFlight[^1];
            _inFlight[lookup.Slot] = last;
            last.Slot = lookup.Slot;
            _inFlight.RemoveAt(_inFlight.Count - 1);
        }
    }

    internal async Task<(OperationStatus Status, DnsReply Reply)> AskOverTcpAsync(DnsResolver resolver, DnsLookup lookup, TimeSpan left)
    {
        if (!_tcpSlots.Wait(0, CancellationToken.None))
            throw new SourceException(CheckFailure.Overloaded, $"resolver {resolver.Name}: {_settings.MaxTcp} TCP queries are in flight");
        try
        {
            using var deadline = new CancellationTokenSource(left > TimeSpan.Zero ? left : TimeSpan.Zero, Time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, _stopping.Token);
            var message = await ExchangeOverTcpAsync(resolver.EndPoint, lookup.Query, either.Token).ConfigureAwait(false);
            if (!lookup.IsAnsweredBy(message))
                return (OperationStatus.InvalidData, null!);
            var status = DnsReplyReader.TryRead(message, out var reply);
            return (reply.IsTruncated ? OperationStatus.InvalidData : status, reply);
        }
        catch (OperationCanceledException e)
        {
            throw new SourceException(CheckFailure.Timeout, $"no answer of resolver {resolver.Name} over TCP in time", e);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new SourceException(CheckFailure.Unreachable, $"resolver {resolver.Name} over TCP: {SourceText.Of(e)}", e);
        }
        finally
        {
            _tcpSlots.Release();
        }
    }

    private static async Task<byte[]> ExchangeOverTcpAsync(IPEndPoint resolver, byte[] query, CancellationToken cancellation)
    {
        using var socket = new Socket(resolver.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(resolver, cancellation).ConfigureAwait(false);
        await using var stream = new NetworkStream(socket);

        var framed = new byte[DnsTcpFramer.PrefixBytes + query.Length];
        DnsTcpFramer.WritePrefix(framed, query.Length);
        query.CopyTo(framed, DnsTcpFramer.PrefixBytes);
        DnsQueryWriter.SetId(framed.AsSpan(DnsTcpFramer.PrefixBytes), (ushort)Random.Shared.Next(1 << 16));
        await stream.WriteAsync(framed, cancellation).ConfigureAwait(false);
        var prefix = new byte[DnsTcpFramer.PrefixBytes];
        await stream.ReadExactlyAsync(prefix, cancellation).ConfigureAwait(false);
        var message = new byte[DnsTcpFramer.ReadPrefix(prefix)];
        await stream.ReadExactlyAsync(message, cancellation).ConfigureAwait(false);
        return message;
    }

    private static SourceException Closed() => new(CheckFailure.Unreachable, "the node is shutting down");

    private async Task<DnsOutcome> AskAsync(string name, DnsType type, TimeSpan timeout, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var query = WriteQuery(name, type);
        if (_settings.Resolvers.Count == 0)
            RereadResolvConf();
        var lookup = Begin(query, timeout);
        await using var registration = cancellation.UnsafeRegister(static (l, token) => ((DnsLookup)l!).Cancel(token), lookup);
        lookup.Start();
        return await lookup.Completion.ConfigureAwait(false);
    }

    private static byte[] WriteQuery(string name, DnsType type)
    {
        Span<byte> query = stackalloc byte[DnsQueryWriter.MaxBytes];
        return DnsQueryWriter.TryWrite(query, 0, name, type, out var length)
            ? query[..length].ToArray()
            : throw new SourceException(CheckFailure.BadAnswer, "the name to ask for is not a domain name");
    }

    private DnsLookup Begin(byte[] query, TimeSpan timeout)
    {
        var resolvers = Volatile.Read(ref _resolvers);
        var first = Array.FindIndex(resolvers, r => r.IsPreferred());
        var lookup = new DnsLookup(this, resolvers, Math.Max(0, first), query, timeout);
        lock (_gate)
        {
            if (_disposed)
                throw Closed();
            if (_inFlight.Count >= _settings.MaxInFlight)
                throw new SourceException(CheckFailure.Overloaded, $"{_settings.MaxInFlight} DNS queries are in flight");
            lookup.Slot = _inFlight.Count;
            _inFlight.Add(lookup);
            if (_inFlight.Count == 1)
                _sweep.Change(SweepPeriod, SweepPeriod);
        }

        return lookup;
    }

    private void Sweep()
    {
        // A sweep that takes longer than its period is not joined by a second.
        if (!Monitor.TryEnter(_swept))
            return;
        try
        {
            lock (_gate)
            {
                _swept.AddRange(_inFlight);
                if (_inFlight.Count == 0 && !_disposed)
                    _sweep.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }

            foreach (var lookup in _swept)
                lookup.Sweep();
            _swept.Clear();
            Pace.Refill(_swept);
            foreach (var lookup in _swept)
                lookup.SendNext();
            _swept.Clear();
        }
        finally
        {
            Monitor.Exit(_swept);
        }
    }

    private void RereadResolvConf()
    {
        if (Time.GetElapsedTime(Volatile.Read(ref _resolvConfChecked)) < ResolvConfPeriod)
            return;
        ReadResolvConf();
    }

    private void ReadResolvConf()
    {
        lock (_gate)
        {
            _resolvConfChecked = Time.GetTimestamp();
            var written = File.GetLastWriteTimeUtc(_settings.ResolvConf);
            if (_resolvers.Length > 0 && written == _resolvConfWritten)
                return;
            _resolvConfWritten = written;
            Use(ResolvConf.Read(_settings.ResolvConf));
        }
    }

    private void Use(IReadOnlyList<IPEndPoint> endPoints)
    {
        var old = _resolvers;
        _resolvers = [.. endPoints.Select(e => Array.Find(old, r => r.EndPoint.Equals(e))
            ?? new DnsResolver(e, _settings.SocketsPerResolver, Time, _log))];
        foreach (var gone in old.Except(_resolvers))
            gone.Retire();
        SourceLog.ResolversInUse(_log, string.Join(", ", endPoints));
    }
}
