using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport;
using Google.Protobuf;

namespace Screening.Actors.Cluster;

/// <summary>Puts the <see cref="InboundGuard"/> in front of the transport. Akka makes it by its name in the configuration.</summary>
internal sealed class InboundGuardProvider : ITransportAdapterProvider
{
    public Transport Create(Transport wrappedTransport, ExtendedActorSystem system) => new InboundGuard(wrappedTransport, system);
}

/// <summary>
/// Bounds what strangers can cost at the cluster port. A connection may send a frame of up to 1 MiB, and the transport buffers it before
/// the sender has said, let alone proved, who it is. So only <see cref="MaxSilent"/> connections may be open from which no whole message
/// has come yet: for a further one the oldest is closed. A node sends its first message within milliseconds, so it stays. And at most
/// <see cref="MaxOpen"/> connections are open in all; further ones are closed.
/// </summary>
/// <remarks>The addresses of nodes bear the name of the transport, which therefore is the same with the guard.</remarks>
internal sealed class InboundGuard : Transport
{
    /// <summary>Connections that have not sent a whole message yet: with TLS, that have not authenticated themselves.</summary>
    public const int MaxSilent = 64;

    /// <summary>Connections in all. Two nodes have one or two between them.</summary>
    public const int MaxOpen = 512;

    private readonly Transport _inner;
    private readonly ILoggingAdapter _log;
    private readonly PeerFaults? _faults;
    private readonly Lock _gate = new();
    private readonly LinkedList<Connection> _silent = new();
    private int _open;

    public InboundGuard(Transport inner, ExtendedActorSystem system)
    {
        _inner = inner;
        _log = Logging.GetLogger(system, typeof(InboundGuard));
        _faults = system.Settings.Setup.Get<PeerFaultsSetup>() is { HasValue: true, Value.Faults: var faults } ? faults : null;
        System = system;
        Config = inner.Config;
        SchemeIdentifier = inner.SchemeIdentifier;
        MaximumPayloadBytes = inner.MaximumPayloadBytes;
    }

    public override async Task<(Address, TaskCompletionSource<IAssociationEventListener>)> Listen()
    {
        var (address, inner) = await _inner.Listen().ConfigureAwait(false);
        var outer = new TaskCompletionSource<IAssociationEventListener>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = PassOnAsync(outer.Task, inner);
        return (address, outer);
    }

    public override bool IsResponsibleFor(Address remote) => _inner.IsResponsibleFor(remote);

    public override Task<AssociationHandle> Associate(Address remoteAddress) => _inner.Associate(remoteAddress);

    public override Task<bool> Shutdown() => _inner.Shutdown();

    public override Task<bool> ManagementCommand(object message) => _inner.ManagementCommand(message);

    private async Task PassOnAsync(Task<IAssociationEventListener> outer, TaskCompletionSource<IAssociationEventListener> inner) =>
        inner.TrySetResult(new InboundListener(this, await outer.ConfigureAwait(false)));

    private void Admit(AssociationHandle handle, IAssociationEventListener listener)
    {
        var connection = new Connection(handle, this);
        AssociationHandle? closed = null; // One that has ended untold is closed here as well, since it stays silent.
        lock (_gate)
        {
            if (_open >= MaxOpen)
            {
                closed = handle;
            }
            else
            {
                if (_silent.Count >= MaxSilent)
                {
                    closed = _silent.First!.Value;
                    _silent.RemoveFirst();
                }

                _open++;
                connection.Place = _silent.AddLast(connection);
            }
        }

        if (closed is not null)
        {
            var reason = closed == handle
                ? $"{MaxOpen} connections are open" : "it sent no whole message, and too many such connections are open";
            _faults?.Refuse(closed.RemoteAddress.Endpoint, reason);
            closed.Disassociate(reason, _log);
        }

        if (closed != handle)
            listener.Notify(new InboundAssociation(connection));
    }

    private void HasSpoken(Connection connection)
    {
        lock (_gate)
            Release(connection);
    }

    private void HasEnded(Connection connection)
    {
        lock (_gate)
        {
            Release(connection);
            _open--;
        }
    }

    private void Release(Connection connection)
    {
        if (connection.Place is { List: not null } place)
            _silent.Remove(place);
    }

    /// <summary>Hears of new connections in the place of Akka.</summary>
    private sealed class InboundListener(InboundGuard guard, IAssociationEventListener listener) : IAssociationEventListener
    {
        public void Notify(IAssociationEvent ev)
        {
            if (ev is InboundAssociation inbound)
                guard.Admit(inbound.Association, listener);
            else
                listener.Notify(ev);
        }
    }

    /// <summary>A connection, which is told of in the place of Akka first.</summary>
    private sealed class Connection : AssociationHandle, IHandleEventListener
    {
        private readonly AssociationHandle _inner;
        private readonly InboundGuard _guard;
        private IHandleEventListener? _listener;
        private bool _hasSpoken;
        private int _hasEnded;

        public Connection(AssociationHandle inner, InboundGuard guard)
            : base(inner.LocalAddress, inner.RemoteAddress)
        {
            _guard = guard;
            _inner = inner;
            _ = ListenAsync();
        }

        public LinkedListNode<Connection>? Place { get; set; }

        public override bool Write(ByteString payload) => _inner.Write(payload);

        [Obsolete("Akka's own; the other one says why.")]
        public override void Disassociate()
        {
            _inner.Disassociate();
            End();
        }

        public void Notify(IHandleEvent ev)
        {
            if (ev is InboundPayload && !_hasSpoken)
            {
                _hasSpoken = true;
                _guard.HasSpoken(this);
            }

            if (ev is Disassociated)
                End();
            _listener!.Notify(ev);
        }

        // Nothing is read before somebody listens.
        private async Task ListenAsync()
        {
            _listener = await ReadHandlerSource.Task.ConfigureAwait(false);
            _inner.ReadHandlerSource.TrySetResult(this);
        }

        private void End()
        {
            if (Interlocked.Exchange(ref _hasEnded, 1) == 0)
                _guard.HasEnded(this);
        }
    }
}
