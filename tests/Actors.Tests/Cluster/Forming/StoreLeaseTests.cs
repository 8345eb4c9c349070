using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Coordination;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class StoreLeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);

    private readonly MovableClock _time = new();
    private readonly FakeLock _store;
    private readonly ActorSystem _system;

    public StoreLeaseTests()
    {
        _store = new FakeLock { Time = _time };
        _system = ActorSystem.Create("lease", BootstrapSetup.Create().And(new StoreSetup(_store, _time)));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _system.Terminate();

    [Fact]
    [Trait("Finding", "B5")]
    public void The_lease_of_a_holder_that_died_is_over_before_its_loss_is_decided()
    {
        foreach (var timings in new[] { ClusterTimings.Default, ClusterLab.Quick })
            Assert.True(timings.Lease < timings.HeartbeatPause + timings.StableAfter, $"{timings.Lease}");
    }

    [Fact]
    public async Task One_of_two_gets_it_and_the_other_when_it_is_given_back()
    {
        var (one, two) = (Create("one"), Create("two"));
        Assert.True(await one.Acquire());
        Assert.True(await one.Acquire());
        Assert.False(await two.Acquire());
        Assert.Equal((true, false), (one.CheckLease(), two.CheckLease()));
        Assert.True(await one.Release());
        Assert.False(one.CheckLease());
        Assert.True(await two.Acquire());
    }

    [Fact]
    public async Task It_is_prolonged_for_as_long_as_it_is_held()
    {
        var lease = Create("one");
        await lease.Acquire();
        for (var beat = 0; beat < 20; beat++)
        {
            var calls = _store.Calls;
            _time.Advance(Beat);
            await ClusterLab.UntilAsync(() => _store.Calls > calls, () => $"beat {beat}");
        }

        Assert.True(lease.CheckLease());
        Assert.NotNull(_store.OwnerOf("split"));
    }

    [Fact]
    public async Task It_is_lost_when_the_store_was_away_for_its_whole_life()
    {
        var lease = Create("one");
        var lost = new TaskCompletionSource<Exception>();
        await lease.Acquire(lost.SetResult);
        _store.IsDown = true;
        for (var beat = 1; beat < 6; beat++)
        {
            await AdvanceAsync();
            Assert.True(lease.CheckLease(), $"beat {beat}");
        }

        await AdvanceAsync();
        Assert.Equal("the database is down", (await lost.Task.WaitAsync(TimeSpan.FromSeconds(60))).Message);
        Assert.False(lease.CheckLease());
    }

    [Fact]
    [Trait("Finding", "B5")]
    public async Task A_clock_that_is_set_changes_nothing()
    {
        var lease = Create("one");
        await lease.Acquire();
        _store.IsDown = true;
        _time.Set(TimeSpan.FromHours(6));
        await AdvanceAsync();
        Assert.True(lease.CheckLease());
        _time.Set(TimeSpan.FromHours(-12));
        for (var beat = 2; beat < 6; beat++)
            await AdvanceAsync();
        Assert.True(lease.CheckLease());
        await AdvanceAsync();
        await ClusterLab.UntilAsync(() => !lease.CheckLease(), () => "the lease is lost");
    }

    [Fact]
    public async Task It_is_lost_at_once_when_another_one_has_it()
    {
        var lease = Create("one");
        var lost = new TaskCompletionSource<Exception>();
        await lease.Acquire(lost.SetResult);
        await _store.ReleaseAsync("split", _store.OwnerOf("split")!, CancellationToken.None);
        Assert.True(await Create("two").Acquire());
        _time.Advance(Beat);
        Assert.Equal("another node holds the lease", (await lost.Task.WaitAsync(TimeSpan.FromSeconds(60))).Message);
    }

    // One beat, whose call has been answered.
    private async Task AdvanceAsync()
    {
        var calls = _store.Calls;
        _time.Advance(Beat);
        await ClusterLab.UntilAsync(() => _store.Calls > calls, () => "the lease is prolonged");
    }

    private StoreLease Create(string owner) => new(
        new LeaseSettings("split", owner, new TimeoutSettings(Beat, Life, TimeSpan.FromSeconds(2)), Akka.Configuration.Config.Empty),
        (ExtendedActorSystem)_system);

    /// <summary>A clock whose time of day can be set apart from the time that passes.</summary>
    private sealed class MovableClock : FakeTimeProvider
    {
        private TimeSpan _set;

        public void Set(TimeSpan by) => _set += by;

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + _set;

        public override long GetTimestamp() => base.GetUtcNow().Ticks;
    }
}
