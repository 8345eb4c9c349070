using Microsoft.Extensions.Logging;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster;

/// <summary>
/// Prepares the store when it can be reached, asks every other second whether it still answers, and notices when it is another store, or an
/// older state of it: entities then write their whole state again. While the store is down, the whitelist is kept in memory.
/// </summary>
/// <remarks>Whatever a look throws, unless it was told to end, is a fault of the store, and another look follows.</remarks>
internal sealed partial class StoreKeeper(IWhitelistStore store, WhitelistMeter meter, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isPrepared;
    private StoreMark? _mark;

    /// <summary>Tells entities that the store can be used, or that they must write their whole state again.</summary>
    public StoreSignal Signal { get; } = new();

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            do
                await LookAsync(stopping).ConfigureAwait(false);
            while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Told to end.
        }
    }

    /// <summary>
    /// Waits until the store was asked once, so that a fault is logged before the node is ready; no longer than the limit.
    /// </summary>
    public async Task WaitForFirstLookAsync(TimeSpan limit, CancellationToken cancellation)
    {
        try
        {
            await _firstLook.Task.WaitAsync(limit, time, cancellation).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            StoreIsSilent(log, store.Provider, limit.TotalSeconds);
        }
    }

    private async Task LookAsync(CancellationToken stopping)
    {
        string? fault = null;
        try
        {
            await ConfirmAsync(stopping).ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is not OperationCanceledException || !stopping.IsCancellationRequested)
        {
            // What it was may have removed the tables too.
            _isPrepared = false;
            fault = problem is StoreException ? problem.Message : $"{problem.GetType().Name}: {problem.Message}";
        }

        var known = meter.Store;
        meter.ReportStore(fault);
        if (meter.Store is { IsOk: false } health && (known.IsOk || known.Fault == WhitelistMeter.NotAsked))
            StoreIsDown(log, store.Provider, health.Fault!);
        else if (meter.Store.IsOk && !known.IsOk && known.Fault != WhitelistMeter.NotAsked)
            StoreIsBack(log, store.Provider, meter.Queued);
        _firstLook.TrySetResult();
    }

    private async Task ConfirmAsync(CancellationToken stopping)
    {
        if (!_isPrepared)
            await store.PrepareAsync(stopping).ConfigureAwait(false);
        var mark = await store.PingAsync(stopping).ConfigureAwait(false);
        if (_mark is { } known && !mark.Follows(known))
        {
            if (_isPrepared)
                await store.PrepareAsync(stopping).ConfigureAwait(false);
            StoreIsAnother(log, store.Provider);
            Signal.Announce();
        }
        else if (_mark is null)
        {
            Signal.Announce();
        }

        (_mark, _isPrepared) = (mark, true);
    }

    [LoggerMessage(ClusterEventIds.StoreIsDown, LogLevel.Warning,
        "The store ({Provider}) cannot be used; the whitelist is kept in memory only: {Fault}")]
    private static partial void StoreIsDown(ILogger log, string provider, string fault);

    [LoggerMessage(ClusterEventIds.StoreIsSilent, LogLevel.Warning,
        "The store ({Provider}) has not answered within {Seconds} s; the node starts without it")]
    private static partial void StoreIsSilent(ILogger log, string provider, double seconds);

    [LoggerMessage(ClusterEventIds.StoreIsBack, LogLevel.Information,
        "The store ({Provider}) can be used again; {Queued} changes wait to be stored")]
    private static partial void StoreIsBack(ILogger log, string provider, long queued);

    [LoggerMessage(ClusterEventIds.StoreIsAnother, LogLevel.Warning,
        "The store ({Provider}) is a different or an older one; everything known is written to it again")]
    private static partial void StoreIsAnother(ILogger log, string provider);
}
