using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>Start, stop and refusal of the one program, as its exit status and its first lines tell them.</summary>
public sealed class LifeTests
{
    private static readonly IPAddress Client = IPAddress.Parse("198.51.100.7");

    [SkippableFact]
    public async Task Needs_root__Without_any_configuration_it_listens_where_the_manual_says()
    {
        await using var lab = await NetworkLab.StartAsync();
        using var folder = new TemporaryFolder();
        var plain = NodeProcess.Launch(lab.Mx);
        // /var/lib is this process's own here, so that the default data folder is tried and nothing is left of it.
        var plan = new LaunchPlan("sh", "-c", "mount -t tmpfs none /var/lib && exec \"$0\" \"$@\"", plain.Program, NodeProcess.Assembly)
        {
            Namespace = lab.Mx.Name,
            Folder = folder.Root,
            Environment = plain.Environment,
        };
        await using var node = NodeProcess.Begin(plan);

        await node.WaitForReadyAsync();

        Assert.Equal("tcp://127.0.0.1:10025", node.Plugin.OriginalString);
        Assert.Equal("tcp://127.0.0.1:10080", node.Http.OriginalString);
        using var client = await PluginClient.ConnectAsync(node.Plugin, lab.Mx);
        var reply = await client.AskAsync(PluginClient.Request2012(Client, "first"));
        Assert.Equal("pass", reply["action"]);
        Assert.True(int.Parse(reply["ttl"], CultureInfo.InvariantCulture) > 0);
        var command = await NodeProcess.RunCommandAsync(lab.Mx, "check", "127.0.0.1", "--json");
        Assert.True(command.ExitCode == 0, $"{command}{Environment.NewLine}{node.Transcript}");
        await node.StopAsync();
    }

    [SkippableFact]
    public async Task Sigterm_answers_what_is_pending_and_ends_well()
    {
        Requires.Programs("setsid");
        using var mute = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        mute.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        await using var node = await NodeProcess.StartAsync(null, "dnsbl.sites=bl.example*3", $"dnsbl.resolver=[\"{mute.LocalEndPoint}\"]",
            "dnsbl.timeout=3s",
            "verdict.deadline=2s");
        using var client = await PluginClient.ConnectAsync(node.Plugin);
        await client.SendAsync(PluginClient.Request2012(Client, "pending"));
        await mute.ReceiveAsync(new byte[512]).WaitAsync(TimeSpan.FromSeconds(10));
        var clock = Stopwatch.StartNew();

        node.Signal(Signal.Terminate);
        var reply = await client.ReadReplyAsync();
        var status = await node.WaitForExitAsync(TimeSpan.FromSeconds(5));

        Assert.True(
            reply is not null, $"closed without a reply after {clock.Elapsed.TotalSeconds:0.0} s{Environment.NewLine}{node.Transcript}");
        Assert.Equal(("pending", "pass"), (reply["query_id"], reply["action"]));
        Assert.True(
            status == 0 && clock.Elapsed < TimeSpan.FromSeconds(5),
            $"status {status} after {clock.Elapsed.TotalSeconds:0.0} s{Environment.NewLine}{node.Transcript}");
        Assert.Null(await client.ReadReplyAsync());
    }

    [SkippableFact]
    public async Task Sigterm_ends_an_idle_node_with_open_connections_at_once()
    {
        Requires.Programs("setsid");
        await using var node = await NodeProcess.StartAsync(null);
        using var idle = await PluginClient.ConnectAsync(node.Plugin);
        using var used = await PluginClient.ConnectAsync(node.Plugin);
        await used.AskAsync(PluginClient.Request2016(Client));

        await node.StopAsync();

        Assert.Null(await idle.ReadReplyAsync());
    }

