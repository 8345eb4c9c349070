using System.Collections.Immutable;
using Akka.Actor;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Serialization;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>A bucket with a journal in memory.</summary>
public class WhitelistBucketTests : TestKit
{
    private static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private static readonly int Bucket = WhitelistLayout.BucketOf(Client);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));
    private readonly TestProbe _news;
    private readonly TestProbe _lists;
    private readonly WhitelistMeter _meter;

    public WhitelistBucketTests()
        : base(
            """
            akka.persistence.journal.plugin = akka.persistence.journal.inmem
            akka.persistence.snapshot-store.plugin = akka.persistence.snapshot-store.inmem
            """)
    {
        _news = CreateTestProbe();
        _lists = CreateTestProbe();
        _meter = new WhitelistMeter(_time);
    }

    [Fact]
    public void A_miss_with_lists_has_them_asked_on_the_buckets_node_and_a_hit_does_not()
    {
        var bucket = StartBucket(persists: false);
        Assert.False(Ask<LookUpMiss>(bucket, LookUp(1)).Asks);
        var lookUp = LookUp(2) with { Lists = [7, 8] };
        Assert.True(Ask<LookUpMiss>(bucket, lookUp).Asks);
        Assert.Equal(lookUp, _lists.ExpectMsg<LookUp>());
        Assert.Equal(TestActor, _lists.LastSender);
        bucket.Tell(Passed(Client));
        Assert.Equal(600, Ask<LookUpHit>(bucket, lookUp).Pass.TtlSeconds);
        Assert.Equal(600, _news.ExpectMsg<PassNews>().Pass.TtlSeconds);
        Assert.True(Ask<LookUpMiss>(bucket, lookUp with { Fingerprint = "p2" }).Asks);
        _lists.ExpectMsg<LookUp>();
        _lists.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    public void What_is_stored_is_there_in_the_next_life_and_the_meter_adds_up()
    {
        var bucket = StartBucket(persists: true);
        for (var i = 0u; i < 100; i++)
            bucket.Tell(Passed(ClientAddress.FromIPv4(0xC0000200 + i)));
        AwaitAssert(() => Assert.Equal((0L, 100L, 100L), (_meter.Queued, _meter.Journaled, _meter.Entries)), TimeSpan.FromSeconds(5));
        Stop(bucket);
        Assert.Equal((0L, 0L, 0), (_meter.Entries, _meter.Dropped, _meter.Buckets));

        var next = StartBucket(persists: true);
        AwaitAssert(() => Assert.Equal((0, 100L), (_meter.Recovering, _meter.Entries)), TimeSpan.FromSeconds(5));
        Assert.Equal(600, Ask<LookUpHit>(next, LookUp(1)).Pass.TtlSeconds);
    }

    [Fact]
    public void After_fifty_writes_a_snapshot_takes_their_place()
    {
        var bucket = StartBucket(persists: true);
        for (var i = 0u; i < 120; i++)
        {
            var journaled = i + 1L;
            bucket.Tell(Passed(ClientAddress.FromIPv4(0xC0000200 + i)));
            AwaitAssert(() => Assert.Equal(journaled, _meter.Journaled), TimeSpan.FromSeconds(5), TimeSpan.FromMilliseconds(5));
        }

        Stop(bucket);
        var probe = CreateTestProbe();
        Sys.ActorOf(EntityWriter.CreateProps($"bucket-{Bucket}", probe));
        var ready = probe.ExpectMsg<WriterReady>(TimeSpan.FromSeconds(5));
        var stored = Assert.IsType<BucketSnapshot>(ready.Stored.Snapshot).Entries.Length;
        Assert.InRange(ready.Stored.Events.Count, 0, EntityStorage<BucketChanged>.WritesPerSnapshot);
        Assert.Equal(120, stored + ready.Stored.Events.Cast<BucketChanged>().Sum(e => e.Entries.Length));
    }

    [Fact]
    [Trait("Finding", "A8")]
    public void An_idle_bucket_writes_all_that_it_holds_anew_when_the_store_is_another()
    {
        var store = Usable();
        var bucket = StartBucket(persists: true, store);
        for (var i = 0u; i < 20; i++)
            bucket.Tell(Passed(ClientAddress.FromIPv4(0xC0000200 + i)));
        AwaitAssert(() => Assert.Equal((0L, 20L), (_meter.Queued, _meter.Journaled)), TimeSpan.FromSeconds(10));
        var before = StoredOf().SequenceNr;
        store.Announce();
        AwaitAssert(() => Assert.True(StoredOf().SequenceNr > before), TimeSpan.FromSeconds(20), TimeSpan.FromMilliseconds(500));
        AwaitAssert(() => Assert.Equal(20, (StoredOf().Snapshot as BucketSnapshot)?.Entries.Length), TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task It_holds_what_was_read_in_one_pass_at_its_first_message_and_has_no_writer_until_it_has_something_to_store()
    {
        var rows = new RowsStore(
            new BucketSnapshot(7, [Stored(Client, 1)], [], []), BucketChanged.Of(Stored(ClientAddress.Parse("192.0.2.2"), 8)));
        var read = (await StoredWhitelist.ReadAsync(rows, WhitelistSerializer.TryReadWhole, CancellationToken.None))!;
        var bucket = StartBucket(persists: true, stored: read);
        Ask<LookUpHit>(bucket, LookUp(1));
        Ask<LookUpHit>(bucket, LookUp(2) with { Client = ClientAddress.Parse("192.0.2.2") });
        Assert.Equal((0, 2L), (_meter.Recovering, _meter.Entries));
        await Assert.ThrowsAsync<ActorNotFoundException>(() => WriterAsync(bucket));

        bucket.Tell(Passed(ClientAddress.Parse("192.0.2.3")));
        AwaitAssert(() => Assert.Equal((0L, 1L), (_meter.Queued, _meter.Journaled)), TimeSpan.FromSeconds(10));
        await WriterAsync(bucket);
        Stop(bucket);

        // It has written since: its next life reads by itself.
        Assert.Null(read.TryRemove(WhitelistLayout.EntityOf(Bucket)));
        Assert.Same(StoredState.Nothing, read.TryRemove(WhitelistLayout.EntityOf(WhitelistLayout.Grants)));
    }

    [Fact]
    public async Task What_cannot_be_unpacked_is_left_to_the_entity()
    {
        var unknown = new StoredRow(WhitelistLayout.EntityOf(Bucket), 1, IsSnapshot: true, WhitelistSerializer.Number, "ZZ9", [1, 2, 3]);
        Assert.Null((await ReadAsync(new RowsStore(unknown)))!.TryRemove(unknown.Entity));
        var others = unknown with { Serializer = 1 };
        Assert.Null((await ReadAsync(new RowsStore(others)))!.TryRemove(unknown.Entity));
    }

    [Fact]
    public void It_answers_while_its_store_is_silent_and_puts_what_it_learnt_on_top_of_what_was_stored()
    {
        var first = StartBucket(persists: true);
        var old = ClientAddress.Parse("192.0.2.50");
        first.Tell(Passed(old));
        AwaitAssert(() => Assert.Equal(1, _meter.Journaled), TimeSpan.FromSeconds(5));
        Stop(first);

        var store = new StoreSignal();
        var bucket = StartBucket(persists: true, store);
        Ask<LookUpMiss>(bucket, LookUp(1) with { Client = old });
        bucket.Tell(Passed(Client));
        Ask<LookUpHit>(bucket, LookUp(2));
        Assert.Equal((1, 1L), (_meter.Recovering, _meter.Queued));

        // Not journaled in time: it holds all the same, and says so.
        var revoked = Ask<Revoked>(bucket, new Revoke(9, Bucket, [Network.Of(old)], 100));
        Assert.False(revoked.Durable);
        store.Announce();
        AwaitAssert(() => Assert.Equal((0, 0L), (_meter.Recovering, _meter.Queued)), TimeSpan.FromSeconds(5));
        Ask<LookUpHit>(bucket, LookUp(3));
        Ask<LookUpMiss>(bucket, LookUp(4) with { Client = old });
    }

    [Fact]
    public void A_list_waits_for_what_is_stored_and_is_whole_or_not_given()
    {
        var first = StartBucket(persists: true);
        first.Tell(Passed(Client));
        AwaitAssert(() => Assert.Equal(1, _meter.Journaled), TimeSpan.FromSeconds(5));
        Stop(first);

        var store = new StoreSignal();
        var bucket = StartBucket(persists: true, store);
        bucket.Tell(new ListEntries(1, Bucket, null, null, 10), TestActor);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        store.Announce();
        Assert.Equal(Client, ExpectMsg<EntriesListed>(TimeSpan.FromSeconds(5)).Entries.Single().Client);
        Stop(bucket);

        // With the store away one client is answered; a list of many would not be whole.
        var cutOff = StartBucket(persists: true, new StoreSignal());
        var known = ClientAddress.Parse("192.0.2.50");
        cutOff.Tell(Passed(known));
        cutOff.Tell(new ListEntries(2, Bucket, null, null, 10), TestActor);
        var listed = Ask<EntriesListed>(cutOff, new ListEntries(3, Bucket, Network.Of(known), null, 1));
        Assert.Equal((3L, known), (listed.Id, listed.Entries.Single().Client));
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void A_revocation_is_journaled_before_it_is_acknowledged_and_told_to_all()
    {
        var bucket = StartBucket(persists: true);
        bucket.Tell(Passed(Client));
        Ask<LookUpHit>(bucket, LookUp(1));
        AwaitAssert(() => Assert.Equal(0, _meter.Recovering), TimeSpan.FromSeconds(5));
        var revoked = Ask<Revoked>(bucket, new Revoke(9, Bucket, [Network.Of(Client)], 5000));
        Assert.Equal((1, true), (revoked.Count, revoked.Durable));
        _news.ExpectMsg<PassNews>();
        var news = _news.ExpectMsg<RevocationNews>();
        Assert.True(news.Epoch.Revocation > news.Before);
        Stop(bucket);

        var next = StartRecovered();
        var miss = Ask<LookUpMiss>(next, LookUp(2));
        Assert.Equal(news.Epoch.Revocation, miss.Epoch.Revocation);

        // A screening that began before: refused in the next life as well.
        next.Tell(new Conclude(Client, "default", miss.Epoch with { Revocation = news.Before }, 0, Pass(600)));
        Ask<LookUpMiss>(next, LookUp(3));
    }

    [Fact]
    public void Networks_are_revoked_together_as_one_revocation()
    {
        var bucket = StartBucket(persists: false);
        var neighbour = ClientAddress.Parse("192.0.2.9");
        foreach (var client in new[] { Client, neighbour, ClientAddress.Parse("192.0.2.77") })
            bucket.Tell(Passed(client));
        var networks = ImmutableArray.Create(Network.Of(Client), Network.Of(neighbour), Network.Of(ClientAddress.Parse("198.51.100.1")));
        Assert.Equal(2, Ask<Revoked>(bucket, new Revoke(1, Bucket, networks, 100)).Count);
        _news.ReceiveN(3);
        var news = _news.ExpectMsg<RevocationNews>();
        Assert.Equal((networks, 0), (news.Networks, news.Before));
        Ask<LookUpMiss>(bucket, LookUp(2));
        Assert.Equal(news.Epoch, Ask<LookUpMiss>(bucket, LookUp(3) with { Client = neighbour }).Epoch);
        Ask<Revoked>(bucket, new Revoke(4, Bucket, networks, 100));
        Assert.Equal(news.Epoch.Revocation, _news.ExpectMsg<RevocationNews>().Before);
        _news.ExpectNoMsg(TimeSpan.Zero);
    }

    [Fact]
    [Trait("Finding", "A6")]
    public void Each_life_is_later_than_the_one_before_and_than_any_that_a_node_knows()
    {
        var bucket = StartRecovered();
        bucket.Tell(Passed(Client));
        AwaitAssert(() => Assert.Equal(1, _meter.Journaled), TimeSpan.FromSeconds(5));
        var first = Ask<LookUpHit>(bucket, LookUp(1)).Epoch;
        Assert.Equal(0, first.Revocation);
        Stop(bucket);

        // The clock stands still, so only what was stored tells that time went on.
        bucket = StartRecovered();
        var second = Ask<LookUpHit>(bucket, LookUp(2)).Epoch;
        Assert.True(second.Life > first.Life, $"{second} after {first}");

        var known = new Epoch(second.Life + 86_400_000, second.Life + 86_400_007);
        var lifted = Ask<LookUpHit>(bucket, LookUp(3) with { Known = known }).Epoch;
        Assert.Equal(known.Life + 1, lifted.Life);
        Assert.Equal(lifted, Ask<LookUpHit>(bucket, LookUp(4) with { Known = lifted }).Epoch);
        Assert.Equal(lifted, Ask<LookUpHit>(bucket, LookUp(5) with { Known = first }).Epoch);
        Ask<Revoked>(bucket, new Revoke(6, Bucket, [Network.Of(Client)], 5000));
        Assert.True(Ask<LookUpMiss>(bucket, LookUp(7)).Epoch.Revocation > lifted.Life);
    }

    [Fact]
    public void It_tells_no_epoch_until_it_knows_what_is_stored_or_has_revoked_itself()
    {
        var bucket = StartBucket(persists: true, new StoreSignal());
        Assert.Equal(default, Ask<LookUpMiss>(bucket, LookUp(1)).Epoch);
        bucket.Tell(Passed(Client));
        Assert.Equal(default, _news.ExpectMsg<PassNews>().Epoch);
        Ask<Revoked>(bucket, new Revoke(2, Bucket, [Network.Of(Client)], 1));
        var told = _news.ExpectMsg<RevocationNews>().Epoch;
        Assert.True(told.IsKnown);
        Assert.Equal(told, Ask<LookUpMiss>(bucket, LookUp(3)).Epoch);
        bucket.Tell(new Conclude(Client, "default", default, 0, Pass(600)));
        Ask<LookUpMiss>(bucket, LookUp(4));
    }

    [Fact]
    [Trait("Finding", "lab-2")]
    public void A_pass_that_is_told_again_is_neither_stored_nor_told_to_all_again()
    {
        var bucket = StartBucket(persists: false);
        bucket.Tell(new Conclude(Client, "default", default, 0, Pass(600)));
        _news.ExpectMsg<PassNews>();
        bucket.Tell(new Conclude(Client, "default", default, 10_000, Pass(590)));
        bucket.Tell(new Conclude(Client, "default", default, 0, Pass(700)));
        Assert.Equal(700, _news.ExpectMsg<PassNews>().Pass.TtlSeconds);
    }

    // It could not know of the revocation when it took the pass and told it.
    [Fact]
    [Trait("Finding", "A6")]
    public void A_pass_from_before_a_stored_revocation_is_taken_back_once_that_is_known()
    {
        var first = StartBucket(persists: true);
        Ask<Revoked>(first, new Revoke(1, Bucket, [Network.Of(Client)], 5000));
        Stop(first);
        _news.ExpectMsg<RevocationNews>();

        var store = new StoreSignal();
        var bucket = StartBucket(persists: true, store);
        _time.Advance(TimeSpan.FromSeconds(30));
        var fresh = ClientAddress.Parse("192.0.2.9");
        bucket.Tell(new Conclude(Client, "default", default, 31_000, Pass(600)));
        bucket.Tell(Passed(fresh));
        Ask<LookUpHit>(bucket, LookUp(2));
        _news.ReceiveN(2);
        store.Announce();
        AwaitAssert(() => Assert.Equal((0, 0L), (_meter.Recovering, _meter.Queued)), TimeSpan.FromSeconds(5));
        var epoch = Ask<LookUpMiss>(bucket, LookUp(3)).Epoch;
        Ask<LookUpHit>(bucket, LookUp(4) with { Client = fresh });
        var told = _news.ExpectMsg<RevocationNews>();
        Assert.Equal((Network.Of(Client), epoch), (Assert.Single(told.Networks), told.Epoch));

        // A screening that begins now passes.
        bucket.Tell(new Conclude(Client, "default", epoch, 0, Pass(600)));
        Ask<LookUpHit>(bucket, LookUp(5));
    }

    // Two nodes held the bucket: numbers of the two histories say nothing about each other.
    [Fact]
    [Trait("Finding", "B4")]
    public void A_revocation_that_another_node_stored_holds_here_whatever_its_number()
    {
        var bucket = StartRecovered();
        var (banned, other) = (ClientAddress.Parse("192.0.2.9"), ClientAddress.Parse("192.0.2.8"));
        Ask<Revoked>(bucket, new Revoke(1, Bucket, [Network.Of(other)], 5000));
        foreach (var client in new[] { Client, banned, other })
            bucket.Tell(new Conclude(client, "default", Ask<LookUpMiss>(bucket, LookUp(2) with { Client = client }).Epoch, 0, Pass(600)));
        var own = _news.ExpectMsg<RevocationNews>().Epoch.Revocation;
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        var stored = new BucketChanged(
            [], [new Tombstone(Network.Of(other), own, now), new Tombstone(Network.Of(banned), own - 1, now)], []);
        bucket.Tell(new WriterReady(CreateTestProbe(), new StoredState(null, [stored], 2)));
        Ask<LookUpMiss>(bucket, LookUp(3) with { Client = banned });
        Ask<LookUpHit>(bucket, LookUp(4));
        Ask<LookUpHit>(bucket, LookUp(5) with { Client = other });
        _news.ReceiveN(3);
        Assert.Equal(Network.Of(banned), Assert.Single(_news.ExpectMsg<RevocationNews>().Networks));
    }

    [Fact]
    [Trait("Finding", "D")]
    public void News_tell_the_life_that_the_bucket_gives_a_pass()
    {
        var bucket = StartBucket(persists: false);
        bucket.Tell(Passed(Client) with { Pass = Pass(int.MaxValue) });
        Assert.Equal((int)TimeSpan.FromDays(30).TotalSeconds, _news.ExpectMsg<PassNews>().Pass.TtlSeconds);
    }

    [Fact]
    [Trait("Finding", "A10")]
    public void What_was_exported_before_a_revocation_is_not_imported_and_the_rest_is_told()
    {
        var bucket = StartBucket(persists: false);
        var fresh = ClientAddress.Parse("192.0.2.9");
        bucket.Tell(Passed(Client));
        Ask<Revoked>(bucket, new Revoke(1, Bucket, [Network.Of(Client)], 100));
        _news.ReceiveN(2);
        _time.Advance(TimeSpan.FromSeconds(30));
        var times = PostscreenTimes.AllUntil(_time.GetUtcNow().ToUnixTimeSeconds() + 100);
        ImmutableArray<EntryLine> lines = [new(Client, "default", Pass(500), 60, times), new(fresh, "default", Pass(500), 60, times)];
        Assert.Equal(1, Ask<EntriesImported>(bucket, new ImportEntries(2, Bucket, lines)).Count);
        Ask<LookUpMiss>(bucket, LookUp(3));
        Assert.True(Ask<TimesFound>(bucket, new GetTimes(4, Client)).Times.IsEmpty);
        Ask<LookUpHit>(bucket, LookUp(5) with { Client = fresh });
        Assert.Equal((fresh, 500), (_news.ExpectMsg<PassNews>() is var pass ? pass.Client : default, pass.Pass.TtlSeconds));
        Assert.Equal(fresh, _news.ExpectMsg<TimesNews>().Client);
        _news.ExpectNoMsg(TimeSpan.Zero);
        Assert.Equal(0, Ask<EntriesImported>(bucket, new ImportEntries(6, Bucket, lines)).Count);
    }

    [Fact]
    public void A_bucket_that_moves_stores_what_it_owes_first()
    {
        var bucket = StartRecovered();
        Watch(bucket);
        bucket.Tell(Passed(Client));
        bucket.Tell(HandOver.Instance);
        ExpectTerminated(bucket, TimeSpan.FromSeconds(2));
        Assert.Equal((1L, 0L, 0L), (_meter.Journaled, _meter.Dropped, _meter.Queued));
    }

    [Fact]
    public void What_reaches_a_bucket_that_moves_goes_back_to_the_region()
    {
        // The store never becomes usable, so that the bucket owes until its time to leave is over.
        Sys.ActorOf(Props.Create(() => new Region(TestActor, PropsOf(true, new StoreSignal(), null))));
        var bucket = ExpectMsg<IActorRef>(TimeSpan.FromSeconds(5));
        bucket.Tell(Passed(Client));
        bucket.Tell(HandOver.Instance);
        var late = Passed(ClientAddress.Parse("192.0.2.2"));
        bucket.Tell(late);
        Assert.Same(late, ExpectMsg<Conclude>(TimeSpan.FromSeconds(5)));
        Assert.Equal(TestActor, LastSender);
    }

    [Fact]
    public void What_could_not_be_stored_is_counted_when_the_bucket_ends()
    {
        var bucket = StartBucket(persists: true, new StoreSignal());
        for (var i = 0u; i < 2000; i++)
            bucket.Tell(Passed(ClientAddress.FromIPv4(0xC0000200 + i)));
        AwaitAssert(() => Assert.Equal(2000, _meter.Queued), TimeSpan.FromSeconds(5));
        Stop(bucket);
        Assert.Equal((2000L, 0L, 0L), (_meter.Dropped, _meter.Queued, _meter.Journaled));
    }

    private static LookUp LookUp(long id) => new(id, Client, "default", "p1", default, []);

    private static Pass Pass(int ttlSeconds) => new(ttlSeconds, false, 0, "p1", "mx1", "clean");

    private static Conclude Passed(ClientAddress client) => new(client, "default", default, 0, Pass(600));

    private T Ask<T>(IActorRef bucket, object question)
    {
        bucket.Tell(question, TestActor);
        return ExpectMsg<T>(TimeSpan.FromSeconds(5));
    }

    private static StoreSignal Usable()
    {
        var store = new StoreSignal();
        store.Announce();
        return store;
    }

    private StoredState StoredOf()
    {
        var probe = CreateTestProbe();
        var reader = Sys.ActorOf(EntityWriter.CreateProps(WhitelistLayout.EntityOf(Bucket), probe));
        var stored = probe.ExpectMsg<WriterReady>(TimeSpan.FromSeconds(10)).Stored;
        Sys.Stop(reader);
        return stored;
    }

    private Task<IActorRef> WriterAsync(IActorRef bucket) => Sys.ActorSelection(bucket.Path / "store").ResolveOne(TimeSpan.FromSeconds(5));

    private static Task<StoredWhitelist?> ReadAsync(RowsStore rows) =>
        StoredWhitelist.ReadAsync(rows, WhitelistSerializer.TryReadWhole, CancellationToken.None);

    private StoredEntry Stored(ClientAddress client, long sequence)
    {
        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        return new StoredEntry(client, "default", [new StoredPass(now + 600_000, now, false, 0, "p1", "mx1", "clean")], default, sequence);
    }

    private IActorRef StartBucket(bool persists, StoreSignal? store = null, StoredWhitelist? stored = null) =>
        Sys.ActorOf(PropsOf(persists, store, stored));

    private Props PropsOf(bool persists, StoreSignal? store, StoredWhitelist? stored) => WhitelistBucket.CreateProps(
        WhitelistLayout.EntityOf(Bucket),
        new EntityContext(_time, _meter, _news, _lists, TimeSpan.FromDays(30), 10_000, persists ? store ?? Usable() : null, stored));

    private IActorRef StartRecovered()
    {
        var bucket = StartBucket(persists: true);
        Ask<TimesFound>(bucket, new GetTimes(0, Client)); // It has begun to recover.
        AwaitAssert(() => Assert.Equal(0, _meter.Recovering), TimeSpan.FromSeconds(5));
        return bucket;
    }

    private void Stop(IActorRef bucket)
    {
        Watch(bucket);
        Sys.Stop(bucket);
        ExpectTerminated(bucket, TimeSpan.FromSeconds(5));
        Unwatch(bucket);
    }

    /// <summary>Stands for a shard region: has one shard with one entity, and hands on what comes back to it.</summary>
    private sealed class Region : ReceiveActor
    {
        public Region(IActorRef receiver, Props entity)
        {
            ReceiveAny(receiver.Forward);
            Context.ActorOf(Props.Create(() => new Shard(receiver, entity)));
        }
    }

    private sealed class Shard : ReceiveActor
    {
        public Shard(IActorRef receiver, Props entity) => receiver.Tell(Context.ActorOf(entity));
    }

    /// <summary>A store that can only be read.</summary>
    private sealed class RowsStore(params StoredRow[] rows) : IWhitelistStore
    {
        public RowsStore(BucketSnapshot snapshot, BucketChanged changed)
            : this(Row(1, true, snapshot), Row(2, false, changed))
        {
        }

        public string Provider => "rows";

        public StoreConnection? Connection => null;

        public IStoreLock? Lock => null;

        public Task PrepareAsync(CancellationToken cancellation) => Task.CompletedTask;

        public Task<StoreMark> PingAsync(CancellationToken cancellation) => Task.FromResult(new StoreMark("", 1));

        public Task<bool> TryReadAllAsync(Action<StoredRow> row, CancellationToken cancellation)
        {
            foreach (var each in rows)
                row(each);
            return Task.FromResult(true);
        }

        private static StoredRow Row(long number, bool isSnapshot, object content)
        {
            var serializer = new WhitelistSerializer(null!);
            return new StoredRow(
                WhitelistLayout.EntityOf(Bucket), number, isSnapshot, WhitelistSerializer.Number, serializer.Manifest(content),
                serializer.ToBinary(content));
        }
    }
}
