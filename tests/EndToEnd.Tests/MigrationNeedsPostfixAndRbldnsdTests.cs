using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Lab;
using Xunit.Abstractions;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// A stock postscreen with its own dnsblog at mx1; at mx2 one whose node has the configuration that <c>config from-postfix</c> made of
/// mx1's main.cf. Clients come with a haproxy header, so that they have any address.
/// </summary>
public sealed class MigrationNeedsPostfixAndRbldnsdTests(ITestOutputHelper output)
{
    private const int AtOnce = 40;
    private static readonly TimeSpan WithoutGreetWait = TimeSpan.FromSeconds(PostfixInstance.GreetWaitSeconds - 0.5);

    // Those who come, and the test points that no list may have at once (RFC 5782 section 5).
    private static readonly string[] Everybody = ["198.51.100.0/24", "203.0.113.0/24", "127.0.0.1", "127.0.0.2"];

    private static readonly string[] Judged =
    [
        "postscreen_dnsbl_sites = zen.example=127.0.0.[2..11]*3, snow.example=127.0.0.[2;10..12]*2 cuda.example=127.0.0.2*2",
        "  cop.example psbl.example ubl.example drone.example=127.0.0.[3..17]*2 dead.example",
        "  wl.example=127.0.[2..9;11..15].[1..3]*-2 swl.example*-4",
        "postscreen_dnsbl_threshold = 3",
        "postscreen_dnsbl_action = enforce",
    ];

    [SkippableFact]
    public async Task A_thousand_clients_are_refused_or_let_in_as_postscreen_did()
    {
        var random = new Random(2012);
        var clients = Enumerable.Range(0, 1000).Select(
            i => string.Create(CultureInfo.InvariantCulture, $"10.1.{i / 250}.{1 + (i % 250)}")).ToList();
        Listing[] Some(double share, params string[] codes) =>
            [.. clients.Where(_ => random.NextDouble() < share).Select(c => new Listing(c, codes[random.Next(codes.Length)]))];
        var listings = new Dictionary<string, Listing[]>
        {
            ["zen.example"] = Some(0.2, "127.0.0.2", "127.0.0.4", "127.0.0.11", "127.0.0.30"),
            ["snow.example"] = Some(0.2, "127.0.0.2", "127.0.0.11", "127.0.0.13"),
            ["cuda.example"] = Some(0.2, "127.0.0.2"),
            ["cop.example"] = Some(0.3, "127.0.0.2"),
            ["psbl.example"] = Some(0.3, "127.0.0.2"),
            ["ubl.example"] = Some(0.3, "127.0.0.2"),
            ["drone.example"] = Some(0.2, "127.0.0.3", "127.0.0.18"),
            ["dead.example"] = Some(0.1, "127.0.0.2"),
            ["wl.example"] = Some(0.2, "127.0.5.1", "127.0.10.1"),
            ["swl.example"] = Some(0.1, "127.0.2.2"),
        };
        await using var scene = await Scene.StartAsync(listings, Judged);
        SiteList.TryParse(string.Concat(Judged[..3]).Split(" = ")[1], out var sites, out _);
        // postconf(5): each entry whose filter takes an answer adds its weight.
        var due = clients.ToDictionary(
            c => c, c => sites.Where(s => listings[s.Zone].Where(l => l.Address == c).Any(l => s.Matches([CodeOf(l)])))
                .Sum(s => s.Weight) >= 3);

        var answers = await Task.WhenAll(
            scene.AskAllAsync(clients, NetworkLab.MxAddress), scene.AskAllAsync(clients, NetworkLab.SecondMxAddress));
        var (stock, ours) = (answers[0], answers[1]);
        var differ = clients.Where(c => stock[c] != ours[c]).ToList();
        // Asked a few at a time nobody waits for a dnsblog process that has no processor, but for those that other work of the machine
        // delays.
        IReadOnlyList<string> still = differ;
        var rounds = 0;
        for (; still.Count > 0 && rounds < 3; rounds++)
        {
            var again = await scene.AskAllAsync(still, NetworkLab.MxAddress, atOnce: 2);
            still = [.. still.Where(c => again[c] != ours[c])];
        }

        output.WriteLine(
            $"{clients.Count} clients, {due.Values.Count(r => r)} due to be refused: postscreen refused {stock.Values.Count(r => r)}, "
            + $"with our node {ours.Values.Count(r => r)}; "
            + $"{differ.Count} differ, {differ.Count(c => due[c])} of them due; asked again two at a time, "
            + $"{still.Count} differ after {rounds} rounds");
        Assert.InRange(due.Values.Count(refused => refused), 200, 800);
        // Ours is the sum. Where stock differs from it, one of its dnsblog processes did not answer in time: it lets clients in, or, where
        // that was an allowlist, refuses one it should not.
        Assert.DoesNotContain(clients, c => ours[c] != due[c]);
        Assert.InRange(differ.Count, 0, 100);
        Assert.Empty(still);
    }

