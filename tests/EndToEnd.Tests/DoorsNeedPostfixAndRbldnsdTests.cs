using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// Two unpatched Postfix, mx1 and mx2, each with a node of one fleet beside it, set up by what <c>config to-postfix</c> prints. Their own
/// logs are the judge.
/// </summary>
public sealed class DoorsNeedPostfixAndRbldnsdTests(ITestOutputHelper output)
{
    private static readonly TimeSpan WithoutGreetWait = TimeSpan.FromSeconds(PostfixInstance.GreetWaitSeconds - 0.5);

    [SkippableFact]
    public async Task A_client_that_passed_at_one_mx_has_passed_at_the_other()
    {
        await using var scene = await Scene.StartAsync(["memcache", "dnsblog"]);

        Assert.True((await scene.SendAsync(0, Bench.Clean)).Delivered, scene.Transcript);
        await scene.LogAsync(0, $"PASS NEW {Brackets(Bench.Clean)}:");
        var known = await scene.SendAsync(1, Bench.Clean);
        await scene.LogAsync(1, $"PASS OLD {Brackets(Bench.Clean)}:");
        Assert.True(known.Delivered && known.GreetingAfter < WithoutGreetWait, $"{known}");

        // Who fails is not remembered: not at this mx, and not at the other.
        foreach (var mx in new[] { 0, 0, 1 })
            Assert.StartsWith("550 5.7.1 Service unavailable; client [192.0.2.10] blocked using", (await scene.SendAsync(mx, Bench.Listed)).Replies[3], StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Logs, line => Regex.IsMatch(line, $"PASS (NEW|OLD) {Brackets(Bench.Listed)}:"));

        // Whom an operator trusts is let in without the greet wait wherever it comes first, and for as long as he does.
        var granted = await scene.ChangeAsync("cache", "grant", $"{Bench.AnotherClean}", "--ttl", "1h", "--reason", "a partner");
        Assert.True(granted.ExitCode == 0, $"{granted}");
        await Poll.UntilAsync(
            async () => (await scene.Nodes[1].RunCommandAsync("check", $"{Bench.AnotherClean}", "--json")).Output.Contains("\"grant\"", StringComparison.Ordinal),
            TimeSpan.FromSeconds(10), "the grant at the other node");
        var trusted = await scene.SendAsync(1, Bench.AnotherClean);
        await scene.LogAsync(1, $"PASS OLD {Brackets(Bench.AnotherClean)}:");
        Assert.True(trusted.Delivered && trusted.GreetingAfter < WithoutGreetWait, $"{trusted}");
        scene.AssertUnharmed();
    }

    [SkippableFact]
    public async Task The_policy_service_refuses_with_its_reason_whom_postscreen_let_in()
    {
        await using var scene = await Scene.StartAsync(["policy"]);

        Assert.True((await scene.SendAsync(0, Bench.Clean)).Delivered, scene.Transcript);
        var refused = await scene.SendAsync(0, Bench.Listed);
        Assert.Matches(
            "^550 5\\.7\\.1 .*Service unavailable; client \\[192\\.0\\.2\\.10\\] refused: listed by bl\\.example \\(127\\.0\\.0\\.2\\)$", refused.Replies[3]);

        // Without the service, and with one that says nothing, mail flows: default_action=DUNNO.
        scene.Nodes[0].Signal(Signal.Stop);
        var stuck = await scene.SendAsync(0, Bench.AnotherClean);
        scene.Nodes[0].Signal(Signal.Continue);
        await scene.Nodes[0].KillAsync();
        var gone = await scene.SendAsync(0, Bench.ThirdClean);
        Assert.True(stuck.Delivered && gone.Delivered, scene.Transcript);
        output.WriteLine($"policy: whole dialogue {stuck.Took.TotalSeconds:0.00} s with the node stopped, {gone.Took.TotalSeconds:0.00} s with it gone");
        scene.AssertUnharmed();
    }

