using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Screening.Actors.Checks;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>A real p0f that hangs, dies and comes back: nobody waits for it, and nobody restarts the node for it.</summary>
public sealed class SourceFaultNeedsP0fTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(500);

    /// <summary>Without a rule that could change the action the node is free not to wait for p0f at all.</summary>
    private const string RuleThatMatters = "p0f.rule=[{ os = \"Windows\", weight = 1 }]";

    /// <summary>For a busy machine; whoever waited for the hanging p0f would wait for 10 s.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(4);

    [SkippableFact]
    public async Task Every_answer_leaves_by_the_deadline_while_p0f_hangs()
    {
        await using var lab = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        await using var p0f = await P0fProcess.StartAsync(lab.Mx, NetworkLab.Interface, folder["p0f.sock"]);
        // A p0f that is asked to wait longer than the verdict may take: the deadline alone has to end it.
        await using var node = await StartNodeAsync(lab, p0f, "p0f.timeout=10s");
        using var client = await PluginClient.ConnectAsync(node.Plugin, lab.Mx);
        await client.AskAsync(PluginClient.Request2012(Address(1), "before"));

        p0f.Signal(Signal.Stop);
        var slowest = TimeSpan.Zero;
        for (var i = 10; i < 20; i++)
            slowest = Max(slowest, await TimedAsync(client, PluginClient.Request2012(Address(i), $"q{i}")));

        var together = Stopwatch.StartNew();
        await client.SendAsync(string.Concat(Enumerable.Range(20, 200).Select(i => PluginClient.Request2012(Address(i), $"q{i}"))));
        for (var i = 20; i < 220; i++)
            Assert.Equal("pass", (await client.ReadReplyAsync())?["action"]);

        slowest = Max(slowest, together.Elapsed);
        var explained = await ExplainedP0fAsync(node, Address(9));
        p0f.Signal(Signal.Continue);

        Assert.True(slowest < Deadline + Slack, string.Create(
            CultureInfo.InvariantCulture, $"{slowest.TotalMilliseconds:0} ms{Environment.NewLine}{node.Transcript}"));
        Assert.Contains(explained.GetProperty("result").GetString(), (string[])["timeout", "failed"]);
        await AssertUsedAsync(lab, node, "after SIGCONT");
    }

    [SkippableFact]
    public async Task A_p0f_that_was_killed_is_used_again_when_it_is_back()
    {
        await using var lab = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        await using var node = await DuringFirstP0fAsync(lab, folder);
        using var client = await PluginClient.ConnectAsync(node.Plugin, lab.Mx);

        var without = await TimedAsync(client, PluginClient.Request2012(Address(2), "without"));
        await using var second = await P0fProcess.StartAsync(lab.Mx, NetworkLab.Interface, folder["p0f.sock"]);

        Assert.True(without < Deadline + Slack, string.Create(CultureInfo.InvariantCulture, $"{without.TotalMilliseconds:0} ms"));
        await AssertUsedAsync(lab, node, "after the restart of p0f");
        Assert.False(node.HasExited);
    }

    /// <summary>A node that has used a p0f that is gone now.</summary>
    private static async Task<NodeProcess> DuringFirstP0fAsync(NetworkLab lab, TemporaryFolder folder)
    {
        await using var first = await P0fProcess.StartAsync(lab.Mx, NetworkLab.Interface, folder["p0f.sock"]);
        var node = await StartNodeAsync(lab, first);
        try
        {
            await AssertUsedAsync(lab, node, "before it was killed");
            await first.KillAsync();
            return node;
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }
    }

    private static Task<NodeProcess> StartNodeAsync(NetworkLab lab, P0fProcess p0f, params string[] settings) =>
        NodeProcess.StartAsync(lab.Mx,
        [$"p0f.socket={p0f.SocketPath}", RuleThatMatters,
            string.Create(CultureInfo.InvariantCulture, $"verdict.deadline={Deadline.TotalMilliseconds}ms"), .. settings]);

    /// <summary>Waits until a verdict holds what p0f knows; a node may leave an ill p0f in peace for some seconds.</summary>
    private static async Task AssertUsedAsync(NetworkLab lab, NodeProcess node, string when)
    {
        using var listener = lab.Mx.CreateSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(NetworkLab.MxAddress, 25));
        listener.Listen();
        var last = "nothing";
        await Poll.UntilAsync(
            async () =>
            {
                // A p0f that was started anew knows nobody: connect each time.
                using var connection = await lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, 25), Bench.Clean);
                var answer = await node.RunCommandAsync("check", $"{Bench.Clean}", "--explain", "--json", "--fresh");
                last = $"{answer}";
                return answer.ExitCode == 0 && P0fSaid(answer.Output, "Linux");
            },
            TimeSpan.FromSeconds(45), $"p0f in a verdict {when}", () => $"{last}{Environment.NewLine}{node.Transcript}");
    }

    // A busy machine can miss the deadline itself: that answer is the default, which explains nothing.
    private static async Task<JsonElement> ExplainedP0fAsync(NodeProcess node, IPAddress client)
    {
        var last = "nothing";
        var explained = await Poll.ForAsync(
            async () =>
            {
                var answer = await node.RunCommandAsync("check", $"{client}", "--explain", "--json", "--fresh");
                last = $"{answer}";
                return answer.ExitCode == 0 && P0fCheck(answer.Output) is not null ? answer.Output : null;
            },
            TimeSpan.FromSeconds(45), "a verdict that explains p0f", () => last);
        return P0fCheck(explained)!.Value;
    }

    private static bool P0fSaid(string verdict, string text) =>
        P0fCheck(verdict)?.GetRawText().Contains(text, StringComparison.Ordinal) == true;

    private static JsonElement? P0fCheck(string verdict) => JsonDocument.Parse(verdict).RootElement.GetProperty("checks").EnumerateArray()
        .Where(check => check.GetProperty("kind").GetString() == "p0f").Select(check => (JsonElement?)check).SingleOrDefault();

    private static async Task<TimeSpan> TimedAsync(PluginClient client, string request)
    {
        var clock = Stopwatch.StartNew();
        Assert.Equal("pass", (await client.AskAsync(request))["action"]);
        return clock.Elapsed;
    }

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;

    private static IPAddress Address(int last) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"198.51.100.{last}"));
}
