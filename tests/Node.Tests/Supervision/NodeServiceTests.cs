using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Screening.Node.Hosting;
using Screening.Node.Supervision;
using Screening.Testing;

namespace Screening.Node.Tests.Supervision;

public sealed class NodeServiceTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<NodeService> _log = new();

    [Fact]
    [Trait("Finding", "security-2")]
    public async Task A_service_that_fails_is_reported_and_started_again_until_it_has_recovered()
    {
        var troubles = new Troubles(_time);
        using var service = new FailsTwice(troubles, _time, _log);
        await service.StartAsync(CancellationToken.None);
        await Waiting.UntilAsync(() => troubles.Current.Count == 1, "the first fault is reported");
        var first = troubles.Current.Single().Value;

        await AdvanceUntilAsync(() => service.Runs == 3, "the third run");

        Assert.Equal(2, _log.CountOf(9010));
        Assert.Equal(first.Since, troubles.Current.Single().Value.Since);
        Assert.Contains("the second fault", troubles.Current.Single().Value.What, StringComparison.Ordinal);

        await AdvanceUntilAsync(() => troubles.Current.Count == 0, "the service has recovered");
        Assert.Equal(1, _log.CountOf(9011));
        await service.StopAsync(CancellationToken.None);
        Assert.True(service.ExecuteTask!.IsCompletedSuccessfully);
    }

    [Fact]
    [Trait("Finding", "security-2")]
    public void Every_long_running_part_of_the_node_is_a_node_service()
    {
        var services = typeof(NodeHost).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(BackgroundService)) && !type.IsAbstract);

        Assert.All(services, type => Assert.True(type.IsSubclassOf(typeof(NodeService)), $"{type.Name} could end unnoticed"));
    }

    private Task AdvanceUntilAsync(Func<bool> condition, string what) => Waiting.UntilAsync(
        () =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return condition();
        },
        what);

    private sealed class FailsTwice(Troubles troubles, TimeProvider time, ILogger log) : NodeService(troubles, time, log)
    {
        private int _runs;

        public int Runs => Volatile.Read(ref _runs);

        protected override async Task RunAsync(CancellationToken stopping)
        {
            var run = Interlocked.Increment(ref _runs);
            if (run < 3)
                throw new InvalidOperationException(run == 1 ? "the first fault" : "the second fault");
            await Task.Delay(Timeout.InfiniteTimeSpan, stopping);
        }
    }
}
