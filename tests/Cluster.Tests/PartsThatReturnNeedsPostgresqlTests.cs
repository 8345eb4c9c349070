using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Cluster.Tests;

/// <summary>Parts of the whitelist that a node held before, and gets again.</summary>
public class PartsThatReturnNeedsPostgresqlTests
{
    private const int Passes = 2_000;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static int _imported;

    /// <summary>
    /// The journal writes one mark for all that a node stores. Akka's filter of replayed events takes those of a mark that comes back for
    /// leftovers of an older writer, and leaves them out.
    /// </summary>
    [SkippableFact]
    [Trait("Finding", "lab-3")]
    public async Task What_a_node_stored_of_a_part_that_came_back_to_it_is_read_by_the_next_one()
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await FleetLab.StartAsync(
            2, 0, cuttable: false, "store.provider=postgresql", $"store.connection={postgres.ConnectionString}");
        var (stays, goes) = (lab.Nodes[0], lab.Nodes[1]);

        // What the second node has goes to the first one, half of it back, and to the first one again, which stores some of it each time.
        await goes.StopAsync();
        await lab.WaitUntilWholeAsync([stays]);
        await ImportAsync(stays);
        await goes.StartAsync();
        await lab.WaitUntilWholeAsync();
        await lab.WaitUntilBalancedAsync(lab.Nodes);
        await ImportAsync(stays);
        await goes.StopAsync();
        await lab.WaitUntilWholeAsync([stays]);
        await ImportAsync(stays);

        await stays.StopAsync();
        await goes.StartAsync();
        await lab.WaitUntilWholeAsync([goes]);
        var known = 0;
        await Poll.UntilAsync(
            async () => (known = await CountAsync(goes)) == _imported, Patience, $"{_imported} passes", () => $"{known}");
    }

    // One client to a /24, so that they spread over all buckets.
    private static async Task ImportAsync(FleetNode node)
    {
        var lines = new StringBuilder();
        for (var i = 0; i < Passes; i++)
        {
            var number = _imported++;
            lines.Append(
                CultureInfo.InvariantCulture,
                $$"""{"address":"{{new IPAddress([20, (byte)(number >> 8), (byte)number, 1])}}","profile":"default","kind":"pass",""")
                .Append("""
                    "expires":"2100-01-01T00:00:00Z","reason":"clean","allow":false,"score":0,"policy":"0123456789ab"}
                    """).Append('\n');
        }

        await Poll.UntilAsync(
            async () =>
            {
                using var reply = await node.ChangeAsync(HttpMethod.Post, "api/v1/cache", lines.ToString(), "application/x-ndjson");
                return reply.IsSuccessStatusCode;
            },
            Patience, "an import");
        await Poll.UntilAsync(async () => (await node.StatusAsync()).Queued == 0, Patience, "all stored");
    }

    private static async Task<int> CountAsync(FleetNode node)
    {
        var export = await node.RunAsync("cache", "export");
        return export.ExitCode != 0 ? -1 : export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Count(line => JsonNode.Parse(line)!["kind"]!.GetValue<string>() == "pass");
    }
}
