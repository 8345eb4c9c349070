using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>What a node tells the service manager that runs it (sd_notify(3)), and the unit that asks for it.</summary>
[Trait("Finding", "security-13-unit")]
public sealed partial class ServiceManagerTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    private readonly TemporaryFolder _folder = new();
    private readonly Socket _manager = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public void Dispose()
    {
        _manager.Dispose();
        _folder.Dispose();
    }

    [SkippableFact]
    public async Task The_service_manager_is_told_when_the_node_is_ready_alive_reloading_and_stopping()
    {
        Requires.Programs("setsid");
        _manager.Bind(new UnixDomainSocketEndPoint(_folder["notify"]));
        await using var node = Start();

        var beforeReady = await UntilAsync("READY=1");
        Assert.DoesNotContain("STOPPING=1", beforeReady);
        await UntilAsync("WATCHDOG=1");
        node.Signal(Signal.Hangup);
        await UntilAsync("RELOADING=1");
        await UntilAsync("READY=1");
        node.Signal(Signal.Terminate);
        await UntilAsync("STOPPING=1");

        Assert.Equal(0, await node.WaitForExitAsync(Patience));
        Assert.All(
            node.Lines.Where(line => line.StartsWith("stderr: ", StringComparison.Ordinal)),
            line => Assert.Matches("^stderr: {.*}$", line));
    }

    [SkippableFact]
    public async Task A_node_runs_without_a_service_manager_that_is_gone()
    {
        Requires.Programs("setsid");
        await using var node = Start();

        await node.WaitForReadyAsync();
        node.Signal(Signal.Terminate);

        Assert.Equal(0, await node.WaitForExitAsync(Patience));
        Assert.Single(node.Lines, line => line.Contains("(NOTIFY_SOCKET): No such file or directory", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Systemd_understands_all_of_the_unit_and_finds_little_that_is_open()
    {
        Requires.Programs("systemd-analyze");
        var text = await File.ReadAllTextAsync(Repository.File("deploy/systemd/screening.service"));
        var unit = _folder["screening.service"];
        await File.WriteAllTextAsync(unit, Program().Replace(text, "ExecStart=/bin/true"));

        var verified = await RunAsync("verify", "--man=no", unit);
        Assert.True(verified.ExitCode == 0, $"{verified}");
        Assert.DoesNotMatch("Unknown|Failed to parse|ignoring", verified.Error);

        var security = await RunAsync("security", "--offline=true", "--threshold=20", "--no-pager", unit);
        Assert.True(security.ExitCode == 0, $"{security}");
    }

    private NodeProcess Start()
    {
        var plain = NodeProcess.Launch(
            null, "run", "--set", $"node.data_dir={_folder["data"]}", "--set", $"endpoints.plugin=[\"unix://{_folder["plugin"]}\"]",
            "--set",
            "endpoints.http=[]", "--set", "endpoints.policy=[]", "--set", "endpoints.dnsbl=[]", "--set", "endpoints.memcache=[]", "--set",
            "store.provider=memory", "--set", "log.format=json");
        return NodeProcess.Begin(plain with
        {
            Folder = _folder.Root,
            Environment = new Dictionary<string, string?>(plain.Environment)
            {
                ["NOTIFY_SOCKET"] = _folder["notify"],
                ["WATCHDOG_USEC"] = "600000"
            },
        });
    }

    private async Task<List<string>> UntilAsync(string wanted)
    {
        var messages = new List<string>();
        var buffer = new byte[1024];
        using var patience = new CancellationTokenSource(Patience);
        while (!messages.Any(message => message.Split('\n').Contains(wanted)))
            messages.Add(Encoding.UTF8.GetString(buffer, 0, await _manager.ReceiveAsync(buffer, patience.Token)));
        return messages;
    }

    private static Task<CommandResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(new LaunchPlan("systemd-analyze", arguments), Patience);

    [GeneratedRegex("^ExecStart=.*$", RegexOptions.Multiline)]
    private static partial Regex Program();
}
