using Screening.Node.Commands;
using Screening.Node.Configuration;
using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Lab;
using Screening.Testing.Whitelist;

namespace Screening.Node.Tests.Commands;

[Trait("Finding", "use-1")]
public sealed class NodeChoiceTests : IAsyncLifetime
{
    private readonly FakeFleetWhitelist _whitelist = new();
    private RunningNode _node = null!;

    public async Task InitializeAsync() =>
        _node = await RunningNode.StartWithAsync(_whitelist, "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]");

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Changes_and_the_list_take_the_unix_socket_by_themselves_and_a_check_the_first_address()
    {
        var both = $"endpoints.http=[\"tcp://127.0.0.1:{_node.PortOf("http")}\", \"unix://{_node.Folder}/http\"]";
        var (status, output, error) = await RunAsync(both, "cache", "ban", "192.0.2.1", "--ttl", "1h", "--reason", "r");
        Assert.Equal((0, ""), (status, error));
        Assert.Matches("^192.0.2.1: ban, (1h|59m[0-9]+s) left\n$", output);
        (status, output, _) = await RunAsync(both, "cache", "list");
        Assert.Equal(0, status);
        Assert.Contains("192.0.2.1", output, StringComparison.Ordinal);

        // Only the first address is there: nobody listens at the socket.
        var dead = $"endpoints.http=[\"tcp://127.0.0.1:{_node.PortOf("http")}\", \"unix://{_node.Folder}/nobody\"]";
        Assert.Equal(0, (await RunAsync(dead, "status")).Status);
        (status, _, error) = await RunAsync(dead, "cache", "forget", "192.0.2.1");
        Assert.Equal(2, status);
        Assert.Contains("--node unix:///PATH with the node's unix socket (endpoints.http)", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_that_is_not_there_is_no_such_file()
    {
        var (status, _, error) = await CommandLine.RunAsync("status", "--node", $"unix://{_node.Folder}/nobody");
        Assert.Equal(
            (3, $"screening: cannot reach the node at unix://{_node.Folder}/nobody: No such file or directory\n"), (status, error));
    }

    [SkippableFact]
    public async Task Root_takes_no_local_configuration_that_others_can_change()
    {
        Requires.Programs("chown", "setsid");
        using var folder = new TemporaryFolder();
        var request = new ConfigurationRequest { CurrentDirectory = folder.Root, IsRoot = true };
        await File.WriteAllTextAsync(folder["screening.toml"], "");
        File.SetUnixFileMode(folder["screening.toml"], (UnixFileMode)Convert.ToInt32("666", 8));
        Assert.Contains("./screening.toml: ", LocalFileRule.FaultOf(request, "screening.toml"), StringComparison.Ordinal);
        Assert.Null(LocalFileRule.FaultOf(request with { ConfigPath = "screening.toml" }, "screening.toml"));
        Assert.Null(LocalFileRule.FaultOf(request with { IsRoot = false }, "screening.toml"));

        File.SetUnixFileMode(folder["screening.toml"], (UnixFileMode)Convert.ToInt32("644", 8));
        Skip.If(!Environment.IsPrivilegedProcess, "only root gives files away");
        Assert.Null(LocalFileRule.FaultOf(request, "screening.toml"));
        await RunningProcess.RunAsync(new LaunchPlan("chown", "65534", folder["screening.toml"]), Waiting.Limit);
        Assert.StartsWith(
            "./screening.toml: it belongs to user 65534", LocalFileRule.FaultOf(request, "screening.toml"), StringComparison.Ordinal);
    }

    private static Task<(int Status, string Output, string Error)> RunAsync(string http, params string[] arguments) =>
        CommandLine.RunAsync([.. arguments, "--set", http, "--set", "node.data_dir=/nowhere"]);
}
