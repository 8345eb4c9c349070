using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints;

/// <summary>Runs a <see cref="ConnectionSession"/> on each connection of a door.</summary>
internal abstract class SessionConnectionHandler(Door door, TimeProvider time, ILogger log) : ConnectionHandler
{
    private readonly PacedLine _givenUp = new(time, (count, peer, fault) => log.ConnectionsClosed(count, door.Word(), peer, fault));

    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var session = Open(connection);
        connection.Features.Get<IConnectionHeartbeatFeature>()?.OnHeartbeat(static s => ((ConnectionSession)s).Heartbeat(), session);
        await using var drain = connection.Features.Get<IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested
            .UnsafeRegister(static s => ((ConnectionSession)s!).Drain(), session) ?? default;
        await session.RunAsync().ConfigureAwait(false);
        if (session.Fault is { } fault)
            _givenUp.Add(PeerName.Of(connection), fault);
    }

    /// <summary>The session of a new connection.</summary>
    protected abstract ConnectionSession Open(ConnectionContext connection);
}