    [SkippableFact]
    public async Task The_zone_is_asked_by_stock_dnsblog_as_any_list_is()
    {
        await using var scene = await Scene.StartAsync(["dnsbl"]);

        var refused = await scene.SendAsync(0, Bench.Listed);
        Assert.Equal("550 5.7.1 Service unavailable; client [192.0.2.10] blocked using screening.internal", refused.Replies[3]);
        await scene.LogAsync(0, "addr 192\\.0\\.2\\.10 listed by domain screening\\.internal as 127\\.0\\.0\\.4");
        var trusted = await scene.SendAsync(0, Bench.Trusted);
        await scene.LogAsync(0, "addr 192\\.0\\.2\\.11 listed by domain allow\\.screening\\.internal as 127\\.0\\.1\\.1");
        Assert.True(trusted.Delivered && trusted.GreetingAfter < WithoutGreetWait, $"{trusted}");
        Assert.True((await scene.SendAsync(0, Bench.Clean)).Delivered, scene.Transcript);
        await scene.LogAsync(0, $"PASS NEW {Brackets(Bench.Clean)}:");

        scene.Nodes[0].Signal(Signal.Stop);
        var stuck = await scene.SendAsync(0, Bench.AnotherClean);
        scene.Nodes[0].Signal(Signal.Continue);
        await scene.Nodes[0].KillAsync();
        var gone = await scene.SendAsync(0, Bench.ThirdClean);
        Assert.True(stuck.Delivered && gone.Delivered, scene.Transcript);
        output.WriteLine($"dnsbl: greeting after {stuck.GreetingAfter.TotalSeconds:0.00} s with the node stopped, {gone.GreetingAfter.TotalSeconds:0.00} s with it gone");
        scene.AssertUnharmed();
    }

    [SkippableFact]
    public async Task A_cache_that_is_stuck_or_gone_delays_but_never_ends_postscreen()
    {
        await using var scene = await Scene.StartAsync(["memcache"]);
        Assert.True((await scene.SendAsync(0, Bench.Clean)).Delivered, scene.Transcript);

        scene.Nodes[0].Signal(Signal.Stop);
        var stuck = await scene.SendAsync(0, Bench.AnotherClean);
        scene.Nodes[0].Signal(Signal.Continue);
        await scene.Nodes[0].KillAsync();
        var gone = await scene.SendAsync(0, Bench.ThirdClean);
        Assert.True(stuck.Delivered && gone.Delivered, scene.Transcript);
        output.WriteLine($"memcache: greeting after {stuck.GreetingAfter.TotalSeconds:0.00} s with the node stopped, {gone.GreetingAfter.TotalSeconds:0.00} s with it gone");
        scene.AssertUnharmed();

        // The other mx does not notice.
        var other = await scene.SendAsync(1, Bench.Clean);
        await scene.LogAsync(1, $"PASS OLD {Brackets(Bench.Clean)}:");
        Assert.True(other.Delivered, $"{other}");
    }

    private static string Brackets(IPAddress client) => Regex.Escape($"[{client}]");

    /// <summary>The lists, two nodes that are one fleet, and a Postfix beside each.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private const string ZoneAddress = "127.0.0.40";
        private readonly Stack<IAsyncDisposable> _parts = new();
        private readonly List<PostfixInstance> _postfixes = [];
        private string? _resolvConf;

        public NetworkLab Lab { get; private set; } = null!;

        public List<NodeProcess> Nodes { get; } = [];

        public IEnumerable<string> Logs => _postfixes.SelectMany(p => p.LogLines);

        public string Transcript => string.Join(Environment.NewLine, [.. _postfixes.Select(p => p.Transcript), .. Nodes.Select(n => n.Transcript)]);

        public static async Task<Scene> StartAsync(string[] doors)
        {
            Requires.Root();
            Requires.Programs("postfix", "rbldnsd", "ip", "setsid");
            var scene = new Scene();
            try
            {
                await scene.BuildAsync(doors);
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }

            return scene;
        }

        public Task<SmtpDialogue> SendAsync(int mx, IPAddress client) =>
            SmtpSession.SendMailAsync(Lab.Client, client, mx == 0 ? NetworkLab.MxAddress : NetworkLab.SecondMxAddress);

        public Task LogAsync(int mx, string pattern) => _postfixes[mx].WaitForLogAsync(new Regex(pattern));

        /// <summary>A command to the first node that changes something.</summary>
        public Task<CommandResult> ChangeAsync(params string[] arguments) =>
            NodeProcess.RunCommandAsync(Lab.Mx, [.. arguments, "--node", $"unix://{_postfixes[0].QueueFolder}/screening/http"]);

