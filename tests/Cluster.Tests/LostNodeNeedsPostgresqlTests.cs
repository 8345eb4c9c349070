using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;
using Xunit.Abstractions;

namespace Screening.Cluster.Tests;

/// <summary>Nodes and the database are lost under load, and come back.</summary>
public class LostNodeNeedsPostgresqlTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [SkippableFact]
    public async Task The_oldest_killed_under_load_costs_no_answer_and_nothing_that_was_journaled()
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await StartAsync(3, postgres);
        var (oldest, others) = (lab.Nodes[0], lab.Nodes.Skip(1).ToList());
        await using var load = FleetLoad.Start(others, perSecond: 25);
        await load.UntilAnsweredAsync(150, Patience);
        var before = await JournaledAsync(lab.Nodes);
        await oldest.KillAsync();
        var whole = await lab.WaitUntilWholeAsync(others);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"all shards have a home again after {whole.TotalSeconds:0.0} s"));
        Check(await load.StopAsync(), "during the loss");
        await Poll.UntilAsync(
            async () => (await others[0].StatusAsync()).Entries >= before, Patience, $"the {before} entries that were journaled");

        // It comes back into the same cluster, and the fleet is what it was.
        await oldest.StartAsync();
        await lab.WaitUntilWholeAsync();
    }

    [SkippableFact]
    public async Task Without_its_database_the_fleet_answers_as_before_and_stores_everything_afterwards()
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await StartAsync(3, postgres);
        await using var load = FleetLoad.Start(lab.Nodes, perSecond: 20);
        await load.UntilAnsweredAsync(240, Patience);
        var down = load.Elapsed;
        await postgres.KillAsync();
        await Poll.UntilAsync(
            async () => await lab.Nodes[0].StatusAsync() is { Rung: 1, StoreOk: false, Queued: > 0 }, Patience, "rung 1",
            () => lab.Nodes[0].Process!.Transcript);
        await Poll.UntilAsync(
            async () => (await lab.Nodes[0].MetricsAsync()).Contains("screening_rung 1", StringComparison.Ordinal), Patience,
            "rung 1 among the metrics");
        await load.UntilAnsweredAsync(load.Answers.Count + 360, Patience);
        var up = load.Elapsed;
        await postgres.RestartAsync();
        foreach (var node in lab.Nodes)
        {
            FleetNodeStatus? last = null;
            await Poll.UntilAsync(
                async () => (last = await node.StatusAsync()) is { StoreOk: true, Rung: 0, Queued: < 100 }, Patience,
                $"{node.Name} drained", () => last!.ToString());
        }

        var result = await load.StopAsync();
        output.WriteLine($"before: {load.Result(a => a.At < down)}");
        output.WriteLine($"during: {load.Result(a => a.At >= down && a.At < up)}");
        output.WriteLine($"after:  {load.Result(a => a.At >= up)}");
        Check(result, "all");
        foreach (var logged in new[] { "Rung 1 entered", "Rung 1 left" })
            await lab.Nodes[0].Process!.WaitForLineAsync(new Regex(logged), Patience);

        // Nothing is lost. A client whose check answered too late was let in, and there was nothing to keep; when it comes back there is.
        output.WriteLine($"{await load.ComeBackAsync(lab.Nodes[0], Patience)} clients came back");
        IReadOnlyList<string> missing = [];
        await Poll.UntilAsync(
            async () => (missing = await WithoutEntryAsync(lab.Nodes[0], load)).Count == 0, Patience, "an entry for each client",
            () => string.Join(' ', missing));
        foreach (var node in lab.Nodes)
        {
            FleetNodeStatus? last = null;
            await Poll.UntilAsync(
                async () => (last = await node.StatusAsync()) is { Queued: 0, Dropped: 0 }, Patience, $"{node.Name} has stored all",
                () => last!.ToString());
        }

        var entries = (await lab.Nodes[0].StatusAsync()).Entries;
        Assert.True(entries >= result.Count, $"{entries} entries of {result.Count} clients");

        // After all nodes were killed at once the entries are there.
        await Task.WhenAll(lab.Nodes.Select(n => n.KillAsync()));
        await Task.WhenAll(lab.Nodes.Select(n => n.StartAsync()));
        var recovered = await lab.WaitUntilWholeAsync();
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"{entries} entries, whole again {recovered.TotalSeconds:0.0} s after the start"));
        var held = 0L;
        await Poll.UntilAsync(
            async () => (held = (await lab.Nodes[0].StatusAsync()).Entries) == entries, Patience, $"{entries} entries", () => $"{held}");
        await Poll.UntilAsync(
            async () => (missing = await WithoutEntryAsync(lab.Nodes[0], load)).Count == 0, Patience,
            "an entry for each client after the restart",
            () => string.Join(' ', missing));
    }

    [SkippableTheory]
    [Trait("Finding", "use-status")]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Of_two_with_a_lease_either_may_be_lost(int lost)
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await StartAsync(2, postgres);
        var left = lab.Nodes[1 - lost];
        await using var load = FleetLoad.Start([left], perSecond: 20);
        await lab.Nodes[lost].KillAsync();
        await lab.WaitUntilWholeAsync([left]);
        Check(await load.StopAsync(), "of the one that is left");

        // The fleet is whole, but smaller than it should be.
        await Poll.UntilAsync(
            async () => await left.StatusAsync() is { Rung: 2, Degraded: var degraded }
                && degraded.Contains("1 of 2 cache members", StringComparison.Ordinal),
            Patience, "rung 2", () => left.Process!.Transcript);
        var metrics = await left.MetricsAsync();
        Assert.Contains("screening_members 1", metrics, StringComparison.Ordinal);
        Assert.Contains("screening_members_expected 2", metrics, StringComparison.Ordinal);
        await lab.Nodes[lost].StartAsync();
        await lab.WaitUntilWholeAsync();
        await Poll.UntilAsync(async () => await left.StatusAsync() is { Rung: 0 }, Patience, "rung 0", () => left.Process!.Transcript);
    }

    [SkippableFact]
    [Trait("Finding", "A2")]
    public async Task Bans_hold_from_ready_on_while_the_database_is_away_and_at_a_node_that_was_away()
    {
        Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        await using var postgres = await PostgresServer.StartAsync();
        await using var lab = await StartAsync(3, postgres);
        await BanAsync(lab.Nodes[0], "198.51.100.0/24");
        foreach (var node in lab.Nodes)
        {
            await Poll.UntilAsync(
                () => Task.FromResult(File.Exists(Path.Combine(node.Folder, "grants.copy"))), Patience, $"a copy on disk at {node.Name}");
        }

        await Task.WhenAll(lab.Nodes.Select(n => n.KillAsync()));
        await postgres.StopAsync();
        await lab.StartAllAsync();
        foreach (var node in lab.Nodes)
            Assert.Equal("ban", await node.SourceAsync("198.51.100.9"));
        Assert.Equal(3, (await lab.Nodes[0].RunAsync("cache", "export")).ExitCode); // Nobody knows what is stored.

        // The lock in the database decides who founds: until it can be asked, all wait.
        await postgres.RestartAsync();
        await lab.WaitUntilWholeAsync();
        await Poll.UntilAsync(async () => await lab.Nodes[0].StatusAsync() is { Rung: 0, Queued: 0 }, Patience, "rung 0");
        await lab.Nodes[2].StopAsync();
        await BanAsync(lab.Nodes[1], "203.0.113.5");
        await lab.Nodes[2].StartAsync();
        foreach (var client in new[] { "198.51.100.9", "203.0.113.5" })
        {
            await Poll.UntilAsync(
                async () => await lab.Nodes[2].SourceAsync(client) == "ban", Patience, $"{client} banned at the node that was away");
        }
    }

    // Durable, as soon as the node can say so.
    private static async Task BanAsync(FleetNode node, string network)
    {
        CommandResult? tried = null;
        await Poll.UntilAsync(
            async () => (tried = await node.RunAsync("cache", "ban", network, "--ttl", "1h", "--reason", "abuse")).ExitCode == 0,
            Patience, $"a ban of {network}", () => $"{tried}");
    }

    private static Task<FleetLab> StartAsync(int nodes, PostgresServer postgres) => FleetLab.StartAsync(
        nodes, 0, cuttable: false, "store.provider=postgresql", $"store.connection={postgres.ConnectionString}", FleetLab.PassEverybody);

    // Which of the load's clients the whitelist does not have.
    private static async Task<IReadOnlyList<string>> WithoutEntryAsync(FleetNode node, FleetLoad load)
    {
        var export = await node.RunAsync("cache", "export");
        if (export.ExitCode != 0)
            return [$"{export}"];
        var kept = export.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonNode.Parse(line)!["address"]!.GetValue<string>());
        return [.. load.Answers.Select(a => a.Client).Except(kept)];
    }

    private static async Task<long> JournaledAsync(IEnumerable<FleetNode> nodes) =>
        (await Task.WhenAll(nodes.Select(n => n.StatusAsync()))).Sum(status => status.Journaled);

    private void Check(FleetLoadResult result, string what)
    {
        output.WriteLine($"{what}: {result}");
        Assert.Equal(0, result.Unanswered);
    }
}
