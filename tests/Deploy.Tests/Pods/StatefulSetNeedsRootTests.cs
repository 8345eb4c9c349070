using System.Globalization;
using System.Text.Json;
using Screening.Deploy.Tests.Kubernetes;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Pods;
using Xunit.Abstractions;

namespace Screening.Deploy.Tests.Pods;

/// <summary>
/// The manifests of the production overlay as they are rendered, played with network namespaces, DNS, PostgreSQL and TLS. The long
/// campaign is <c>tests/Benchmarks -- pods</c>.
/// </summary>
public sealed class StatefulSetNeedsRootTests(ITestOutputHelper output)
{
    private const int PerSecond = 15;
    private static readonly TimeSpan GrantsLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [SkippableFact]
    public async Task Pods_come_go_and_are_lost_under_load_and_every_query_is_answered()
    {
        await Kubectl.NeedAsync();
        await using var lab = await StatefulSetLab.BuildAsync(
            Repository.File("deploy/k8s/overlays/production"), say: line => output.WriteLine(line));
        await lab.ScaleAsync(1);
        await lab.WaitUntilWholeAsync();
        var banned = await BanAsync(lab.Pods[0]);
        await using var load = ServiceLoad.Start(lab, PerSecond, banned);

        await lab.ScaleAsync(3);
        await lab.WaitUntilWholeAsync();

        // Two that get other addresses, one after the other, and the one that founded the cluster.
        await lab.ReplaceAsync(lab[2]);
        await lab.WaitUntilWholeAsync();
        await lab.LoseAsync(lab[0], withClaim: true, away: TimeSpan.FromSeconds(2));
        await lab.WaitUntilWholeAsync();
        await load.StopAsync();

        var result = load.Result(TimeSpan.Zero, TimeSpan.MaxValue);
        output.WriteLine($"{result}");
        Assert.Equal(0, result.Unanswered);

        // A new pod waits 10 s for the bans. One that took longer to start had no processor, and may have opened its doors without.
        if (lab.LongestStart < GrantsLimit)
            Assert.Equal(0, result.LetIn);
        await Task.WhenAll(lab.Pods.Select(KnowsBansAsync));
    }

    private static Task KnowsBansAsync(Pod pod) => Poll.UntilAsync(
        async () =>
        {
            using var verdict = JsonDocument.Parse(await pod.GetAsync("api/v1/check/198.51.100.9"));
            return verdict.RootElement.GetProperty("source").GetString() == "ban";
        },
        Patience, $"a ban at {pod.Name}");

    private static async Task<IReadOnlyList<string>> BanAsync(Pod pod)
    {
        CommandResult? tried = null;
        await Poll.UntilAsync(
            async () => (tried = await pod.RunAsync("cache", "ban", "198.51.100.0/24", "--ttl", "1h", "--reason", "abuse")).ExitCode == 0,
            Patience, "a ban", () => $"{tried}");
        return [.. Enumerable.Range(1, 50).Select(last => string.Create(CultureInfo.InvariantCulture, $"198.51.100.{last}"))];
    }
}
