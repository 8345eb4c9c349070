using System.Globalization;
using System.Text.Json;
using Screening.Testing;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.Deploy.Tests.Image;

/// <summary>The production overlay in real containers: what runs is the image, with what <c>kubectl kustomize</c> prints.</summary>
public sealed class FleetOfContainersTests(ITestOutputHelper output)
{
    private const string Banned = "198.51.100.9";
    private const int PerSecond = 60;
    private const int Seconds = 8;

    [SkippableFact]
    public async Task Three_containers_with_what_the_manifests_say_are_one_fleet_within_their_limits()
    {
        await using var fleet = await ContainerFleet.StartAsync(Repository.File("deploy/k8s/overlays/production"));
        Assert.Equal(3, fleet.Pods.Count);
        foreach (var pod in fleet.Pods)
        {
            Assert.Equal(0UL, Convert.ToUInt64(await pod.Container.StatusAsync("CapBnd"), 16));
            Assert.Equal("true", await pod.Container.InspectAsync(".HostConfig.ReadonlyRootfs"));
            output.WriteLine($"{pod.Name}: {await pod.MegabytesAsync()} MB at rest, limit {await LimitOfAsync(pod) >> 20} MB");
        }

        await BanAsync(fleet.Pods[0]);
        await Task.WhenAll(fleet.Pods.Select(KnowsBanAsync));

        // Each query is answered once, or the load client says so.
        var loads = await Task.WhenAll(fleet.Pods.Select(pod => LoadAsync(fleet, pod)));
        foreach (var (pod, load) in fleet.Pods.Zip(loads))
        {
            Assert.True(load.ExitCode == 0, $"{load}");
            var used = await pod.MegabytesAsync();
            output.WriteLine($"{pod.Name}: {load.Output.Trim()}; {used} MB after it");
            Assert.InRange(used, 1, await LimitOfAsync(pod) >> 20);
            Assert.Equal("false", await pod.Container.InspectAsync(".State.OOMKilled"));
        }

        // As a kubelet ends a pod; the other two go on.
        var last = fleet.Pods[^1];
        var drained = await last.Container.ExecuteAsync(fleet.Template.PreStop);
        Assert.True(drained.ExitCode == 0, $"{drained}");
        await last.Container.TerminateAsync();
        Assert.Equal(0, await last.Container.WaitForExitAsync());
        Assert.DoesNotContain("library", await last.Container.LogAsync(), StringComparison.Ordinal);
        await fleet.WaitUntilWholeAsync([.. fleet.Pods.SkipLast(1)]);
        await Task.WhenAll(fleet.Pods.SkipLast(1).Select(KnowsBanAsync));
    }

    private static async Task<long> LimitOfAsync(ContainerPod pod)
    {
        var limit = long.Parse(await pod.Container.InspectAsync(".HostConfig.Memory"), CultureInfo.InvariantCulture);
        Assert.True(limit > 0, "no memory limit");
        return limit;
    }

    private static async Task BanAsync(ContainerPod pod)
    {
        CommandResult? tried = null;
        await Poll.UntilAsync(
            async () => (tried = await pod.Container.ExecuteAsync(
                "screening", "cache", "ban", Banned, "--ttl", "1h", "--reason", "abuse")).ExitCode == 0,
            Waiting.Limit, "a ban", () => $"{tried}");
    }

    private static Task KnowsBanAsync(ContainerPod pod) => Poll.UntilAsync(
        async () =>
        {
            using var verdict = JsonDocument.Parse(await pod.GetAsync($"api/v1/check/{Banned}"));
            return verdict.RootElement.GetProperty("source").GetString() == "ban";
        },
        Waiting.Limit, $"the ban at {pod.Name}");

    private static Task<CommandResult> LoadAsync(ContainerFleet fleet, ContainerPod pod) => RunningProcess.RunAsync(
        new LaunchPlan(
            "dotnet", Repository.File("tests/Benchmarks/bin/Release/net10.0/Screening.Benchmarks.dll"), "plugin-load",
            "--target", $"{pod.Plugin}", "--rate", string.Create(CultureInfo.InvariantCulture, $"{PerSecond}"),
            "--seconds", string.Create(CultureInfo.InvariantCulture, $"{Seconds}"))
        {
            Namespace = fleet.Clients.Name,
        },
        Waiting.Limit);
}