        /// <summary>No process of Postfix died or gave up.</summary>
        public void AssertUnharmed() =>
            Assert.DoesNotContain(Logs, line => Regex.IsMatch(line, "watchdog|fatal:|panic:|bad command startup|killed by signal"));

        public async ValueTask DisposeAsync()
        {
            foreach (var part in _parts)
                await part.DisposeAsync();
            if (_resolvConf is not null)
                Directory.Delete(Path.GetDirectoryName(_resolvConf)!, recursive: true);
        }

        private async Task BuildAsync(string[] doors)
        {
            _parts.Push(Lab = await NetworkLab.StartAsync());
            // ip-netns(8) shows this file in /etc/resolv.conf's place to what runs inside.
            _resolvConf = $"/etc/netns/{Lab.Mx.Name}/resolv.conf";
            Directory.CreateDirectory(Path.GetDirectoryName(_resolvConf)!);
            await File.WriteAllTextAsync(_resolvConf, $"nameserver {ZoneAddress}\n");
            _parts.Push(await Bench.StartListsAsync(Lab));
            foreach (var mx in new[] { 0, 1 })
                await StartAsync(mx, doors);
            await Poll.UntilAsync(
                async () => (await Nodes[0].RunCommandAsync("status", "--json")).Output is var status
                    && JsonDocument.Parse(status).RootElement.GetProperty("cluster").GetProperty("members").EnumerateArray().Count(m => m.GetProperty("state").GetString() == "up") == 2,
                TimeSpan.FromSeconds(60), "a fleet of two", () => Transcript);
        }

        private async Task StartAsync(int mx, string[] doors)
        {
            string[] settings =
            [
                $"node.name=mx{mx + 1}", $"endpoints.memcache=[\"tcp://127.0.0.1:{10211 + mx}\"]", $"endpoints.policy=[\"tcp://127.0.0.1:{10026 + mx}\"]",
                mx == 0 ? $"endpoints.dnsbl=[\"udp://{ZoneAddress}:53\",\"tcp://{ZoneAddress}:53\"]" : "endpoints.dnsbl=[]", "access.permit=[]",
            ];
            string[] fleet =
            [
                $"cluster.listen=127.0.0.1:{4053 + mx}", "cluster.seeds=[\"127.0.0.1:4053\",\"127.0.0.1:4054\"]",
                .. Bench.ListSettings,
            ];
            var lines = new List<string> { $"inet_interfaces = {(mx == 0 ? NetworkLab.MxAddress : NetworkLab.SecondMxAddress)}" };
            var table = new List<string>();
            foreach (var door in doors)
                await AddLinesAsync(door, settings, lines, table);
            _postfixes.Add(await PostfixInstance.StartAsync(
                Lab.Mx,
                async postfix =>
                {
                    _parts.Push(postfix);
                    await File.WriteAllLinesAsync(Path.Combine(postfix.QueueFolder, "screening", "cache.cf"), table);
                    string[] socket = doors.Contains("dnsblog") ? [$"endpoints.dnsblog=[\"unix://{postfix.DnsblogSocket}?mode=0660\"]"] : [];
                    var http = $"endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{postfix.QueueFolder}/screening/http\"]";
                    Nodes.Add(await NodeProcess.StartAsync(Lab.Mx, [.. settings, .. fleet, http, .. socket]));
                    _parts.Push(Nodes[^1]);
                },
                [.. lines]));
        }

        // What the product tells an operator to write, but for the places of files.
        private static async Task AddLinesAsync(string door, string[] settings, List<string> lines, List<string> table)
        {
            var told = await NodeProcess.RunCommandAsync(
                null, ["config", "to-postfix", "--door", door, "--json", .. settings.SelectMany(s => (string[])["--set", s])]);
            Assert.True(told.ExitCode == 0, $"{told}");
            var said = JsonDocument.Parse(told.Output).RootElement.GetProperty("doors")[0];
            lines.AddRange(said.GetProperty("main_cf").EnumerateArray().Select(l => l.GetString()!
                .Replace("memcache:/etc/postfix/screening_cache.cf", "memcache:$queue_directory/screening/cache.cf", StringComparison.Ordinal)));
            if (door == "memcache")
                table.AddRange(said.GetProperty("files").EnumerateObject().Single().Value.EnumerateArray().Select(l => l.GetString()!));
        }
    }
}
