using System.Net;
using System.Text.RegularExpressions;
using Screening.Node.Commands;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.EndToEnd.Tests;

/// <summary>An unpatched Postfix whose postscreen asks the node in dnsblog's place. Its own log is the judge.</summary>
public sealed class PostscreenNeedsPostfixAndRbldnsdTests(ITestOutputHelper output)
{
    private const string NodeSites = "screening.internal=127.0.0.[4..5]*3 allow.screening.internal=127.0.1.1*-4";
    private static readonly TimeSpan WithoutGreetWait = TimeSpan.FromSeconds(PostfixInstance.GreetWaitSeconds - 0.5);

    [SkippableFact]
    public async Task A_listed_client_is_refused_when_it_names_a_recipient()
    {
        await using var scene = await Scene.StartAsync();

        await scene.AssertRefusedAsync(Bench.Listed, "screening.internal");

        await scene.LogAsync($"DNSBL rank 3 for {Brackets(Bench.Listed)}:");
        Assert.DoesNotContain(scene.Postfix.LogLines, line => line.Contains("PASS NEW", StringComparison.Ordinal));
        Assert.DoesNotContain(scene.Postfix.LogLines, line => line.Contains("warning", StringComparison.Ordinal));
    }

    [SkippableFact]
    [Trait("Finding", "use-decision-per-client")]
    public async Task A_connection_is_one_decision()
    {
        using var folder = new TemporaryFolder();
        await using var scene = await Scene.StartAsync(nodeSettings: [$"endpoints.http=[\"unix://{folder["http"]}\"]"]);

        await scene.AssertRefusedAsync(Bench.Listed, "screening.internal");
        await scene.AssertRefusedAsync(Bench.Listed, "screening.internal");
        await scene.AssertDeliveredAsync(Bench.Clean);

        using var http = new NodeUrl($"unix://{folder["http"]}").CreateClient();
        var counts = (await http.GetStringAsync("metrics")).Split('\n')
            .Where(line => line.StartsWith("screening_verdicts_total{", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal(
            [
                "screening_verdicts_total{endpoint=\"dnsblog\",action=\"enforce\",source=\"screened\"} 2",
                "screening_verdicts_total{endpoint=\"dnsblog\",action=\"pass\",source=\"screened\"} 1",
            ],
            counts);
    }

    [SkippableFact]
    public async Task A_listed_client_is_refused_over_ipv6_as_well()
    {
        await using var scene = await Scene.StartAsync();

        await scene.AssertRefusedAsync(Bench.Listed6, "screening.internal");
        await scene.AssertDeliveredAsync(Bench.Clean6);
    }

    [SkippableFact]
    public async Task A_clean_client_passes_and_postscreen_remembers_it()
    {
        await using var scene = await Scene.StartAsync();

        await scene.AssertDeliveredAsync(Bench.Clean);
        await scene.LogAsync($"PASS NEW {Brackets(Bench.Clean)}:");
        var again = await scene.AssertDeliveredAsync(Bench.Clean);

        await scene.LogAsync($"PASS OLD {Brackets(Bench.Clean)}:");
        Assert.True(again.GreetingAfter < WithoutGreetWait, $"{again}");
        await scene.LogAsync("status=sent");
    }

    [SkippableFact]
    public async Task A_client_on_an_allowlist_passes_without_the_greet_wait()
    {
        await using var scene = await Scene.StartAsync();

        var dialogue = await scene.AssertDeliveredAsync(Bench.Trusted);

        await scene.LogAsync($"PASS NEW {Brackets(Bench.Trusted)}:");
        Assert.True(dialogue.GreetingAfter < WithoutGreetWait, $"{dialogue}{Environment.NewLine}{scene.Transcript}");
    }

    [SkippableFact]
    public async Task A_client_that_the_node_permits_passes_without_the_greet_wait()
    {
        await using var scene = await Scene.StartAsync(nodeSettings: [$"access.permit=[\"{Bench.Permitted}\"]"]);

        var dialogue = await scene.AssertDeliveredAsync(Bench.Permitted);

        await scene.LogAsync($"PASS NEW {Brackets(Bench.Permitted)}:");
        Assert.True(dialogue.GreetingAfter < WithoutGreetWait, $"{dialogue}{Environment.NewLine}{scene.Transcript}");
    }

    [SkippableFact]
    public async Task A_client_that_the_node_rejects_is_refused()
    {
        await using var scene = await Scene.StartAsync(nodeSettings: [$"access.reject=[\"{Bench.AnotherClean}/32\"]"]);

        await scene.AssertRefusedAsync(Bench.AnotherClean, "screening.internal");
    }

    [SkippableFact]
    public async Task Mail_flows_while_the_node_is_stuck_or_gone_and_verdicts_are_back_with_the_node()
    {
        await using var scene = await Scene.StartAsync();

        scene.Node.Signal(Signal.Stop);
        var stuck = await scene.AssertDeliveredAsync(Bench.Clean);
        scene.Node.Signal(Signal.Continue);
        await scene.Node.KillAsync();
        var gone = await scene.AssertDeliveredAsync(Bench.AnotherClean);
        output.WriteLine(
            $"dnsblog: greeting after {stuck.GreetingAfter.TotalSeconds:0.00} s with the node stopped, "
                + $"{gone.GreetingAfter.TotalSeconds:0.00} s with it gone");
        await scene.StartNodeAsync();
        await scene.AssertRefusedAsync(Bench.Listed, "screening.internal");
        // A mail server that starts anew finds the socket where it was.
        await scene.Postfix.RestartAsync(scene.Lab.Mx);
        await scene.AssertRefusedAsync(Bench.Listed6, "screening.internal");

        await scene.LogAsync($"PASS NEW {Brackets(Bench.Clean)}:");
        await scene.LogAsync($"PASS NEW {Brackets(Bench.AnotherClean)}:");
    }

    [SkippableFact]
    public async Task A_node_that_is_told_to_stop_leaves_no_client_waiting()
    {
        await using var scene = await Scene.StartAsync();

        await scene.Node.StopAsync();

        await scene.AssertDeliveredAsync(Bench.Clean);
        Assert.False(File.Exists(scene.Postfix.DnsblogSocket), "the socket's file is left behind");
    }

    [SkippableFact]
    public async Task Another_list_in_postscreens_own_configuration_is_answered_as_that_list()
    {
        await using var scene = await Scene.StartAsync($"{NodeSites} {Bench.OtherList}=127.0.0.9*3");

        await scene.AssertRefusedAsync(Bench.ListedElsewhere, Bench.OtherList);
        await scene.AssertDeliveredAsync(Bench.Clean);

        await scene.LogAsync($"DNSBL rank 3 for {Brackets(Bench.ListedElsewhere)}:");
    }

    private static string Brackets(IPAddress client) => Regex.Escape($"[{client}]");

    /// <summary>The lists, a node that asks them, and a Postfix that asks the node.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly Stack<IAsyncDisposable> _parts = new();
        private string[] _nodeSettings = [];

        public NetworkLab Lab { get; private set; } = null!;

        public NodeProcess Node { get; private set; } = null!;

        public PostfixInstance Postfix { get; private set; } = null!;

        public string Transcript => $"{Postfix.Transcript}{Environment.NewLine}{Node.Transcript}";

        public static async Task<Scene> StartAsync(string sites = NodeSites, params string[] nodeSettings)
        {
            Requires.Root();
            Requires.Programs("postfix", "rbldnsd", "ip", "setsid");
            var scene = new Scene();
            try
            {
                await scene.BuildAsync(sites, nodeSettings);
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }

            return scene;
        }

        public async Task StartNodeAsync()
        {
            string[] settings = [.. Bench.ListSettings, "dnsbl_zone.name=screening.internal", .. _nodeSettings];
            Node = await NodeProcess.StartAsync(Lab.Mx, [$"endpoints.dnsblog=[\"unix://{Postfix.DnsblogSocket}?mode=0660\"]", .. settings]);
            _parts.Push(Node);
        }

        public Task LogAsync(string pattern) => Postfix.WaitForLogAsync(new Regex(pattern));

        public async Task<SmtpDialogue> AssertDeliveredAsync(IPAddress client)
        {
            var dialogue = await SendAsync(client);
            Assert.True(dialogue.Delivered, $"{dialogue}{Environment.NewLine}{Transcript}");
            return dialogue;
        }

        /// <summary>550 at RCPT, with Postfix's own line about it, that names the list.</summary>
        public async Task AssertRefusedAsync(IPAddress client, string list)
        {
            var dialogue = await SendAsync(client);
            var wanted = $"550 5.7.1 Service unavailable; client [{client}] blocked using {list}";
            Assert.True(
                dialogue.Replies.Count > 3 && dialogue.Replies[3] == wanted,
                $"wanted {wanted}{Environment.NewLine}{dialogue}{Environment.NewLine}{Transcript}");
            await LogAsync($"NOQUEUE: reject: RCPT from {Brackets(client)}:[0-9]+: {Regex.Escape(wanted)}; from=<sender@example.net>");
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in _parts)
                await part.DisposeAsync();
        }

        private Task<SmtpDialogue> SendAsync(IPAddress client)
            => SmtpSession.SendMailAsync(Lab.Client, client,
                client.AddressFamily == Bench.Listed6.AddressFamily ? NetworkLab.MxAddress6 : NetworkLab.MxAddress);

        private async Task BuildAsync(string sites, string[] nodeSettings)
        {
            _nodeSettings = nodeSettings;
            _parts.Push(Lab = await NetworkLab.StartAsync());
            _parts.Push(await Bench.StartListsAsync(Lab));
            _parts.Push(Postfix = await PostfixInstance.StartAsync(
                Lab.Mx,
                async postfix =>
                {
                    Postfix = postfix;
                    await StartNodeAsync();
                },
                $"postscreen_dnsbl_sites = {sites}",
                "postscreen_dnsbl_threshold = 3",
                "postscreen_dnsbl_allowlist_threshold = -4",
                "postscreen_dnsbl_action = enforce",
                $"dnsblog_service_name = {PostfixInstance.DnsblogServiceName}"));
        }
    }
}
