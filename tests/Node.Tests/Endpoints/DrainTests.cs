using System.Net;
using System.Text.Json;
using Screening.Node.Tests.Commands;

namespace Screening.Node.Tests.Endpoints;

public sealed class DrainTests
{
    private const string Doors = "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]";

    [Fact]
    public async Task While_it_drains_a_node_is_not_ready_and_its_doors_answer_on()
    {
        await using var node = await RunningNode.StartAsync(Doors);
        using var http = node.Http();
        using var before = await node.ConnectAsync();
        var socket = $"unix://{node.Folder}/http";

        var (status, output, error) = await CommandLine.RunAsync("drain", "--wait", "0", "--node", socket);
        Assert.Equal((0, ""), (status, error));
        Assert.StartsWith("test: draining since ", output);

        using (var ready = await http.GetAsync("readyz"))
            Assert.Equal((HttpStatusCode.ServiceUnavailable, "draining\n"), (ready.StatusCode, await ready.Content.ReadAsStringAsync()));
        Assert.Equal("alive\n", await http.GetStringAsync("healthz"));
        Assert.Contains("screening_draining 1", await http.GetStringAsync("metrics"));
        Assert.StartsWith("draining", Assert.Single(await DegradedAsync(http)));
        using var after = await node.ConnectAsync();
        foreach (var peer in (PluginPeer[])[before, after])
        {
            await peer.SendAsync("remote_address=192.0.2.1\n\n");
            Assert.StartsWith("action=pass", Assert.Single(await peer.ReadAsync(1)));
        }

        Assert.Equal((0, "test: takes clients\n", ""), await CommandLine.RunAsync("drain", "--undo", "--node", socket));
        Assert.Equal("ready\n", await http.GetStringAsync("readyz"));
        Assert.Empty(await DegradedAsync(http));
    }

    [Fact]
    public async Task A_drain_goes_on_since_it_began_and_the_command_waits()
    {
        await using var node = await RunningNode.StartAsync(Doors);
        var socket = $"unix://{node.Folder}/http";
        var began = TimeProvider.System.GetTimestamp();
        var (_, first, _) = await CommandLine.RunAsync("drain", "--wait", "300ms", "--json", "--node", socket);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(300));
        Assert.Equal(first, (await CommandLine.RunAsync("drain", "--wait", "0", "--json", "--node", socket)).Output);
        using var state = JsonDocument.Parse(first);
        Assert.Equal(["node", "draining", "since"], state.RootElement.EnumerateObject().Select(member => member.Name));
    }

    [Fact]
    public async Task It_is_a_change_and_has_no_other_method()
    {
        await using var node = await RunningNode.StartAsync(Doors);
        using var http = node.Http();
        using (var refused = await http.PostAsync("api/v1/drain", null))
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using (var read = await http.GetAsync("api/v1/drain"))
            Assert.Equal(HttpStatusCode.MethodNotAllowed, read.StatusCode);
        Assert.Equal("ready\n", await http.GetStringAsync("readyz"));

        var (status, _, error) = await CommandLine.RunAsync("drain", "--node", node.Url);
        Assert.Equal(2, status);
        Assert.Contains("takes changes on unix sockets only", error);
    }

    [Fact]
    public async Task A_node_that_is_not_there_holds_nobody_up()
    {
        var began = TimeProvider.System.GetTimestamp();
        var (status, _, error) = await CommandLine.RunAsync("drain", "--wait", "1h", "--node", "unix:///nowhere/http.sock");
        Assert.Equal(3, status);
        Assert.Contains("cannot reach the node", error);
        Assert.True(TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(30));
        Assert.Equal(2, (await CommandLine.RunAsync("drain", "--wait", "soon")).Status);
    }

    private static async Task<List<string>> DegradedAsync(HttpClient http)
    {
        using var status = JsonDocument.Parse(await http.GetStringAsync("api/v1/status"));
        return [.. status.RootElement.GetProperty("degraded").EnumerateArray().Select(part => part.GetProperty("what").GetString()!)];
    }
}
