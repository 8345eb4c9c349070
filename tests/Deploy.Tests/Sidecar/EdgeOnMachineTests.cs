using Screening.Testing;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>
/// The pod of <c>overlays/edge-daemonset</c> beside an unpatched Postfix of the machine, which is a network namespace here. The cache nodes
/// are away, as they are for a machine that is cut off.
/// </summary>
public sealed class EdgeOnMachineTests
{
    private const string Sockets = "/var/spool/postfix/screening";

    [SkippableFact]
    public async Task Needs_podman_Postfix_and_rbldnsd__Postfix_of_the_machine_asks_the_node_in_the_container()
    {
        Requires.Root();
        Requires.Programs("podman", "postfix", "rbldnsd", "ip", "setsid");
        await MailImages.NeedAsync();
        await PodmanPod.RemoveLeftoversAsync();
        using var folder = new TemporaryFolder();
        await using var lab = await NetworkLab.StartAsync();
        await using var lists = await Bench.StartListsAsync(lab);
        PodmanPod? pod = null;
        await using var postfix = await PostfixInstance.StartAsync(
            lab.Mx,
            async instance => pod = await StartNodeAsync(folder, lab, instance),
            "postscreen_dnsbl_sites = screening.internal=127.0.0.[4..5]*3 allow.screening.internal=127.0.1.1*-4",
            "postscreen_dnsbl_threshold = 3",
            "postscreen_dnsbl_action = enforce",
            $"dnsblog_service_name = {PostfixInstance.DnsblogServiceName}");
        await using var node = pod!;

        var refused = await SmtpSession.SendMailAsync(lab.Client, Bench.Listed, NetworkLab.MxAddress);
        var delivered = await SmtpSession.SendMailAsync(lab.Client, Bench.Clean, NetworkLab.MxAddress);
        var socket = await RunningProcess.RunAsync(
            new LaunchPlan("stat", "-c", "%u %G %a", postfix.DnsblogSocket), Waiting.Limit);
        await node.KillAsync("screening");
        var alone = await SmtpSession.SendMailAsync(lab.Client, Bench.AnotherClean, NetworkLab.MxAddress);

        Assert.StartsWith(
            $"550 5.7.1 Service unavailable; client [{Bench.Listed}] blocked using screening.internal", refused.Replies[3],
            StringComparison.Ordinal);
        Assert.True(delivered.Delivered, $"{delivered}");
        Assert.Equal("65532 postfix 660", socket.Output.Trim());
        Assert.True(alone.Delivered, $"{alone}");
    }

    private static async Task<PodmanPod> StartNodeAsync(TemporaryFolder folder, NetworkLab lab, PostfixInstance postfix)
    {
        using var authority = new FleetAuthority(folder.Root);
        var shipped = Repository.File("deploy/k8s/overlays/edge-daemonset");
        await File.WriteAllTextAsync(folder["screening.toml"], $"""
            [dnsbl]
            sites    = "{Bench.Blocklist}=127.0.0.2*3"
            resolver = ["{Bench.Resolver}"]
            """);
        await File.WriteAllTextAsync(folder["kustomization.yaml"], $"""
            resources:
              - {Path.GetRelativePath(folder.Root, shipped)}
            configMapGenerator:
              - name: screening-edge-policy
                namespace: mail-edge
                behavior: merge
                files: [screening.toml]
            {MailImages.Names}
            """);
        var manifest = await PodManifest.RenderAsync(
            folder.Root, "screening-edge",
            new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["screening-tls"] = authority.IssueSecret("edge", ["screening-edge"]),
            });
        Assert.True(manifest.HasHostNetwork);

        // What the page has an operator do on each machine.
        var sockets = Path.GetDirectoryName(postfix.DnsblogSocket)!;
        await RunningProcess.RunAsync(new LaunchPlan("chown", "65532:postfix", sockets), Waiting.Limit);
        await RunningProcess.RunAsync(new LaunchPlan("chmod", "2750", sockets), Waiting.Limit);
        await RunningProcess.RunAsync(new LaunchPlan("chown", "65532:65532", folder.MakeFolder("data")), Waiting.Limit);
        var pod = await PodmanPod.StartOnMachineAsync(
            manifest, "mx", NetworkLab.MxAddress, lab.Mx,
            new Dictionary<string, string> { ["/var/lib/screening"] = folder["data"], [Sockets] = sockets });
        try
        {
            await pod.StartAsync("screening");
            await pod.WaitForLineAsync("screening", "^ready$");
        }
        catch
        {
            await pod.DisposeAsync();
            throw;
        }

        return pod;
    }
}
