using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Screening.Testing.Dns;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;
using Xunit.Abstractions;

namespace Screening.Cluster.Tests;

/// <summary>
/// Three nodes that stay whole, with a list that counts. All times are so long that no answer comes from one that has passed, however busy
/// the machine is.
/// </summary>
public sealed class WholeFleet : IAsyncLifetime
{
    public FakeDnsServer List { get; } = new();

    internal FleetLab Lab { get; private set; } = null!;

    internal static string[] SettingsOf(FakeDnsServer list) =>
    [
        "store.provider=memory", "dnsbl.sites=list.test*3", $"dnsbl.resolver=[\"{list.EndPoint}\"]",
        "verdict.deadline=60s", "dnsbl.timeout=20s", "cluster.lookup_wait=15s", "cache.fail_share=5m",
    ];

    /// <summary>What the nodes logged until the fleet was whole.</summary>
    internal IReadOnlyList<string> StartLog { get; private set; } = [];

    public async Task InitializeAsync()
    {
        Lab = await FleetLab.StartAsync(new FleetShape(3) { Tls = true, Settings = SettingsOf(List) });
        StartLog = [.. Lab.Nodes.SelectMany(node => node.Process!.Lines.Select(line => $"{node.Name}: {line}"))];
    }

    public async Task DisposeAsync()
    {
        await Lab.DisposeAsync();
        List.Dispose();
    }
}