    private static AnswerCode CodeOf(Listing listing) =>
        AnswerCode.TryParse(listing.Answer, out var code) ? code : throw new FormatException(listing.Answer);

    // A list that died answers everything (its domain is parked), or with a code that says "you may not ask".
    [SkippableTheory]
    [InlineData("127.0.0.2")]
    [InlineData("127.255.255.254")]
    public async Task A_list_that_goes_mad_refuses_everybody_at_a_stock_postscreen_and_soon_nobody_here(string answer)
    {
        await using var scene = await Scene.StartAsync(
            new Dictionary<string, Listing[]> { ["mad.example"] = [new Listing("198.51.100.1", "127.0.0.2")] },
            ["postscreen_dnsbl_sites = mad.example*3", "postscreen_dnsbl_threshold = 3", "postscreen_dnsbl_action = enforce"]);
        foreach (var mx in new[] { NetworkLab.MxAddress, NetworkLab.SecondMxAddress })
        {
            Assert.True((await scene.AskAllAsync(["198.51.100.1"], mx)).Values.Single());
            Assert.False((await scene.AskAllAsync(["198.51.100.2"], mx)).Values.Single());
        }

        scene.Lists.Relist("mad.example", [.. Everybody.Select(a => new Listing(a, answer))]);
        string[] clients = ["198.51.100.3", "198.51.100.4", "203.0.113.9"];
        Assert.All(await scene.AskAllAsync(clients, NetworkLab.MxAddress), client => Assert.True(client.Value, client.Key));

        // A listing of this code is believed until the list is tried again.
        var (clock, next) = (Stopwatch.StartNew(), 10);
        await Poll.UntilAsync(
            async () => !(await scene.AskAllAsync([$"203.0.113.{next++}"], NetworkLab.SecondMxAddress)).Values.Single(),
            TimeSpan.FromSeconds(20), "nobody is refused");
        output.WriteLine($"{answer}: let in after {next - 10} clients, {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.All(await scene.AskAllAsync(clients, NetworkLab.SecondMxAddress), client => Assert.False(client.Value, client.Key));
    }

    // A client that an allowlist vouches for need not wait for its greeting, unless one of the lists says nothing.
    [SkippableFact]
    public async Task A_list_gone_dead_makes_a_stock_postscreen_wait_and_not_ours()
    {
        Requires.Programs("unbound");
        await using var scene = await Scene.StartAsync(
            new Dictionary<string, Listing[]> { ["wl.example"] = [new("198.51.100.0/24", "127.0.5.1")] },
            ["postscreen_dnsbl_sites = wl.example*-4 dead.example*2", "postscreen_dnsbl_threshold = 3",
                "postscreen_dnsbl_allowlist_threshold = -1"],
            deadZone: "dead.example");
        foreach (var client in new[] { "198.51.100.1", "198.51.100.2" })
        {
            var (stock, ours) = (await scene.SendAsync(client, NetworkLab.MxAddress),
                await scene.SendAsync(client, NetworkLab.SecondMxAddress));
            output.WriteLine(
                $"a list is dead: greeting after {stock.GreetingAfter.TotalSeconds:0.00} s, with our node "
                    + $"{ours.GreetingAfter.TotalSeconds:0.00} s");
            Assert.True(stock.Delivered && stock.GreetingAfter > WithoutGreetWait, $"{stock}");
            Assert.True(ours.Delivered && ours.GreetingAfter < WithoutGreetWait, $"{ours}");
        }
    }

    // Debian's master.cf has smtpd in a chroot, and Postfix is installed with permit_mynetworks and what follows it in
    // smtpd_relay_restrictions.
    [Trait("Finding", "use-4")]
    [SkippableFact]
    public async Task A_smtpd_in_a_chroot_reaches_the_policy_socket_by_the_line_that_is_printed()
    {
        Requires.Root();
        Requires.Programs("postfix", "ip", "setsid");
        await using var lab = await NetworkLab.StartAsync();
        NodeProcess? node = null;
        await using var postfix = await PostfixInstance.StartAsync(
            lab.Mx,
            async starting =>
            {
                var master = Path.Combine(starting.ConfigFolder, "master.cf");
                var services = await File.ReadAllTextAsync(master);
                var debian = Regex.Replace(services, @"(?m)^(smtpd? .*?-\s+)n(\s+-\s+\S+\s+(?:postscreen|smtpd))$", "$1y$2");
                Assert.Equal(2, Regex.Count(debian, @"(?m)^smtpd? .* y "));
                await File.WriteAllTextAsync(master, debian);
                string[] sets =
                [
                    $"node.data_dir={starting.QueueFolder}/screening/data",
                    $"endpoints.policy=[\"unix://{starting.QueueFolder}/screening/policy?mode=0660\"]",
                    "endpoints.plugin=[]", "endpoints.dnsbl=[]", "endpoints.memcache=[]", "endpoints.http=[]", "store.provider=memory",
                    $"access.reject=[\"{NetworkLab.ClientAddress(59)}/32\"]", "policy.drop_text=550 5.7.1 refused by the policy door",
                ];
                string[] configuration = [.. sets.SelectMany(s => (string[])["--set", s])];
                node = NodeProcess.Begin(NodeProcess.Launch(lab.Mx, ["run", .. configuration]));
                await node.WaitForReadyAsync();
                await Scene.ApplyLinesAsync(starting, "policy", configuration);
            },
            $"inet_interfaces = {NetworkLab.MxAddress}", "smtpd_recipient_restrictions =",
            "smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination",
            "postscreen_dnsbl_sites =");
        await using var running = node;
        var refused = await SmtpSession.SendMailAsync(lab.Client, NetworkLab.ClientAddress(59), NetworkLab.MxAddress);
        var passed = await SmtpSession.SendMailAsync(lab.Client, NetworkLab.ClientAddress(20), NetworkLab.MxAddress);
        Assert.True(
            !refused.Delivered && $"{refused}".Contains("refused by the policy door", StringComparison.Ordinal),
            $"{refused}\n{postfix.Transcript}");
        Assert.True(passed.Delivered, $"{passed}\n{postfix.Transcript}");
        Assert.DoesNotContain(postfix.LogLines, line => line.Contains("screening/policy", StringComparison.Ordinal));
    }

    /// <summary>The lists, a stock Postfix, and one with a node.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private static readonly IPEndPoint Resolver = new(IPAddress.Parse("127.0.0.41"), 53);
        private readonly Stack<IAsyncDisposable> _parts = new();
        private NetworkLab _lab = null!;

        public RblDnsd Lists { get; private set; } = null!;

        /// <param name="zones">The lists.</param>
        /// <param name="judged">Lines of the stock main.cf, from which the node's configuration is made.</param>
        /// <param name="deadZone">A further list, whose server says nothing; there is an unbound before them all then.</param>
        public static async Task<Scene> StartAsync(IReadOnlyDictionary<string, Listing[]> zones, string[] judged, string? deadZone = null)
        {
            Requires.Root();
            Requires.Programs("postfix", "rbldnsd", "ip", "setsid");
            var scene = new Scene();
            try
            {
                await scene.BuildAsync(zones, judged, deadZone);
            }
            catch
            {
                await scene.DisposeAsync();
                throw;
            }

            return scene;
        }

        public Task<SmtpDialogue> SendAsync(string client, IPAddress mx) =>
            SmtpSession.SendMailAsync(_lab.Client, NetworkLab.ClientAddress(20), mx, proxied: IPAddress.Parse(client));

        /// <summary>Asks whether each client is refused at RCPT.</summary>
        public async Task<IReadOnlyDictionary<string, bool>> AskAllAsync(IEnumerable<string> clients, IPAddress mx, int atOnce = AtOnce)
        {
            var refused = new ConcurrentDictionary<string, bool>();
            await Parallel.ForEachAsync(clients, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (client, _) =>
                refused[client] = await IsRefusedAsync(client, mx));
            return refused;
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in _parts)
                await part.DisposeAsync();
        }

