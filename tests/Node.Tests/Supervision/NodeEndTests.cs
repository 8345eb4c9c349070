using Akka.Actor;
using Screening.Node.Tests.Endpoints;

namespace Screening.Node.Tests.Supervision;

public sealed class NodeEndTests
{
    [Fact]
    [Trait("Finding", "security-2")]
    public async Task A_node_whose_actors_are_gone_ends_and_does_not_call_it_a_success()
    {
        await using var node = await RunningNode.StartAsync();

        node.Service<ActorSystem>().ActorSelection("/user/gate").Tell(PoisonPill.Instance);

        Assert.False(await node.WaitForShutdownAsync());
    }

    [Fact]
    [Trait("Finding", "security-2")]
    public async Task A_node_whose_actor_system_has_ended_does_not_call_it_a_success()
    {
        await using var node = await RunningNode.StartAsync();

        await node.Service<ActorSystem>().Terminate();

        Assert.False(await node.WaitForShutdownAsync());
    }
}