    [SkippableFact]
    [Trait("Finding", "security-1")]
    public async Task A_node_without_seeds_has_no_cluster_and_no_port_for_one()
    {
        Requires.Programs("setsid");
        using var folder = new TemporaryFolder();
        await using var node = await NodeProcess.StartAsync(null, $"store.provider=sqlite", $"node.data_dir={folder["data"]}");

        var status = await node.RunCommandAsync("status", "--json");

        Assert.False(node.Listening.ContainsKey("cluster"), node.Transcript);
        Assert.Contains("\"shards\":64", status.Output, StringComparison.Ordinal);
        var loaded = await File.ReadAllTextAsync($"/proc/{node.Pid}/maps");
        Assert.DoesNotContain("Akka.Cluster", loaded, StringComparison.Ordinal);
        Assert.DoesNotContain("Akka.Remote", loaded, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_port_in_use_is_refused_with_its_address()
    {
        Requires.Programs("setsid");
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        using var folder = new TemporaryFolder();

        var result = await RunAsync(folder, $"endpoints.plugin=[\"tcp://{taken.LocalEndPoint}\"]");

        Assert.True(result.ExitCode == 2, $"{result}");
        Assert.Contains($"{taken.LocalEndPoint}", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("ready", result.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_socket_file_that_a_dead_node_left_is_replaced()
    {
        Requires.Programs("setsid");
        using var folder = new TemporaryFolder();
        var setting = $"endpoints.plugin=[\"unix://{folder["plugin.sock"]}\"]";
        await using (var first = await NodeProcess.StartAsync(null, setting))
            await first.KillAsync();

        Assert.True(File.Exists(folder["plugin.sock"]));
        await using var second = await NodeProcess.StartAsync(null, setting);

        using var client = await PluginClient.ConnectAsync(second.Plugin);
        Assert.Equal("pass", (await client.AskAsync(PluginClient.Request2016(Client)))["action"]);
    }

    [SkippableFact]
    public async Task A_socket_file_of_a_living_node_is_not_taken()
    {
        Requires.Programs("setsid");
        using var folder = new TemporaryFolder();
        var setting = $"endpoints.plugin=[\"unix://{folder["plugin.sock"]}\"]";
        await using var first = await NodeProcess.StartAsync(null, setting);

        var second = await RunAsync(folder, setting);

        Assert.True(second.ExitCode == 2, $"{second}");
        Assert.Contains("plugin.sock", second.Error, StringComparison.Ordinal);
        using var client = await PluginClient.ConnectAsync(first.Plugin);
        Assert.Equal("pass", (await client.AskAsync(PluginClient.Request2016(Client)))["action"]);
    }

    [SkippableTheory]
    [InlineData("frobnicate")]
    [InlineData("check")]
    [InlineData("check 1.2.3.4.5")]
    [InlineData("check 192.0.2.1 --no-such-option")]
    [InlineData("run --set no.such=1")]
    [InlineData("run --set verdict.deadline=soon")]
    public async Task Wrong_usage_is_status_2_with_a_word_on_stderr(string arguments)
    {
        Requires.Programs("setsid");
        using var folder = new TemporaryFolder();

        var result = await RunningProcess.RunAsync(
            NodeProcess.Launch(null, arguments.Split(' ')) with { Folder = folder.Root }, TimeSpan.FromSeconds(20));

        Assert.True(result.ExitCode == 2 && result.Error.Length > 0, $"{result}");
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("unix:///nonexistent/http.sock")]
    public async Task A_node_that_can_not_be_reached_is_status_3(string node)
    {
        Requires.Programs("setsid");

        var result = await NodeProcess.RunCommandAsync(null, "check", "192.0.2.1", "--node", node);

        Assert.True(result.ExitCode == 3 && result.Error.Length > 0, $"{result}");
        Assert.DoesNotContain("   at ", result.Error, StringComparison.Ordinal);
    }

    private static Task<CommandResult> RunAsync(TemporaryFolder folder, string setting) => RunningProcess.RunAsync(
        NodeProcess.Launch(null, "run", "--set", $"node.data_dir={folder["data"]}", "--set", "endpoints.http=[]", "--set",
            "endpoints.policy=[]", "--set",
            "endpoints.dnsbl=[]", "--set", "endpoints.memcache=[]", "--set", "cluster.listen=127.0.0.1:0", "--set", "store.provider=memory",
            "--set", setting)
        with
        { Folder = folder.Root },
        TimeSpan.FromSeconds(20));
}