        private async Task BuildAsync(IReadOnlyDictionary<string, Listing[]> zones, string[] judged, string? deadZone)
        {
            _parts.Push(_lab = await NetworkLab.StartAsync());
            await _lab.UseResolverAsync(Resolver.Address);
            await (deadZone is null ? StartListsAsync(Resolver, zones) : StartListsAsync(zones, deadZone));
            string[] both = ["postscreen_upstream_proxy_protocol = haproxy", "inet_protocols = ipv4",
                "smtpd_client_connection_count_limit = 0", "postscreen_cache_map ="];
            _parts.Push(await PostfixInstance.StartAsync(
                _lab.Mx, _ => Task.CompletedTask, [$"inet_interfaces = {NetworkLab.MxAddress}", .. both, .. judged]));
            _parts.Push(await PostfixInstance.StartAsync(
                _lab.Mx, postfix => StartNodeAsync(postfix, judged),
                [$"inet_interfaces = {NetworkLab.SecondMxAddress}", .. both, .. judged]));
        }

        private async Task<RblDnsd> StartListsAsync(IPEndPoint endPoint, IReadOnlyDictionary<string, Listing[]> zones)
        {
            var lists = await RblDnsd.StartAsync(_lab.Mx, endPoint, zones);
            _parts.Push(lists);
            Lists = lists;
            return lists;
        }

