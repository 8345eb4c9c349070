using System.Globalization;
using System.Net;
using System.Text;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;

namespace Screening.Cluster.Tests;

/// <summary>What a node knows from its <c>ready</c> on, and how nodes find each other.</summary>
public class RestartedNodeTests
{
    private const int Bans = 3_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [Fact]
    [Trait("Finding", "A1")]
    [Trait("Finding", "A2")]
    public async Task Bans_hold_from_ready_on_while_nodes_are_restarted_in_turn_and_one_starts_anew()
    {
        await using var lab = await FleetLab.StartAsync(new FleetShape(3) { Settings = ["store.provider=memory"] });
        using (var reply = await lab.Nodes[0].ChangeAsync(HttpMethod.Post, "api/v1/cache", BanLines(), "application/x-ndjson"))
            Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
        foreach (var node in lab.Nodes)
            await Poll.UntilAsync(async () => (await node.StatusAsync()).Bans == Bans, Patience, $"all bans at {node.Name}");

        foreach (var node in lab.Nodes)
        {
            await node.StopAsync();
            if (node == lab.Nodes[^1])
                File.Delete(Path.Combine(node.Folder, "grants.copy")); // As a new node has none.
            await node.StartAsync();
            using var socket = await FleetLoad.ConnectAsync(node);
            foreach (var client in Enumerable.Range(0, Bans).Where(i => i % 10 == 0).Select(BannedClient))
                Assert.Equal($"{client} drop", $"{client} {ActionOf(await FleetLoad.AskOnceAsync(socket, client))}");
            await lab.WaitUntilWholeAsync();
        }
    }

    [Fact]
    [Trait("Finding", "B1")]
    public async Task Three_nodes_with_seeds_by_name_form_one_cluster()
    {
        await using var lab = await FleetLab.StartAsync(
            new FleetShape(3) { Seeds = FleetSeeds.Localhost, Settings = ["store.provider=memory"] });

        var first = (await lab.Nodes[0].StatusAsync()).Addresses;
        foreach (var node in lab.Nodes)
            Assert.Equal(first, (await node.StatusAsync()).Addresses);
    }

    private static string BanLines()
    {
        var lines = new StringBuilder();
        for (var i = 0; i < Bans; i++)
        {
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"address":"{{BannedClient(i)}}","kind":"ban","expires":"2100-01-01T00:00:00Z","reason":"abuse"}""")
                .Append('\n');
        }

        return lines.ToString();
    }

    // One client to a /24.
    private static string BannedClient(int number) => new IPAddress([50, (byte)(number >> 8), (byte)number, 1]).ToString();

    private static string ActionOf(string? answer) =>
        answer?.Split('\n').FirstOrDefault(line => line.StartsWith("action=", StringComparison.Ordinal))?["action=".Length..]
            ?? "no answer";
}