public partial class SharedWhitelistTests(WholeFleet fleet, ITestOutputHelper output) : IClassFixture<WholeFleet>
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private FleetNode A => fleet.Lab.Nodes[0];

    private FleetNode B => fleet.Lab.Nodes[1];

    private FleetNode C => fleet.Lab.Nodes[2];

    [SkippableFact]
    [Trait("Finding", "use-7")]
    public void A_start_of_three_nodes_with_tls_warns_of_nothing_and_says_little()
    {
        output.WriteLine(string.Join('\n', fleet.StartLog));
        Skip.If(
            fleet.StartLog.Any(line => line.Contains("cannot be reached", StringComparison.Ordinal)),
            "a node got no processor for longer than members wait for its heartbeat, and what they say of that is right");

        var log = fleet.StartLog.Where(line => LogLine().IsMatch(line) && !OfThisMachine().IsMatch(line)).ToList();
        Assert.DoesNotContain(log, line => Alarm().IsMatch(line));
        Assert.DoesNotContain(
            fleet.StartLog,
            line => line.Contains("][Thread ", StringComparison.Ordinal) || line.Contains("akka", StringComparison.OrdinalIgnoreCase));
        Assert.Contains(log, line => line.Contains("Founding cluster", StringComparison.Ordinal));
        Assert.All(fleet.Lab.Nodes, node => Assert.InRange(log.Count(line => line.StartsWith(node.Name, StringComparison.Ordinal)), 2, 12));
    }

    [Fact]
    public async Task A_client_that_passed_at_one_is_known_at_all()
    {
        using var socket = await FleetLoad.ConnectAsync(A);
        var took = new List<double>();
        for (var i = 0; i < 50; i++)
        {
            var client = FleetLoad.NewClient();
            Assert.Contains("action=pass", await FleetLoad.AskOnceAsync(socket, client), StringComparison.Ordinal);
            var replied = Stopwatch.StartNew();
            foreach (var node in new[] { B, C })
                await Poll.UntilAsync(async () => await node.SourceAsync(client) == "near", Patience, $"{client} near at {node.Name}");
            took.Add(replied.Elapsed.TotalMilliseconds);
        }

        took.Sort();
        output.WriteLine(FormattableString.Invariant($"from A's reply to a near hit at B and C: p50 {took[25]:0} ms, p98 {took[^1]:0} ms"));
    }

    [Fact]
    public async Task All_nodes_together_ask_the_list_once_for_each_client()
    {
        var sockets = await Task.WhenAll(fleet.Lab.Nodes.Select(FleetLoad.ConnectAsync));
        var clients = Enumerable.Range(0, 200).Select(_ => FleetLoad.NewClient()).ToList();
        foreach (var client in clients)
        {
            var answers = await Task.WhenAll(sockets.Select(s => FleetLoad.AskOnceAsync(s, client)));
            Assert.All(answers, answer => Assert.Contains("action=pass", answer, StringComparison.Ordinal));
        }

        var asked = clients.Sum(c => fleet.List.CountOf(FakeDnsServer.QueryName(c, "list.test")));
        output.WriteLine(FormattableString.Invariant(
            $"{clients.Count} clients at 3 nodes at once: {asked} queries, {(double)asked / clients.Count:0.00} for each"));
        Assert.InRange(asked, clients.Count, clients.Count * 105 / 100);
        foreach (var socket in sockets)
            socket.Dispose();
    }

    [Fact]
    public async Task A_listed_client_is_refused_everywhere_and_asked_about_once()
    {
        var client = FleetLoad.NewClient();
        fleet.List.List(client, "list.test", 300, "127.0.0.2");
        foreach (var node in fleet.Lab.Nodes)
        {
            using var socket = await FleetLoad.ConnectAsync(node);
            Assert.Contains("action=enforce", await FleetLoad.AskOnceAsync(socket, client), StringComparison.Ordinal);
        }

        Assert.Equal(1, fleet.List.CountOf(FakeDnsServer.QueryName(client, "list.test")));
        Assert.NotEqual("near", await B.SourceAsync(client));
    }

    [Fact]
    public async Task Grants_bans_and_forgetting_at_one_hold_at_all()
    {
        var (network, client) = ("198.51.100.0/24", "198.51.100.7");
        Assert.Equal(0, (await A.RunAsync("cache", "ban", network, "--ttl", "1h", "--reason", "abuse")).ExitCode);
        await AllSayAsync(client, "ban");
        Assert.Equal(0, (await B.RunAsync("cache", "forget", network)).ExitCode);
        await AllSayAsync(client, "screened");
        Assert.Equal(0, (await C.RunAsync("cache", "grant", client, "--ttl", "1h", "--reason", "partner")).ExitCode);
        await AllSayAsync(client, "grant");
        var listed = await A.RunAsync("cache", "list", network, "--json");
        Assert.Contains("\"reason\":\"partner\"", listed.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await A.RunAsync("cache", "forget", client)).ExitCode);
        await AllSayAsync(client, "screened");
        Assert.Equal(1, (await A.RunAsync("cache", "show", client)).ExitCode);

        // A pass is taken back at all nodes as well.
        using var socket = await FleetLoad.ConnectAsync(A);
        var passed = FleetLoad.NewClient();
        await FleetLoad.AskOnceAsync(socket, passed);
        await AllSayAsync(passed, "near");
        Assert.Equal(0, (await B.RunAsync("cache", "forget", passed)).ExitCode);
        await AllSayAsync(passed, "screened");
    }

    [Fact]
    public async Task What_is_exported_can_be_imported_into_another_fleet()
    {
        using var socket = await FleetLoad.ConnectAsync(A);
        var clients = Enumerable.Range(0, 20).Select(_ => FleetLoad.NewClient()).ToList();
        foreach (var client in clients)
            await FleetLoad.AskOnceAsync(socket, client);
        foreach (var client in clients)
            await Poll.UntilAsync(async () => await B.SourceAsync(client) == "near", Patience, $"{client} near at B");
        var export = await A.RunAsync("cache", "export");
        Assert.Equal(0, export.ExitCode);
        Assert.All(clients, client => Assert.Contains($"\"{client}\"", export.Output, StringComparison.Ordinal));
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["export.jsonl"], export.Output);

        await using var other = await FleetLab.BuildAsync(
            new FleetShape(1) { Seeds = FleetSeeds.None, Settings = WholeFleet.SettingsOf(fleet.List) });
        await other.StartAllAsync();
        await Poll.UntilAsync(
            async () => (await other.Nodes[0].RunAsync("cache", "import", folder["export.jsonl"])).ExitCode == 0, Patience,
            "an import that is taken");

        foreach (var client in clients)
        {
            await Poll.UntilAsync(
                async () => await other.Nodes[0].SourceAsync(client) is "near" or "fleet", Patience, $"{client} known to the other fleet");
        }
    }

    [Fact]
    public async Task A_stray_client_on_the_cluster_port_does_no_harm()
    {
        var endpoint = A.Process!.Listening["cluster"];
        foreach (var bytes in new[] { new byte[1_000_000], "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
            [0xff, 0xff, 0xff, 0xff] })
        {
            using var stray = new TcpClient();
            await stray.ConnectAsync(endpoint.Host, endpoint.Port);
            try
            {
                await stray.GetStream().WriteAsync(bytes);
            }
            catch (IOException)
            {
                // Turned away while it still sent.
            }
        }

        await fleet.Lab.WaitUntilWholeAsync();
        await A_client_that_passed_at_one_is_known_at_all();
    }

    [GeneratedRegex(@"^mx\d: stderr: ")]
    private static partial Regex LogLine();

    // How busy this machine is, its limits and folders, and the long times of these tests.
    [GeneratedRegex(" (Rung [0-9]|Configuration: |The system lets this process open|Other users of this host|Resolvers in use)")]
    private static partial Regex OfThisMachine();

    [GeneratedRegex(@"\b(WRN|WARN|ERR|ERROR|FTL|FATAL)\b")]
    private static partial Regex Alarm();

    private async Task AllSayAsync(string client, string source)
    {
        foreach (var node in fleet.Lab.Nodes)
        {
            var seen = "";
            await Poll.UntilAsync(
                async () => (seen = await node.SourceAsync(client)) == source, Patience,
                string.Create(CultureInfo.InvariantCulture, $"{client} {source} at {node.Name}"), () => seen);
        }
    }
}
