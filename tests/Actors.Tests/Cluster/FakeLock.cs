using Screening.Actors.Whitelist;

namespace Screening.Actors.Tests.Cluster;

/// <summary>A lock and a store that all nodes of a test see.</summary>
internal sealed class FakeLock : IStoreLock, IWhitelistStore
{
    private readonly Dictionary<string, (string Owner, DateTimeOffset Until)> _held = [];
    private readonly Lock _gate = new();

    public bool IsDown { get; set; }

    /// <summary>How often a lock was asked for.</summary>
    public int Calls { get; private set; }

    /// <summary>How often a lock was given back by its owner.</summary>
    public int Released { get; private set; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string Provider { get; init; } = "memory";

    public StoreConnection? Connection => null;

    public IStoreLock? Lock => this;

    public string? OwnerOf(string name)
    {
        lock (_gate)
            return _held.TryGetValue(name, out var held) && held.Until > Time.GetUtcNow() ? held.Owner : null;
    }

    public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan life, CancellationToken cancellation)
    {
        lock (_gate)
        {
            Calls++;
            if (IsDown)
                return Task.FromException<bool>(new StoreException("the database is down"));

            var now = Time.GetUtcNow();
            var isFree = !_held.TryGetValue(name, out var held) || held.Owner == owner || held.Until <= now;
            if (isFree)
                _held[name] = (owner, now + life);

            return Task.FromResult(isFree);
        }
    }

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(name, out var held) && held.Owner == owner && _held.Remove(name))
                Released++;
        }

        return Task.CompletedTask;
    }

    public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<StoreMark> PingAsync(CancellationToken cancellation) => IsDown
        ? Task.FromException<StoreMark>(new StoreException("the database is down"))
        : Task.FromResult(new StoreMark("", TimeProvider.System.GetTimestamp()));
}
