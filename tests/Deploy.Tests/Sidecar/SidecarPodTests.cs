using System.Net;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>
/// The pod of <c>deploy/k8s/overlays/edge-sidecar</c> whole: an unpatched Postfix with postscreen, p0f and the node in containers, with the
/// rights, volumes and settings of the manifest. SMTP clients and Postfix's log are the judges.
/// </summary>
public sealed class SidecarPodTests(SidecarScene scene, ITestOutputHelper output) : IClassFixture<SidecarScene>
{
    private static readonly TimeSpan WithoutGreetWait = SidecarScene.GreetWait - TimeSpan.FromSeconds(1.5);

    [SkippableFact]
    public async Task A_listed_client_is_refused_by_postscreen()
    {
        await scene.StartedAsync();

        await AssertRefusedAsync(0, Bench.Listed);
        await AssertRefusedAsync(1, Bench.Listed);
    }

    [SkippableFact]
    public async Task A_client_that_passed_at_one_pod_is_known_at_the_other()
    {
        await scene.StartedAsync();

        var first = await AssertDeliveredAsync(0, Bench.Clean);
        await scene.PostfixLogAsync(0, $"PASS NEW {Brackets(Bench.Clean)}:");
        await KnownAsync(1, Bench.Clean);
        var screened = await scene.ScreenedAsync(1);
        var second = await AssertDeliveredAsync(1, Bench.Clean);

        await scene.PostfixLogAsync(1, $"PASS OLD {Brackets(Bench.Clean)}:");
        output.WriteLine(
            $"greeted after {first.GreetingAfter.TotalSeconds:0.00} s at mx-0, {second.GreetingAfter.TotalSeconds:0.00} s at mx-1");
        Assert.True(first.GreetingAfter > WithoutGreetWait, $"{first}");
        Assert.True(second.GreetingAfter < WithoutGreetWait, $"{second}");
        Assert.Equal(screened, await scene.ScreenedAsync(1));
    }

    [SkippableFact]
    public async Task What_p0f_saw_of_a_client_counts()
    {
        await scene.StartedAsync();

        await AssertRefusedAsync(0, Bench.ListedWeakly, SidecarScene.Far);
        await AssertDeliveredAsync(1, Bench.ListedWeakly);

        var verdict = await scene.AskAsync(0, "check", $"{Bench.ListedWeakly}", "--explain", "--fresh");
        var p0f = verdict.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("kind").GetString() == "p0f");
        output.WriteLine($"p0f: {p0f}");
        Assert.Equal(("enforce", 1), (verdict.GetProperty("action").GetString(), p0f.GetProperty("weight").GetInt32()));
    }

    [SkippableFact]
    public async Task Mail_flows_without_the_node_and_verdicts_are_back_with_it()
    {
        await scene.StartedAsync();

        await scene.Mx[0].KillAsync("screening");
        await AssertDeliveredAsync(0, Bench.AnotherClean);
        await scene.PostfixLogAsync(0, $"PASS NEW {Brackets(Bench.AnotherClean)}:");
        await scene.Mx[0].StartAsync("screening");
        await scene.WaitForAsync(0, "screening", "startupProbe");

        await AssertRefusedAsync(0, Bench.Listed);
    }

    [SkippableFact]
    public async Task Mail_flows_without_p0f_and_the_status_names_it()
    {
        await scene.StartedAsync();

        await scene.Mx[1].KillAsync("p0f");
        await AssertDeliveredAsync(1, Bench.ThirdClean);
        await P0fIsAsync(ok: false);
        await scene.Mx[1].StartAsync("p0f");
        await scene.WaitForAsync(1, "p0f", "startupProbe");

        await AssertDeliveredAsync(1, NetworkLab.ClientAddress(33));
        await P0fIsAsync(ok: true);
    }

    [SkippableFact]
    public async Task Each_container_has_the_rights_of_the_manifest_and_no_others()
    {
        await scene.StartedAsync();

        // capability.h: NET_RAW is 13.
        Assert.Equal(("0000000000000000", "1"), await RightsOfAsync("screening"));
        Assert.Equal(("0000000000002000", "0"), await RightsOfAsync("p0f"));
        Assert.Equal("1", (await RightsOfAsync("postfix")).NoNewPrivileges);
        Assert.StartsWith("65532", await scene.Mx[0].StatusOfAsync("screening", "Uid"), StringComparison.Ordinal);
        Assert.StartsWith("65531", await scene.Mx[0].StatusOfAsync("p0f", "Uid"), StringComparison.Ordinal);
        foreach (var door in new[] { "dnsblog", "memcache", "policy" })
        {
            var socket = await scene.Mx[0].ExecuteAsync("postfix", "stat", "-c", "%u:%g %a", $"/var/spool/postfix/screening/{door}");
            Assert.Equal("65532:200 660", socket.Output.Trim());
        }
    }

    private static string Brackets(IPAddress client) => Regex.Escape($"[{client}]");

    private async Task<(string Capabilities, string NoNewPrivileges)> RightsOfAsync(string container) =>
        (await scene.Mx[0].StatusOfAsync(container, "CapPrm"), await scene.Mx[0].StatusOfAsync(container, "NoNewPrivs"));

    // A check that lost three answers in a row is ill, and its first answer afterwards makes it well.
    private Task P0fIsAsync(bool ok) => Poll.UntilAsync(
        async () =>
        {
            await scene.AskAsync(1, "check", $"{Bench.ThirdClean}", "--fresh");
            return ok == (await scene.AskAsync(1, "status")).GetProperty("checks").EnumerateArray()
                .Any(check => check.GetProperty("kind").GetString() == "p0f" && check.GetProperty("state").GetString() == "ok");
        },
        Waiting.Limit, $"a status that says {(ok ? "ok" : "ill")} of p0f");

    private Task KnownAsync(int mx, IPAddress client) => Poll.UntilAsync(
        async () => (await scene.AskAsync(mx, "check", $"{client}")).GetProperty("source").GetString() is "near" or "fleet",
        Waiting.Limit, $"{client} in the whitelist");

    private async Task<SmtpDialogue> AssertDeliveredAsync(int mx, IPAddress client)
    {
        var dialogue = await scene.SendAsync(mx, client);
        Assert.True(dialogue.Delivered, dialogue.Delivered ? "" : $"{dialogue}{Environment.NewLine}{await scene.TranscriptAsync()}");
        return dialogue;
    }

    /// <summary>550 at RCPT, and Postfix's own line about it, which has the client's own address.</summary>
    private async Task AssertRefusedAsync(int mx, IPAddress client, byte hops = 0)
    {
        var dialogue = await scene.SendAsync(mx, client, hops);
        var wanted = $"550 5.7.1 Service unavailable; client [{client}] blocked using screening.internal";
        if (dialogue.Replies.Count <= 3 || !dialogue.Replies[3].StartsWith(wanted, StringComparison.Ordinal))
            Assert.Fail($"wanted {wanted}{Environment.NewLine}{dialogue}{Environment.NewLine}{await scene.TranscriptAsync()}");
        await scene.PostfixLogAsync(mx, $"NOQUEUE: reject: RCPT from {Brackets(client)}:[0-9]+: {Regex.Escape(wanted)}");
    }
}
