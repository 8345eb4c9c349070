using System.Net;
using System.Net.Sockets;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Custom;
using Screening.Node.Platform;

namespace Screening.Node.Sources.Custom;

/// <summary>
/// Asks another plug-in over TCP or a unix socket. Connections last; a further one is opened only while the others are busy, because a
/// server of the 2016 form works on one query per connection at a time.
/// </summary>
public sealed class PluginTransport : ICustomTransport, IAsyncDisposable
{
    /// <summary>Connections at most.</summary>
    public const int MaxConnections = 4;

    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly SourceHealth _health;
    private readonly SourceLink<PluginConnection>[] _links;
    private readonly EndPoint _endPoint;
    private readonly TimeProvider _time;

    /// <param name="name">The check's name, for messages.</param>
    /// <param name="endPoint">An <see cref="IPEndPoint"/>, a <see cref="DnsEndPoint"/> or a <see cref="UnixDomainSocketEndPoint"/>.</param>
    public PluginTransport(string name, EndPoint endPoint, TimeProvider time, ILogger<PluginTransport> log)
    {
        _endPoint = endPoint;
        _time = time;
        _health = new SourceHealth($"custom check {name}", log);
        _links = [.. Enumerable.Range(0, MaxConnections).Select(_ =>
            new SourceLink<PluginConnection>(_health, ConnectAsync, new Backoff(FirstWait, LongestWait), time))];
    }

    /// <summary>Connects now, not at the first question.</summary>
    public void Start() => _links[0].Start();

    /// <inheritdoc/>
    public async Task<CustomReply> AskAsync(CheckSubject subject, TimeSpan timeout, CancellationToken cancellation)
    {
        var left = new TimeLeft(_time, timeout);
        var session = await Choose().GetAsync(timeout, cancellation).ConfigureAwait(false);
        return await session.Plugin.AskAsync(subject, left.Now, cancellation).ConfigureAwait(false);
    }

    /// <summary>Closes; outstanding questions fail as unreachable.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var link in _links)
            await link.DisposeAsync().ConfigureAwait(false);
    }

    // An idle connection, else a new one, else the least busy one. While the first cannot be made, no further one is tried.
    private SourceLink<PluginConnection> Choose()
    {
        var best = _links[0];
        var least = int.MaxValue;
        foreach (var link in _links)
        {
            if (link.Current is { } session)
            {
                var outstanding = session.Plugin.Outstanding;
                if (outstanding == 0)
                    return link;
                if (outstanding < least)
                    (best, least) = (link, outstanding);
            }
            else if (link.IsFresh && least != int.MaxValue)
            {
                // Made in the background: this question still goes where there is a connection.
                link.Start();
                break;
            }
        }

        return best;
    }

    private async Task<PluginConnection> ConnectAsync(CancellationToken cancellation)
    {
        var socket = _endPoint is UnixDomainSocketEndPoint unix
            ? await UnixSocket.ConnectAsync(unix.ToString(), cancellation).ConfigureAwait(false)
            : await ConnectTcpAsync(cancellation).ConfigureAwait(false);
        return new PluginConnection(_health.Name, new NetworkStream(socket, ownsSocket: true), _time, _health.Answered);
    }

    private async Task<Socket> ConnectTcpAsync(CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(_endPoint, cancellation).ConfigureAwait(false);
            return socket;
        }
        catch (Exception)
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class PluginConnection(string name, NetworkStream stream, TimeProvider time, Action answered) : ISourceSession
    {
        public PluginClient Plugin { get; } = new(name, stream, stream, time, answered);

        public Task<SessionEnd> Ended => Plugin.Ended;

        public bool HasAnswered => Plugin.HasAnswered;

        public async ValueTask DisposeAsync()
        {
            await Plugin.DisposeAsync().ConfigureAwait(false);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }
}
