using Akka.Actor;
using Akka.TestKit.Xunit2;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Tests.Fleet;

/// <summary>Lists of the whitelist, page by page, from real buckets.</summary>
public class WhitelistAdminTests : TestKit
{
    private static readonly Pass Passed = new(600, false, 0, "p1", "mx1", "nothing speaks against this client");

    // On a clock of its own, which stands still: what is confirmed stays confirmed, however long the pages take.
    private readonly GrantsAndBans _grants = new(new FakeTimeProvider());
    private readonly WhitelistAdmin _desk;
    private readonly IActorRef _region;

    public WhitelistAdminTests()
    {
        var meter = new WhitelistMeter(TimeProvider.System);
        var context = new EntityContext(
            TimeProvider.System, meter, CreateTestProbe(), ActorRefs.Nobody, TimeSpan.FromDays(30), MaxEntries: 10_000, Store: null);
        _region = Sys.ActorOf(Props.Create(() => new PlayedRegion(context)));
        var client = new FleetClient(TimeProvider.System);
        client.Open(_region, CreateTestProbe());
        var near = new NearCache(TimeProvider.System, 100, TimeSpan.FromMinutes(10));
        _desk = new WhitelistAdmin(client, _grants, near, meter, TimeProvider.System);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100)]
    [InlineData(10_000)]
    public async Task Pages_together_have_every_line_once(int limit)
    {
        // Some buckets have many clients, most have none; one client passed under three profiles.
        var clients = Enumerable.Range(0, 90).Select(i => ClientAddress.FromIPv4(0xC0000200 + (uint)i))
            .Concat(Enumerable.Range(0, 60).Select(i => ClientAddress.FromIPv4(0x0B000001 + ((uint)i << 8)))).ToList();
        foreach (var client in clients)
            Keep(client, "default");
        Keep(clients[3], "strict");
        Keep(clients[3], "mild");
        Assert.True(Network.TryParse("198.51.100.0/24", out var network, out _));
        var tomorrow = TimeProvider.System.GetUtcNow().AddDays(1).ToUnixTimeMilliseconds();
        var grant = new GrantOrBan(network, GrantKind.Grant, tomorrow, 0, "me", "partners");
        _grants.Replace(GrantsState.Of(new GrantsVersion(1, 1, 1), [grant]));
        Assert.True(_grants.TryConfirm(_grants.State.Version));

        var lines = new List<WhitelistLine>();
        var pages = 0;
        for (string? after = null; pages < 1000; pages++)
        {
            var page = await _desk.ListAsync(null, after, limit, CancellationToken.None);
            lines.AddRange(page.Lines);
            Assert.InRange(page.Lines.Length, 0, limit + 2); // Lines of one client are not parted.
            if ((after = page.Next) is null)
                break;
        }

        Assert.Equal(network, lines[0].Network);
        Assert.Equal(
            clients.Select(c => $"{c} default").Append($"{clients[3]} strict").Append($"{clients[3]} mild").Order(),
            lines.Skip(1).Select(l => $"{l.Network.Address} {l.Profile}").Order());
        Assert.InRange(pages, (lines.Count / (limit + 2)) - 1, (lines.Count / limit) + 2);
    }

    private void Keep(ClientAddress client, string profile) =>
        _region.Tell(new Conclude(client, profile, default, 0, Passed));

    // What the shard region is, in one process.
    private sealed class PlayedRegion(EntityContext context) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var entity = WhitelistLayout.EntityOf(((IToWhitelist)message).Bucket);
            var bucket = Context.Child(entity);
            (bucket.IsNobody() ? Context.ActorOf(WhitelistBucket.CreateProps(entity, context), entity) : bucket).Forward(message);
        }
    }
}
