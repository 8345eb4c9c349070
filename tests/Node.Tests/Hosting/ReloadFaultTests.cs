using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Screening.Node.Hosting;
using Screening.Node.Telemetry;
using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Hosting;

/// <summary>
/// Files that vanish, or cannot be read, while a node runs: it keeps what it had, says so, and picks them up when they are back.
/// </summary>
public sealed class ReloadFaultTests : IDisposable
{
    private const string Settings = "[verdict]\nreject_action = \"drop\"\n";

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLogger<ReloadService> _log = new();

    private string Configuration => _folder["screening.toml"];

    private string List => _folder["permit.cidr"];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("permit.cidr", "removed")]
    [InlineData("permit.cidr", "loop")]
    [InlineData("permit.cidr", "folder")]
    [InlineData("screening.toml", "removed")]
    [InlineData("screening.toml", "loop")]
    [InlineData("screening.toml", "folder")]
    [Trait("Finding", "security-2")]
    public async Task A_file_that_is_gone_leaves_everything_as_it_was_and_is_picked_up_again(string name, string how)
    {
        await using var node = await StartAsync();
        using var peer = await node.ConnectAsync();
        Assert.Equal("action=drop", await AskAsync(peer));
        var file = _folder[name];
        var kept = file + ".kept";
        File.Move(file, kept);
        if (how == "loop")
            File.CreateSymbolicLink(file, file);
        else if (how == "folder")
            Directory.CreateDirectory(file);

        var failed = await StatusAsync(node, status => HasFailed(status) && status.GetProperty("degraded").GetArrayLength() > 0);

        Assert.Contains(name, failed.GetProperty("config").GetProperty("faults")[0].GetString(), StringComparison.Ordinal);
        Assert.Contains("reload failed", failed.GetProperty("degraded")[0].GetProperty("what").GetString(), StringComparison.Ordinal);
        Assert.Contains("screening_config_reload_failed 1", await MetricsAsync(node), StringComparison.Ordinal);
        Assert.Equal("action=drop", await AskAsync(peer));

        if (how == "folder")
            Directory.Delete(file);
        else
            File.Delete(file);
        File.Move(kept, file);
        await File.WriteAllTextAsync(List, "192.0.2.0/24 permit\n");
        await StatusAsync(node, status => !HasFailed(status));
        await Poll.UntilAsync(
            async () => (await AskAsync(peer)).StartsWith("action=pass", StringComparison.Ordinal), Waiting.Limit, "the list as it is now");
        Assert.Contains("screening_config_reload_failed 0", await MetricsAsync(node), StringComparison.Ordinal);
        var faults = _log.Lines.Where(line => line.Id is EventIds.AccessFault or EventIds.ConfigurationFault).ToList();
        Assert.Equal(faults.Distinct(), faults);
    }

    [Fact]
    public void A_file_that_is_being_written_is_left_alone()
    {
        File.WriteAllText(List, "");
        var watch = new FileWatch(FileStamp.Of([List]));
        File.WriteAllText(List, "192.0.2.0/24 reject\n");
        var changed = watch.HasChanged(FileStamp.Of([List]));
        File.AppendAllText(List, "198.51.100.0/24 reject\n");
        var grown = watch.HasChanged(FileStamp.Of([List]));
        var atRest = watch.HasChanged(FileStamp.Of([List]));

        Assert.Equal((false, false, true), (changed, grown, atRest));
    }

    [Fact]
    [Trait("Finding", "security-2")]
    [Trait("Finding", "house-3")]
    public async Task A_change_that_takes_a_restart_is_told_once_and_not_when_it_is_taken_back()
    {
        await using var node = await StartAsync();
        await ReloadAsync("[store]\nconnection = \"Host=db;Password=one\"\n" + Settings);
        Assert.Equal(["store changed; the change takes effect after a restart"], Warnings());

        await ReloadAsync("[store]\nconnection = \"Host=db;Password=two\"\n" + Settings);
        Assert.Equal(2, Warnings().Count);

        await ReloadAsync(Settings);
        Assert.Equal(2, Warnings().Count);
        var status = await StatusAsync(node, _ => true);
        Assert.Empty(status.GetProperty("config").GetProperty("restart_needed").EnumerateArray());
    }

    private async Task<RunningNode> StartAsync()
    {
        await File.WriteAllTextAsync(List, "192.0.2.0/24 reject\n");
        await File.WriteAllTextAsync(Configuration, Settings);
        return await RunningNode.StartWithAsync(
            services => services.AddSingleton(new ReloadInterval(TimeSpan.FromMilliseconds(20))).AddSingleton<ILogger<ReloadService>>(_log),
            Configuration, $"access.permit=[\"file://{List}\"]");
    }

    // A rename changes the file at one instant.
    private async Task ReloadAsync(string text)
    {
        var reloads = _log.CountOf(EventIds.ConfigurationReloaded);
        await File.WriteAllTextAsync(_folder["draft"], text);
        File.Move(_folder["draft"], Configuration, overwrite: true);
        await Waiting.UntilAsync(() => _log.CountOf(EventIds.ConfigurationReloaded) > reloads, "the configuration was read again");
    }

    private List<string> Warnings() => [.. _log.Lines.Where(line => line.Id == EventIds.RestartNeeded).Select(line => line.Text)];

    private static async Task<string> AskAsync(PluginPeer peer)
    {
        await peer.SendAsync("remote_address=192.0.2.1\n\n");
        return (await peer.ReadAsync(1)).Single();
    }

    private static bool HasFailed(JsonElement status) =>
        status.GetProperty("config").GetProperty("failed_since").ValueKind == JsonValueKind.String;

    private static async Task<string> MetricsAsync(RunningNode node)
    {
        using var http = node.Http();
        return await http.GetStringAsync("metrics");
    }

    private static async Task<JsonElement> StatusAsync(RunningNode node, Func<JsonElement, bool> condition)
    {
        using var http = node.Http();
        var status = default(JsonElement);
        await Poll.UntilAsync(
            async () =>
            {
                using var document = JsonDocument.Parse(await http.GetStringAsync("api/v1/status"));
                status = document.RootElement.Clone();
                return condition(status);
            },
            Waiting.Limit,
            "that status",
            () => status.ToString());
        return status;
    }
}