        private async Task StartListsAsync(IReadOnlyDictionary<string, Listing[]> zones, string deadZone)
        {
            var (alive, dead) = (new IPEndPoint(Resolver.Address, 5353), new IPEndPoint(Resolver.Address, 5354));
            await StartListsAsync(alive, zones);
            var died = await StartListsAsync(dead, new Dictionary<string, Listing[]> { [deadZone] = [] });
            died.Signal(Signal.Stop);
            var servers = zones.Keys.Select(zone => (zone, alive)).Append((deadZone, dead)).ToDictionary();
            _parts.Push(await Unbound.StartAsync(_lab.Mx, Resolver, servers));
        }

        private async Task StartNodeAsync(PostfixInstance postfix, string[] judged)
        {
            var folder = Path.Combine(postfix.QueueFolder, "screening");
            await File.WriteAllLinesAsync(Path.Combine(folder, "main.cf"), judged);
            var converted = await NodeProcess.RunCommandAsync(null, "config", "from-postfix", Path.Combine(folder, "main.cf"));
            Assert.True(converted.ExitCode == 0, $"{converted}");
            await File.WriteAllTextAsync(Path.Combine(folder, "screening.toml"), converted.Output);
            string[] sets =
            [
                $"node.data_dir={folder}/data", $"endpoints.dnsblog=[\"unix://{postfix.DnsblogSocket}?mode=0660\"]", "endpoints.plugin=[]",
                "endpoints.policy=[]",
                "endpoints.dnsbl=[]", "endpoints.memcache=[]", "endpoints.http=[]", "cluster.listen=127.0.0.1:0", "store.provider=memory",
            ];
            string[] configuration = ["--config", Path.Combine(folder, "screening.toml"), .. sets.SelectMany(s => (string[])["--set", s])];
            var node = NodeProcess.Begin(NodeProcess.Launch(_lab.Mx, ["run", .. configuration]));
            _parts.Push(node);
            await node.WaitForReadyAsync();
            await ApplyLinesAsync(postfix, "dnsblog", configuration);
        }

        // Writes what the product tells an operator to write, in the way that Postfix has for it. Postfix has nothing to warn of
        // afterwards.
        public static async Task ApplyLinesAsync(PostfixInstance postfix, string door, string[] configuration)
        {
            var told = await NodeProcess.RunCommandAsync(
                null, ["config", "to-postfix", "--door", door, "--postfix-config", postfix.ConfigFolder, "--json", .. configuration]);
            Assert.True(told.ExitCode == 0, $"{told}");
            using var document = JsonDocument.Parse(told.Output);
            foreach (var line in document.RootElement.GetProperty("doors")[0].GetProperty("main_cf").EnumerateArray())
                await PostconfAsync(postfix, "-e", line.GetString()!);
            Assert.Equal("", await PostconfAsync(postfix, "-n"));
        }

        // What it says on standard error.
        private static async Task<string> PostconfAsync(PostfixInstance postfix, params string[] arguments)
        {
            var result = await RunningProcess.RunAsync(
                new LaunchPlan("postconf", ["-c", postfix.ConfigFolder, .. arguments]), Waiting.Limit);
            Assert.True(result.ExitCode == 0, $"{result}");
            return result.Error;
        }

        private async Task<bool> IsRefusedAsync(string client, IPAddress mx)
        {
            using var socket = await _lab.Client.ConnectAsync(new IPEndPoint(mx, 25), NetworkLab.ClientAddress(20));
            await using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"PROXY TCP4 {client} {mx} 4321 25\r\n"));
            var reply = await ReadAsync(reader);
            foreach (var command in new[] { "EHLO client.example.net", "MAIL FROM:<a@example.net>",
                $"RCPT TO:<b@{PostfixInstance.LocalDomain}>" })
            {
                Assert.True(reply[0] == '2', $"{client}: {reply}");
                await stream.WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
                reply = await ReadAsync(reader);
            }

            Assert.True(reply.StartsWith("250", StringComparison.Ordinal)
                || reply.StartsWith("550 5.7.1 Service unavailable", StringComparison.Ordinal), $"{client}: {reply}");
            await stream.WriteAsync("QUIT\r\n"u8.ToArray());
            return reply[0] == '5';
        }

        private static async Task<string> ReadAsync(StreamReader reader)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (await reader.ReadLineAsync(patience.Token) is { } line)
            {
                if (line.Length < 4 || line[3] == ' ')
                    return line;
            }

            return "0 (closed)";
        }
    }
}
