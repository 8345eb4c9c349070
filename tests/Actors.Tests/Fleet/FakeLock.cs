using Screening.Actors.Fleet;

namespace Screening.Actors.Tests.Fleet;

/// <summary>A lock and a store that all nodes of a test see.</summary>
internal sealed class FakeLock : IFleetLock, IFleetStore
{
    private readonly Dictionary<string, (string Owner, DateTimeOffset Until)> _held = [];
    private readonly Lock _gate = new();

    public bool IsDown { get; set; }

    public string Provider => "memory";

    public StoreConnection? Connection => null;

    public IFleetLock? Lock => this;

    public string? OwnerOf(string name)
    {
        lock (_gate)
        {
            return _held.TryGetValue(name, out var held) && held.Until > DateTimeOffset.UtcNow ? held.Owner : null;
        }
    }

    public Task<bool> TryTakeAsync(string name, string owner, TimeSpan life, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (IsDown)
            {
                return Task.FromException<bool>(new StoreException("the database is down"));
            }

            var now = DateTimeOffset.UtcNow;
            var isFree = !_held.TryGetValue(name, out var held) || held.Owner == owner || held.Until <= now;
            if (isFree)
            {
                _held[name] = (owner, now + life);
            }

            return Task.FromResult(isFree);
        }
    }

    public Task ReleaseAsync(string name, string owner, CancellationToken cancellation)
    {
        lock (_gate)
        {
            if (_held.TryGetValue(name, out var held) && held.Owner == owner)
            {
                _held.Remove(name);
            }
        }

        return Task.CompletedTask;
    }

    public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task<StoreMark> PingAsync(CancellationToken cancellation) => Task.FromResult(new StoreMark("", TimeProvider.System.GetTimestamp()));
}
