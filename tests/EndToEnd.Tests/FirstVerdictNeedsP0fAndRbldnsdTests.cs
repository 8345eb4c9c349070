using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>A client whose packets p0f saw and whose address a list knows: one verdict of both, whoever asks and however.</summary>
/// <remarks>
/// The weights are such that each word is needed: the list's 2 alone is ignore, p0f's 1 as well, both are enforce. Otherwise the node would
/// be free to answer before p0f does.
/// </remarks>
public sealed class FirstVerdictNeedsP0fAndRbldnsdTests
{
    [SkippableFact]
    public async Task Check_explains_what_p0f_and_the_list_said()
    {
        await using var scene = await Scene.StartAsync();

        var listed = await scene.Node.RunCommandAsync("check", $"{Bench.Listed}", "--explain", "--json");
        var clean = await scene.Node.RunCommandAsync("check", $"{Bench.Clean}", "--explain", "--json");
        var people = await scene.Node.RunCommandAsync("check", $"{Bench.Listed}", "--explain");

        Assert.True(listed.ExitCode == 1, $"{listed}{Environment.NewLine}{scene.Node.Transcript}");
        AssertListedVerdict(JsonDocument.Parse(listed.Output).RootElement);
        Assert.True(clean.ExitCode == 0, $"{clean}{Environment.NewLine}{scene.Node.Transcript}");
        var cleanVerdict = JsonDocument.Parse(clean.Output).RootElement;
        Assert.Equal("ignore", cleanVerdict.GetProperty("action").GetString());
        Assert.Contains("Linux", CheckOf(cleanVerdict, "p0f").GetRawText(), StringComparison.Ordinal);
        Assert.Contains(Bench.Blocklist, people.Output, StringComparison.Ordinal);
        Assert.Contains("127.0.0.2", people.Output, StringComparison.Ordinal);
        Assert.Contains("Linux", people.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Plain_socat_gets_the_same_verdict_in_both_forms_of_the_plugin_protocol()
    {
        Requires.Programs("socat");
        await using var scene = await Scene.StartAsync();

        Assert.Equal(
            "query_id=\"demo 1\" é\naction=enforce\n\n", await scene.SocatAsync(PluginClient.Request2012(Bench.Listed, "\"demo 1\" é")));
        Assert.Equal("query_id=q2\naction=ignore\n\n", await scene.SocatAsync(PluginClient.Request2012(Bench.Clean, "q2")));
        Assert.Matches(
            "^query_id=q3\naction=pass\nttl=[1-9][0-9]*\n\n$", await scene.SocatAsync(PluginClient.Request2012(Bench.ThirdClean, "q3")));
        Assert.Equal("action=enforce\n\n", await scene.SocatAsync(PluginClient.Request2016(Bench.Listed)));
        Assert.Matches("^action=pass\nttl=[1-9][0-9]*\n\n$", await scene.SocatAsync(PluginClient.Request2016(Bench.ThirdClean)));
        Assert.Equal("action=enforce\n\n", await scene.SocatAsync(PluginClient.Request2016(Bench.Listed).ReplaceLineEndings("\r\n")));
    }

    [SkippableFact]
    public async Task Many_queries_on_one_connection_are_each_answered_once()
    {
        await using var scene = await Scene.StartAsync();
        using var client = await PluginClient.ConnectAsync(scene.Node.Plugin, scene.Lab.Mx);
        var ids = Enumerable.Range(0, 200).ToDictionary(i => $"id{i}", i => i % 2 == 0 ? Bench.Listed : Bench.ThirdClean);

        await client.SendAsync(string.Concat(ids.Select(pair => PluginClient.Request2012(pair.Value, pair.Key))));
        var replies = new Dictionary<string, string>();
        for (var i = 0; i < ids.Count; i++)
        {
            var reply = await client.ReadReplyAsync();
            Assert.NotNull(reply);
            Assert.True(replies.TryAdd(reply["query_id"], reply["action"]), $"a second reply to {reply["query_id"]}");
        }

        Assert.Equal(ids.ToDictionary(pair => pair.Key, pair => pair.Value.Equals(Bench.Listed) ? "enforce" : "pass"), replies);
    }

    [SkippableFact]
    public async Task The_commands_of_the_manual_page_do_what_it_says()
    {
        Requires.Root();
        Requires.Programs("p0f", "rbldnsd", "socat", "ip", "setsid");
        using var folder = new TemporaryFolder();
        var script = MarkdownPage.Read("docs/first-verdict.md").Blocks.Single(
            block => block.RunBy == nameof(FirstVerdictNeedsP0fAndRbldnsdTests)).Text;
        await File.WriteAllTextAsync(folder["first-verdict.sh"], script);
        var onPath = folder.MakeFolder("bin");
        var dotnet = NodeProcess.Launch(null);
        await File.WriteAllTextAsync(
            Path.Combine(onPath, "screening"), $"#!/bin/sh\nexec '{dotnet.Program}' '{NodeProcess.Assembly}' \"$@\"\n");
        File.SetUnixFileMode(Path.Combine(onPath, "screening"), UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var result = await RunningProcess.RunAsync(
            new LaunchPlan("sh", folder["first-verdict.sh"])
            {
                Folder = folder.Root,
                Environment = new Dictionary<string, string?> { ["PATH"] = $"{onPath}:/usr/sbin:/usr/bin:/sbin:/bin", ["NO_COLOR"] = "1" },
            },
            TimeSpan.FromSeconds(90));

        Assert.True(result.ExitCode == 0, $"{result}");
        AssertListedVerdict(FirstObject(result.Output));
        Assert.Contains("listening plugin tcp://127.0.0.1:10025\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("query_id=demo-1\naction=enforce\n\n", result.Output, StringComparison.Ordinal);
        Assert.EndsWith("\n\naction=enforce\n\n", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(result.Output, "^exit status 1$", RegexOptions.Multiline));
    }

    private static void AssertListedVerdict(JsonElement verdict)
    {
        Assert.Equal("enforce", verdict.GetProperty("action").GetString());
        Assert.Equal(3, verdict.GetProperty("score").GetInt32());
        Assert.Equal("screened", verdict.GetProperty("source").GetString());
        var p0f = CheckOf(verdict, "p0f");
        Assert.Contains("Linux", p0f.GetRawText(), StringComparison.Ordinal);
        Assert.Contains("Ethernet or modem", p0f.GetRawText(), StringComparison.Ordinal);
        Assert.Equal(1, p0f.GetProperty("weight").GetInt32());
        var list = CheckOf(verdict, "dnsbl", Bench.Blocklist);
        Assert.Equal("evidence", list.GetProperty("result").GetString());
        Assert.Equal(2, list.GetProperty("weight").GetInt32());
        Assert.Equal(["127.0.0.2"], list.GetProperty("answer").EnumerateArray().Select(answer => answer.GetString()));
    }

    private static JsonElement CheckOf(JsonElement verdict, string kind, string? name = null)
    {
        var found = verdict.GetProperty("checks").EnumerateArray()
            .Where(check => check.GetProperty("kind").GetString() == kind
                && (name is null || check.GetProperty("name").GetString() == name)).ToList();
        Assert.True(found.Count == 1, $"wanted one check {kind} {name}, got {verdict.GetRawText()}");
        return found[0];
    }

    /// <summary>The first JSON object among other lines.</summary>
    private static JsonElement FirstObject(string text)
    {
        var start = text.IndexOf("\n{", StringComparison.Ordinal);
        Assert.True(start >= 0, $"no JSON object in: {text}");
        var reader = new Utf8JsonReader(System.Text.Encoding.UTF8.GetBytes(text[start..]), isFinalBlock: false, default);
        return JsonElement.ParseValue(ref reader);
    }

    /// <summary>p0f on the cable, the lists, a listener in the mail server's place, a node, and clients that have connected once.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private readonly Stack<IAsyncDisposable> _parts = new();
        private readonly TemporaryFolder _folder = new();

        public NetworkLab Lab { get; private set; } = null!;

        public NodeProcess Node { get; private set; } = null!;

        public static async Task<Scene> StartAsync()
        {
            var scene = new Scene();
            try
            {
                await scene.BuildAsync();
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }

            return scene;
        }

        /// <summary>What a plain client sees that sends a request and closes its half of the connection.</summary>
        public async Task<string> SocatAsync(string request)
        {
            var plan = new LaunchPlan("socat", "-t", "5", "-", $"TCP:{Node.Plugin.Authority}") { Namespace = Lab.Mx.Name };
            var result = await RunningProcess.RunAsync(plan, TimeSpan.FromSeconds(15), request);
            Assert.True(result.ExitCode == 0, $"{result}");
            return result.Output;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in _parts)
                await part.DisposeAsync();

            _folder.Dispose();
        }

        private async Task BuildAsync()
        {
            _parts.Push(Lab = await NetworkLab.StartAsync());
            var p0f = await P0fProcess.StartAsync(Lab.Mx, NetworkLab.Interface, _folder["p0f.sock"]);
            _parts.Push(p0f);
            _parts.Push(await Bench.StartListsAsync(Lab));
            await ConnectOnceAsync(p0f, Bench.Listed, Bench.Clean);
            _parts.Push(Node = await NodeProcess.StartAsync(Lab.Mx, $"p0f.socket={p0f.SocketPath}",
                "p0f.rule=[{ os = \"Linux\", link = \"Ethernet\", weight = 1 }]",
                Bench.ResolverSetting, $"dnsbl.sites={Bench.Blocklist}=127.0.0.2*2",
                "p0f.timeout=3s", "dnsbl.timeout=3s", "verdict.deadline=5s", "verdict.serial_deadline=5s")); // What is said, not how soon.
        }

        private async Task ConnectOnceAsync(P0fProcess p0f, params IPAddress[] clients)
        {
            using var listener = Lab.Mx.CreateSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(NetworkLab.MxAddress, 25));
            listener.Listen();
            foreach (var client in clients)
            {
                using var connection = await Lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, 25), client);
                await Poll.UntilAsync(
                    async () => (await p0f.AskAsync(client)).Known, Waiting.Limit, $"{client} in p0f", () => p0f.Transcript);
            }
        }
    }
}
