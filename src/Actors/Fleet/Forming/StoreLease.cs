using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Screening.Actors.Fleet;

namespace Screening.Actors.Fleet.Forming;

/// <summary>Hands the store to what Akka makes by itself.</summary>
internal sealed class FleetStoreSetup(IFleetStore store, TimeProvider time) : Setup
{
    public IFleetStore Store { get; } = store;

    public TimeProvider Time { get; } = time;
}

/// <summary>
/// The lease that the split brain resolver of two nodes asks for, on a lock of the store. Whoever gets it stays, the other ends.
/// While held it prolongs itself; what could not be prolonged for its whole time is lost.
/// </summary>
/// <remarks>Akka makes it by its name in the configuration, with these parameters.</remarks>
internal sealed class StoreLease : Lease
{
    private readonly IFleetLock? _lock;
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly Lock _gate = new();
    private Holding? _holding;

    public StoreLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        var setup = system.Settings.Setup.Get<FleetStoreSetup>().Value;
        _lock = setup.Store.Lock;
        _time = setup.Time;

        // A node that restarted is not the node that held it.
        _owner = $"{settings.OwnerName}#{Guid.NewGuid():N}";
        system.RegisterOnTermination(() => Drop(null));
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        if (CheckLease())
        {
            return true;
        }

        if (!await TakeAsync().ConfigureAwait(false))
        {
            return false;
        }

        var holding = new Holding(leaseLostCallback);
        Drop(holding);
        _ = ProlongAsync(holding);
        return true;
    }

    public override async Task<bool> Release()
    {
        Drop(null);
        if (_lock is null)
        {
            return true;
        }

        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _time);
        await _lock.ReleaseAsync(Settings.LeaseName, _owner, limit.Token).ConfigureAwait(false);
        return true;
    }

    public override bool CheckLease()
    {
        lock (_gate)
        {
            return _holding is not null;
        }
    }

    private async Task<bool> TakeAsync()
    {
        if (_lock is null)
        {
            return false;
        }

        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _time);
        return await _lock.TryTakeAsync(Settings.LeaseName, _owner, Settings.TimeoutSettings.HeartbeatTimeout, limit.Token).ConfigureAwait(false);
    }

    private async Task ProlongAsync(Holding holding)
    {
        var until = _time.GetUtcNow() + Settings.TimeoutSettings.HeartbeatTimeout;
        using var timer = new PeriodicTimer(Settings.TimeoutSettings.HeartbeatInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(holding.Stop.Token).ConfigureAwait(false))
            {
                var asked = _time.GetUtcNow();
                try
                {
                    if (!await TakeAsync().ConfigureAwait(false))
                    {
                        Lose(holding, new LeaseException("another node holds the lease"));
                        return;
                    }

                    until = asked + Settings.TimeoutSettings.HeartbeatTimeout;
                }
                catch (Exception e) when (e is StoreException or OperationCanceledException)
                {
                    if (_time.GetUtcNow() >= until)
                    {
                        Lose(holding, e);
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Given back.
        }
    }

    private void Lose(Holding holding, Exception reason)
    {
        lock (_gate)
        {
            if (_holding != holding)
            {
                return;
            }

            _holding = null;
        }

        holding.Lost(reason);
    }

    private void Drop(Holding? next)
    {
        Holding? last;
        lock (_gate)
        {
            last = _holding;
            _holding = next;
        }

        last?.Stop.Cancel();
    }

    private sealed record Holding(Action<Exception> Lost)
    {
        public CancellationTokenSource Stop { get; } = new();
    }
}
