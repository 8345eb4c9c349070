using Microsoft.Extensions.Logging;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// Prepares the store when it first can be reached, and then asks every other second whether it still answers. A store that is down is no
/// reason to end: the whitelist goes on from memory.
/// </summary>
internal sealed partial class StoreKeeper(IFleetStore store, FleetMeter meter, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Tells the entities when the store may be used.</summary>
    public StoreSignal Signal { get; } = new();

    /// <summary>Ends when the store may be used.</summary>
    public Task Ready => _ready.Task;

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

    private async Task LookAsync(CancellationToken stopping)
    {
        string? fault = null;
        try
        {
            if (!Ready.IsCompleted)
                await store.PrepareAsync(stopping).ConfigureAwait(false);
            await store.PingAsync(stopping).ConfigureAwait(false);
            if (_ready.TrySetResult())
                Signal.Announce();
        }
        catch (StoreException problem)
        {
            fault = problem.Message;
        }

        var known = meter.Store;
        meter.ReportStore(fault);
        if (known.IsOk == meter.Store.IsOk)
            return;
        if (fault is null)
            StoreIsBack(log, store.Provider, meter.Queued);
        else
            StoreIsDown(log, store.Provider, fault);
    }

    [LoggerMessage(4010, LogLevel.Warning, "The store ({Provider}) can not be used; the whitelist goes on from memory: {Fault}")]
    private static partial void StoreIsDown(ILogger log, string provider, string fault);

    [LoggerMessage(4011, LogLevel.Information, "The store ({Provider}) can be used again; {Queued} changes wait to be stored")]
    private static partial void StoreIsBack(ILogger log, string provider, long queued);
}
