using System.Security.Cryptography;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Whitelist;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class FoundingLockTests
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task One_cluster_holds_it_until_it_gives_it_back_or_its_life_is_over()
    {
        var time = new FakeTimeProvider();
        var store = new FakeLock { Time = time };
        var founding = new FoundingLock(store, Life, time);
        Assert.Equal(LockState.Taken, (await founding.AcquireAsync("a")).State);
        Assert.Equal(LockState.Taken, (await founding.AcquireAsync("a")).State);
        Assert.Equal(LockState.Held, (await founding.AcquireAsync("b")).State);
        await founding.ReleaseAsync("b");
        Assert.Equal(LockState.Held, (await founding.AcquireAsync("b")).State);
        await founding.ReleaseAsync("a");
        Assert.Equal(LockState.Taken, (await founding.AcquireAsync("b")).State);
        time.Advance(Life - TimeSpan.FromSeconds(1));
        Assert.Equal(LockState.Held, (await founding.AcquireAsync("a")).State);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(LockState.Taken, (await founding.AcquireAsync("a")).State);
    }

    [Fact]
    public async Task A_test_of_the_database_takes_nothing()
    {
        var store = new FakeLock();
        var founding = new FoundingLock(store, Life, TimeProvider.System);
        Assert.Equal(new LockAnswer(LockState.NotAsked), await founding.TestAsync());
        Assert.Null(store.OwnerOf(FoundingLock.Name));
        store.IsDown = true;
        Assert.Equal(new LockAnswer(LockState.Unknown, "the database is down"), await founding.TestAsync());
        Assert.Equal(new LockAnswer(LockState.Unknown, "the database is down"), await founding.AcquireAsync("a"));
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task Whatever_the_driver_throws_is_an_answer()
    {
        var founding = new FoundingLock(new FaultyStore(() => throw new CryptographicException("a bad key")), Life, TimeProvider.System);
        Assert.Equal(new LockAnswer(LockState.Unknown, "a bad key"), await founding.AcquireAsync("a"));
        Assert.Equal(new LockAnswer(LockState.Unknown, "a bad key"), await founding.ReleaseAsync("a"));
    }

    [Fact]
    [Trait("Finding", "B3")]
    public async Task A_call_that_never_ends_is_given_up()
    {
        var time = new FakeTimeProvider();
        var founding = new FoundingLock(new FaultyStore(() => new TaskCompletionSource<bool>().Task), Life, time);
        var answer = founding.AcquireAsync("a");
        time.Advance(TimeSpan.FromSeconds(1.9));
        Assert.False(answer.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal(new LockAnswer(LockState.Unknown, "no answer within 2 s"), await answer);
    }

    [Fact]
    public async Task A_store_without_locks_is_told()
    {
        Assert.Equal(LockState.Unknown, (await new FoundingLock(new MemoryStore(), Life, TimeProvider.System).AcquireAsync("a")).State);
    }

    private sealed class FaultyStore(Func<Task<bool>> call) : IWhitelistStore, IStoreLock
    {
        public string Provider => "postgresql";

        public StoreConnection? Connection => null;

        public IStoreLock? Lock => this;

        public Task<bool> TryAcquireAsync(string name, string owner, TimeSpan life, CancellationToken cancellation) => call();

        public Task ReleaseAsync(string name, string owner, CancellationToken cancellation) => call();

        public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<StoreMark> PingAsync(CancellationToken cancellation) => Task.FromResult(new StoreMark("", 1));
    }
}
