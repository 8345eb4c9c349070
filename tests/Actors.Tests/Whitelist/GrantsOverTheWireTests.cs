using Akka.Actor;
using Akka.TestKit.Xunit2;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Tests.Cluster;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using static Screening.Actors.Tests.Whitelist.GrantLines;

namespace Screening.Actors.Tests.Whitelist;

/// <summary>Two systems with the fleet's own remoting: frames of 1 MiB and the packed serializer.</summary>
public sealed class GrantsOverTheWireTests : IAsyncLifetime
{
    private readonly ActorSystem _one = SystemOn(ClusterLab.FreePort());
    private readonly ActorSystem _two = SystemOn(ClusterLab.FreePort());

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => Task.WhenAll(_one.Terminate(), _two.Terminate());

    [Theory]
    [Trait("Finding", "A1")]
    [InlineData("why")]
    [InlineData(
        "ticket 4711: a reason of two hundred characters ............................................................................"
        + "............................................................................")]
    public async Task As_many_as_there_may_be_reach_a_node_that_has_none(string reason)
    {
        var meter = new WhitelistMeter(TimeProvider.System);
        var context = new EntityContext(TimeProvider.System, meter, ActorRefs.Nobody, ActorRefs.Nobody, TimeSpan.FromDays(30), 1, null);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var entity = _one.ActorOf(GrantsEntity.CreateProps(context), "entity");
        var bans = Bans(GrantsState.MaxLines, reason).Select(line => line with { ExpiresMs = now + 3_600_000 });
        foreach (var part in GrantsParts.Split(bans))
            Assert.Null((await entity.Ask<GrantsRecorded>(new SetGrants(1, part, false, 0), Waiting.Limit)).Fault);

        var copy = new GrantsAndBans(TimeProvider.System);
        var address = ((ExtendedActorSystem)_one).Provider.DefaultAddress;
        var remote = await _two.ActorSelection(new RootActorPath(address) / "user" / "entity").ResolveOne(Waiting.Limit);
        _two.ActorOf(GrantsFollower.CreateProps(copy, remote, TimeProvider.System));
        await Waiting.UntilAsync(
            () => copy.IsConfirmed && copy.Count(GrantKind.Ban) == GrantsState.MaxLines, "the copy is whole and confirmed");
        Assert.True(copy.TryMatch(GrantKind.Ban, ClientAddress.FromIPv4(0x0B000000 + GrantsState.MaxLines - 1), out _, out var found));
        Assert.Equal(reason, found);

        // One that lost its memory gets all of it back from the node.
        _one.ActorOf(GrantsEntity.CreateProps(context), "next");
        var nextRemote = await _two.ActorSelection(new RootActorPath(address) / "user" / "next").ResolveOne(Waiting.Limit);
        var own = new GrantsAndBans(TimeProvider.System);
        own.Load(copy.State);
        _two.ActorOf(GrantsFollower.CreateProps(own, nextRemote, TimeProvider.System));
        await Waiting.UntilAsync(() => own.IsConfirmed && own.Count(GrantKind.Ban) == GrantsState.MaxLines, "the next entity has all");
    }

    private static ActorSystem SystemOn(int port) =>
        ActorSystem.Create(
            $"grants-{port}",
            ClusterHocon.Of(ClusterLab.Alone(port) with { Seeds = [new Seed("127.0.0.1", port)] }, ClusterTimings.Default));
}
