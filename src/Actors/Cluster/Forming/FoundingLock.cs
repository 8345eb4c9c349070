using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// The lock of the cluster that uses a database. Its founder takes it before there is a cluster, under the name that the cluster will have;
/// members renew it; the last one that leaves releases it. Calls end within <see cref="Limit"/> and never throw.
/// </summary>
/// <remarks>
/// It expires by itself, since a fleet that was killed cannot release it. So the answer "held" may be about a cluster that is gone, for at
/// most its life, and an answer that was lost may have been "acquired": the caller asks again under the same name.
/// </remarks>
internal sealed class FoundingLock(IWhitelistStore store, TimeSpan life, TimeProvider time)
{
    public const string Name = "cluster";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    /// <summary>Takes or renews the lock. After <see cref="LockState.Unknown"/> it may be held all the same.</summary>
    public Task<LockAnswer> AcquireAsync(string clusterId) => GuardAsync(async (taken, limit) =>
        await taken.TryAcquireAsync(Name, clusterId, life, limit).ConfigureAwait(false) ? LockState.Taken : LockState.Held);

    /// <summary>Asks whether the database answers.</summary>
    public Task<LockAnswer> TestAsync() => GuardAsync(async (_, limit) =>
    {
        await store.PingAsync(limit).ConfigureAwait(false);
        return LockState.NotAsked;
    });

    /// <summary>Releases the lock. One that cannot be released expires.</summary>
    public Task<LockAnswer> ReleaseAsync(string clusterId) => GuardAsync(async (taken, limit) =>
    {
        await taken.ReleaseAsync(Name, clusterId, limit).ConfigureAwait(false);
        return LockState.NotAsked;
    });

    private async Task<LockAnswer> GuardAsync(Func<IStoreLock, CancellationToken, Task<LockState>> ask)
    {
        if (store.Lock is not { } held)
            return new LockAnswer(LockState.Unknown, "the store has no locks");
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            return new LockAnswer(await ask(held, limit.Token).WaitAsync(limit.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            return new LockAnswer(LockState.Unknown, FormattableString.Invariant($"no answer within {Limit.TotalSeconds} s"));
        }
        catch (Exception fault)
        {
            // The guard asks again, whatever the driver throws.
            return new LockAnswer(LockState.Unknown, fault.Message);
        }
    }
}
