using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>One bucket in its first life, and what tests of its state need around it.</summary>
public abstract class BucketScene
{
    private protected const long Now = 1_800_000_000_000;
    private protected const long Seconds = Now / 1000;
    private protected static readonly TimeSpan MaxLife = TimeSpan.FromDays(30);
    private protected static readonly long MaxLifeMs = (long)MaxLife.TotalMilliseconds;
    private protected static readonly ClientAddress Client = ClientAddress.Parse("192.0.2.1");
    private protected static readonly ClientAddress Neighbour = ClientAddress.Parse("192.0.2.200");
    private protected static readonly EntryKey Key = KeyOf(Client);

    private protected BucketState State { get; } = NewLife();

    private protected static BucketState Empty() => new(MaxLife, 100, new PassOrigins());

    private protected static BucketState NewLife(long bornMs = Now)
    {
        var state = Empty();
        state.BeginLife(bornMs);
        return state;
    }

    // What a life that ended left in the store.
    private protected static BucketState Stored(Action<BucketState> life, long bornMs = Now - 100_000)
    {
        var (before, stored) = (NewLife(bornMs), Empty());
        life(before);
        stored.Apply(before.Snapshot(Now - 100_000));
        return stored;
    }

    private protected BucketState Restarted(long nowMs)
    {
        var next = Empty();
        next.Apply(State.Snapshot(nowMs));
        return next;
    }

    private protected static BucketState Folded(IEnumerable<BucketChanged> changes)
    {
        var state = Empty();
        foreach (var change in changes)
            state.Apply(change);
        return state;
    }

    private protected static StoredEntry? Record(BucketState state, EntryKey key, Pass pass, long now = Now) =>
        state.RecordPass(key, pass, state.Epoch, 0, now);

    private protected static void Revoke(BucketState state, ClientAddress client) => state.Revoke([Network.Of(client)], Now);

    private protected void Forget(ClientAddress client, int seconds)
    {
        State.RecordTimes(client, PostscreenTimes.AllUntil(Seconds + seconds), Now);
        Revoke(State, client);
    }

    private protected static List<string> Shown(BucketState state) =>
        [.. state.List(null, null, 1000, Now).Lines.Select(l => l.ToString()).Order(StringComparer.Ordinal)];

    private protected string Page(Network? within, ClientAddress? after, int limit)
    {
        var (lines, more) = State.List(within, after, limit, Now);
        return string.Join(' ', lines.Select(l => l.Client.ToString()).Concat(more ? ["more"] : []));
    }

    private protected static EntryKey KeyOf(ClientAddress client, string profile = "default") => new(client, profile);

    private protected static Network Net(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private protected static Pass Pass(int ttlSeconds) => new(ttlSeconds, false, -1, "p1", "mx1", "clean");
}
