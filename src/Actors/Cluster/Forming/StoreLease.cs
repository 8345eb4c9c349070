using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster.Forming;

/// <summary>Hands the store to what Akka creates by itself.</summary>
internal sealed class StoreSetup(IWhitelistStore store, TimeProvider time) : Setup
{
    public IWhitelistStore Store { get; } = store;

    public TimeProvider Time { get; } = time;
}

/// <summary>
/// The lease that the split brain resolver of two nodes asks for, on a lock of the store. The side that gets it stays, the other ends.
/// A lease that is held prolongs itself. It counts as lost when it could not be prolonged for its whole life, reckoned from before the call
/// that last succeeded: the holder gives it up before the store does.
/// </summary>
/// <remarks>Akka creates it by its name in the configuration, with these parameters.</remarks>
internal sealed class StoreLease : Lease
{
    private readonly IStoreLock? _lock;
    private readonly TimeProvider _time;
    private readonly string _owner;
    private readonly Lock _gate = new();
    private Holding? _holding;

    public StoreLease(LeaseSettings settings, ExtendedActorSystem system)
        : base(settings)
    {
        var setup = system.Settings.Setup.Get<StoreSetup>().Value;
        _lock = setup.Store.Lock;
        _time = setup.Time;

        // A node that restarted is not the node that held it.
        _owner = $"{settings.OwnerName}#{Guid.NewGuid():N}";
        system.RegisterOnTermination(() => Replace(null));
    }

    public override Task<bool> Acquire() => Acquire(_ => { });

    public override async Task<bool> Acquire(Action<Exception> leaseLostCallback)
    {
        if (CheckLease())
            return true;
        var asked = _time.GetTimestamp();
        if (!await TryAcquireAsync().ConfigureAwait(false))
            return false;
        var holding = new Holding(leaseLostCallback);
        Replace(holding);
        _ = ProlongAsync(holding, asked);
        return true;
    }

    public override async Task<bool> Release()
    {
        Replace(null);
        if (_lock is null)
            return true;
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _time);
        await _lock.ReleaseAsync(Settings.LeaseName, _owner, limit.Token).ConfigureAwait(false);
        return true;
    }

    public override bool CheckLease()
    {
        lock (_gate)
            return _holding is not null;
    }

    private async Task<bool> TryAcquireAsync()
    {
        if (_lock is null)
            return false;
        using var limit = new CancellationTokenSource(Settings.TimeoutSettings.OperationTimeout, _time);
        return await _lock.TryAcquireAsync(Settings.LeaseName, _owner, Settings.TimeoutSettings.HeartbeatTimeout, limit.Token)
            .WaitAsync(limit.Token).ConfigureAwait(false);
    }

    private async Task ProlongAsync(Holding holding, long taken)
    {
        using var timer = new PeriodicTimer(Settings.TimeoutSettings.HeartbeatInterval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(holding.Stop.Token).ConfigureAwait(false))
            {
                var asked = _time.GetTimestamp();
                try
                {
                    if (await TryAcquireAsync().ConfigureAwait(false))
                        taken = asked;
                    else
                        Lose(holding, new LeaseException("another node holds the lease"));
                }
                catch (Exception fault)
                {
                    // Whatever the driver throws, the lease was not prolonged.
                    if (_time.GetElapsedTime(taken) >= Settings.TimeoutSettings.HeartbeatTimeout)
                        Lose(holding, fault);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Given back or lost.
        }
    }

    private void Lose(Holding holding, Exception reason)
    {
        lock (_gate)
        {
            if (_holding != holding)
                return;
            _holding = null;
        }

        holding.Stop.Cancel();
        holding.Lost(reason);
    }

    private void Replace(Holding? next)
    {
        Holding? last;
        lock (_gate)
            (last, _holding) = (_holding, next);
        last?.Stop.Cancel();
    }

    private sealed record Holding(Action<Exception> Lost)
    {
        public CancellationTokenSource Stop { get; } = new();
    }
}
