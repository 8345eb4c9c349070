using Akka.Actor;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Testing;

namespace Screening.Actors.Tests.Fleet;

public sealed class LocalRunnerTests
{
    [Fact]
    public async Task A_node_that_is_alone_opens_its_doors_a_second_later_without_its_store_and_without_a_copy_of_bans()
    {
        var time = new FakeTimeProvider();
        var settings = new ClusterSettings
        {
            Node = "mx1",
            ListenPort = 0,
            PublicHost = "127.0.0.1",
            PublicPort = 0,
            Store = new MemoryStore(),
        };
        var near = new NearCache(time, 100, TimeSpan.FromMinutes(10));
        using var runner = new LocalRunner(
            settings,
            new RunnerContext(time, new FleetClient(time), new CheckDirectory(), ActorRefs.Nobody, near, new GrantsAndBans(time), null),
            NullLoggerFactory.Instance);

        // Nothing has looked at the store yet, as where it hangs.
        var start = runner.WaitForStartAsync(CancellationToken.None);
        Assert.False(start.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(1));
        await start.Within("the start");
        Assert.False(runner.Grants.IsKnown);
    }
}
