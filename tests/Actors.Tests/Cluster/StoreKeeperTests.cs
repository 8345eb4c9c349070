using System.Security.Cryptography;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Actors.Whitelist;
using Screening.Testing;

namespace Screening.Actors.Tests.Cluster;

/// <summary>The keeper with a store that is played and a clock that is moved.</summary>
public class StoreKeeperTests : TestKit
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider _time = new();
    private readonly PlayedStore _store = new();
    private readonly WhitelistMeter _meter;
    private readonly StoreKeeper _keeper;
    private readonly CancellationTokenSource _stopping = new();

    public StoreKeeperTests()
    {
        _meter = new WhitelistMeter(_time);
        _keeper = new StoreKeeper(_store, _meter, _time, NullLogger.Instance);
        _keeper.Signal.Subscribe(TestActor);
    }

    [Fact]
    [Trait("Finding", "B6")]
    public async Task Whatever_the_store_throws_it_is_asked_again_and_counts_as_failing_until_it_answers()
    {
        Assert.False(_meter.Store.IsOk);
        _store.Fault = new CryptographicException("the certificate is half written");
        var run = _keeper.RunAsync(_stopping.Token);
        await UntilAsync(() => _store.Prepared == 2);
        Assert.Contains("half written", _meter.Store.Fault, StringComparison.Ordinal);
        Assert.False(run.IsCompleted);

        _store.Fault = null;
        await UntilAsync(() => _meter.Store.IsOk);
        ExpectMsg<StoreReady>(Patience);
        await _stopping.CancelAsync();
        await run;
    }

    [Fact]
    [Trait("Finding", "use-6")]
    public async Task A_start_waits_for_the_first_answer_of_the_store_but_no_longer_than_a_limit()
    {
        var limit = TimeSpan.FromSeconds(1);
        var log = new RecordingLogger<StoreKeeper>();
        var keeper = new StoreKeeper(_store, _meter, _time, log);
        var silent = keeper.WaitForFirstLookAsync(limit, _stopping.Token);
        Assert.False(silent.IsCompleted);
        _time.Advance(limit);
        await silent;
        Assert.Equal(1, log.CountOf(4013));

        _store.Fault = new StoreException("connection refused");
        var waiting = keeper.WaitForFirstLookAsync(limit, _stopping.Token);
        var run = keeper.RunAsync(_stopping.Token);
        await waiting;
        Assert.Equal((4010, "The store (played) cannot be used; the whitelist is kept in memory only: connection refused"), log.Lines[^1]);
        await _stopping.CancelAsync();
        await run;
    }

    [Theory]
    [Trait("Finding", "A8")]
    [InlineData("another", 100)]
    [InlineData("first", -5)]
    public async Task A_store_that_is_another_or_older_is_prepared_and_all_are_told_to_write_anew(string id, int beats)
    {
        _store.Beat = 10;
        var run = _keeper.RunAsync(_stopping.Token);
        await UntilAsync(() => _store.Pinged >= 2);
        ExpectMsg<StoreReady>(Patience);
        Assert.Equal(1, _store.Prepared);

        (_store.Id, _store.Beat) = (id, _store.Beat + beats);
        await UntilAsync(() => _store.Prepared == 2);
        ExpectMsg<StoreReady>(Patience);
        var pinged = _store.Pinged;
        await UntilAsync(() => _store.Pinged >= pinged + 3);
        ExpectNoMsg(TimeSpan.Zero);
        Assert.True(_meter.Store.IsOk);
        await _stopping.CancelAsync();
        await run;
    }

    [Fact]
    [Trait("Finding", "A8")]
    public async Task A_store_that_failed_gets_its_tables_again()
    {
        var run = _keeper.RunAsync(_stopping.Token);
        await UntilAsync(() => _store.Pinged >= 1);
        _store.Fault = new StoreException("there are no tables");
        await UntilAsync(() => !_meter.Store.IsOk);
        _store.Fault = null;
        await UntilAsync(() => _meter.Store.IsOk);
        Assert.True(_store.Prepared >= 2);
        ExpectMsg<StoreReady>(Patience);
        ExpectNoMsg(TimeSpan.Zero); // The same store, which lost nothing.
        await _stopping.CancelAsync();
        await run;
    }

    private async Task UntilAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!holds())
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5, limit.Token);
        }
    }

    private sealed class PlayedStore : IWhitelistStore
    {
        private long _beat;
        private int _prepared;
        private int _pinged;

        public volatile Exception? Fault;

        public volatile string Id = "first";

        public long Beat
        {
            get => Interlocked.Read(ref _beat);
            set => Interlocked.Exchange(ref _beat, value);
        }

        public int Prepared => Volatile.Read(ref _prepared);

        public int Pinged => Volatile.Read(ref _pinged);

        public string Provider => "played";

        public StoreConnection? Connection => null;

        public IStoreLock? Lock => null;

        public Task PrepareAsync(CancellationToken cancellation)
        {
            Interlocked.Increment(ref _prepared);
            return Fault is { } fault ? Task.FromException(fault) : Task.CompletedTask;
        }

        public Task<StoreMark> PingAsync(CancellationToken cancellation)
        {
            if (Fault is { } fault)
                return Task.FromException<StoreMark>(fault);
            Interlocked.Increment(ref _pinged);
            return Task.FromResult(new StoreMark(Id, Interlocked.Increment(ref _beat)));
        }
    }
}
