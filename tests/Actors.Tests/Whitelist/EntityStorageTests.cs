using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>What an entity owes its store, with a writer that is played.</summary>
public class EntityStorageTests : TestKit
{
    private readonly WhitelistMeter _meter = new(TimeProvider.System);
    private readonly TestProbe _writer;
    private readonly EntityStorage<int> _storage;
    private int _sum;

    public EntityStorageTests()
    {
        _writer = CreateTestProbe();
        _storage = new EntityStorage<int>(_meter, persists: true, stagger: 0, changes => string.Join(' ', changes), () => $"all {_sum}");
        _meter.ReportStore(null);
    }

    [Fact]
    public void A_change_is_stored_once_the_writer_says_so()
    {
        _storage.Open(_writer, 0);
        var number = Add(7);
        Assert.Equal(TimeSpan.FromMilliseconds(200), _storage.Flush(now: false));
        Assert.Null(_storage.Flush(now: true));
        Assert.Equal("7", Answer(1).Event);
        Assert.True(_storage.IsStored(number));
        Assert.False(_storage.IsBehind);
        Assert.Equal((0L, 1L), (_meter.Queued, _meter.Journaled));
    }

    [Fact]
    [Trait("Finding", "A7")]
    public void While_a_snapshot_cannot_be_stored_events_are_and_the_store_counts_as_failing()
    {
        _storage.Open(_writer, 0);
        for (var i = 1; i <= EntityStorage<int>.WritesPerSnapshot; i++)
        {
            Add(1);
            _storage.Flush(now: true);
            Answer(i);
        }

        _storage.Flush(now: false);
        Assert.Equal("all 50", AnswerSnapshot(51, "no room").Snapshot);
        Assert.Contains("1 snapshots cannot be stored: no room", _meter.Store.Fault, StringComparison.Ordinal);

        // Nothing is tried again until its owner says so.
        _storage.Flush(now: true);
        var number = Add(2);
        _storage.Flush(now: true);
        Assert.Equal("2", Answer(52).Event);
        Assert.True(_storage.IsStored(number));
        _storage.Flush(now: true);
        _writer.ExpectNoMsg(TimeSpan.Zero);

        _storage.RetrySnapshot();
        _storage.Flush(now: false);
        Assert.Equal("all 52", AnswerSnapshot(53, error: null).Snapshot);
        Assert.True(_meter.Store.IsOk);
    }

    [Fact]
    [Trait("Finding", "A8")]
    public void A_store_that_knows_less_than_was_stored_is_owed_everything()
    {
        _storage.Open(_writer, 0);
        Add(7);
        _storage.Flush(now: true);
        Answer(20);
        _storage.Close();
        Assert.False(_storage.IsBehind);

        _storage.Open(_writer, 0);
        Assert.True(_storage.IsBehind);
        _storage.Flush(now: false);
        Assert.Equal("all 7", AnswerSnapshot(1, error: null).Snapshot);
        Assert.False(_storage.IsBehind);

        // A writer that was only restarted is owed nothing.
        _storage.Open(_writer, 1);
        Assert.False(_storage.IsBehind);
    }

    [Fact]
    [Trait("Finding", "A9")]
    public void A_write_that_was_rejected_or_lost_is_owed()
    {
        _storage.Open(_writer, 0);
        var number = Add(7);
        _storage.Flush(now: true);
        var lost = _writer.ExpectMsg<StoreEvent>();

        // The supervisor restarts a writer whose write was rejected: the same actor is ready again.
        _storage.Open(_writer, 0);
        Assert.False(_storage.IsStored(number));
        Add(8);
        _storage.Flush(now: true);
        Assert.Equal("7 8", Answer(1).Event);
        Assert.True(_storage.IsStored(number));

        // What the writer of before says now is of no use.
        Add(9);
        _storage.Flush(now: true);
        _storage.EventStored(new EventStored(lost.Number, 1));
        Assert.True(_storage.IsBehind);
    }

    [Fact]
    [Trait("Finding", "D")]
    public void Changes_beside_a_write_that_takes_long_have_a_bound_and_are_stored_by_a_snapshot()
    {
        _storage.Open(_writer, 0);
        Add(1);
        _storage.Flush(now: true);
        var slow = _writer.ExpectMsg<StoreEvent>();
        var number = 0L;
        for (var i = 0; i < 3 * EntityStorage<int>.MaxWaiting; i++)
            number = Add(1);
        _storage.EventStored(new EventStored(slow.Number, 1));
        _storage.Flush(now: false);
        AnswerSnapshot(2, error: null);
        Assert.True(_storage.IsStored(number));
        Assert.Equal((0L, 1L + (3 * EntityStorage<int>.MaxWaiting)), (_meter.Queued, _meter.Journaled));
        _storage.Flush(now: true);
        _writer.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void A_change_during_a_snapshot_comes_after_it()
    {
        _storage.Open(_writer, 0);
        Add(1);
        _storage.AddAll();
        _storage.Flush(now: true);
        var snapshot = _writer.ExpectMsg<StoreSnapshot>();
        var number = Add(2);
        _storage.SnapshotStored(new SnapshotStored(snapshot.Number, 1, null));
        Assert.False(_storage.IsStored(number));
        _storage.Flush(now: true);
        Assert.Equal("2", Answer(2).Event);
        Assert.True(_storage.IsStored(number));
    }

    [Fact]
    public void An_entity_that_ends_counts_what_it_could_not_store()
    {
        _storage.Open(_writer, 0);
        Add(1);
        _storage.AddAll();
        _storage.Flush(now: true);
        AnswerSnapshot(1, "no room");
        _storage.GiveUp();
        Assert.Equal((0L, 2L, true), (_meter.Queued, _meter.Dropped, _meter.Store.IsOk));
    }

    private long Add(int change)
    {
        _sum += change;
        return _storage.Add(change);
    }

    private StoreEvent Answer(long sequenceNr)
    {
        var store = _writer.ExpectMsg<StoreEvent>();
        _storage.EventStored(new EventStored(store.Number, sequenceNr));
        return store;
    }

    private StoreSnapshot AnswerSnapshot(long sequenceNr, string? error)
    {
        var store = _writer.ExpectMsg<StoreSnapshot>();
        Assert.Equal(error is null, _storage.SnapshotStored(new SnapshotStored(store.Number, sequenceNr, error)));
        return store;
    }
}
