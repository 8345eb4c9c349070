using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Screening.Benchmarks.Macro;
using Screening.Testing.Lab;
using Bench = Screening.Testing.Lab.Bench;

namespace Screening.Benchmarks.Doors;

/// <summary>
/// What a real Postfix's clients notice when the part behind a door dies, stops, is slow, or starts anew under load: our node, and the
/// stock part of that door. Every client is new to postscreen and comes with a proxy's header, so that there are enough of them.
/// </summary>
internal static class DoorFaultsMode
{
    private const string Resolver = "127.0.0.40";
    private const string Zone = "screening.internal";
    private const int LoadPerSecond = 10;
    private static readonly TimeSpan Stopped = TimeSpan.FromMilliseconds(900);
    private static readonly TimeSpan Running = TimeSpan.FromMilliseconds(100);
    private static readonly IPEndPoint Cache = new(IPAddress.Loopback, 10211);

    private static readonly string[] ZoneSites =
    [
        $"postscreen_dnsbl_sites = {Zone}=127.0.0.[4..5]*3 allow.{Zone}=127.0.1.1*-4", "postscreen_dnsbl_threshold = 3",
        "postscreen_dnsbl_allowlist_threshold = -4",
    ];

    private static readonly Part[] Parts =
    [
        new("dnsblog", "node", [$"dnsblog_service_name = {PostfixInstance.DnsblogServiceName}", .. ZoneSites], s => StartNodeAsync(
            s, $"endpoints.dnsblog=[\"unix://{s.Postfix.DnsblogSocket}?mode=0660\"]")),
        new("DNSBL zone", "node", ZoneSites, s => StartNodeAsync(s, $"endpoints.dnsbl=[\"udp://{Resolver}:53\",\"tcp://{Resolver}:53\"]")),
        new(
            "DNSBL zone", "unbound, rbldnsd", [$"postscreen_dnsbl_sites = {Bench.Blocklist}*3", "postscreen_dnsbl_threshold = 3"],
            StartUnboundAsync),
        new("memcache", "node", [],
            s => StartNodeAsync(s, $"endpoints.memcache=[\"tcp://{Cache}\"]")) { Table = ["timeout = 1", "max_try = 1", "ttl = 2592000"] },
        new("memcache", "memcached, same table", [], StartMemcachedAsync) { Table = ["timeout = 1", "max_try = 1", "ttl = 2592000"] },
        new("memcache", "memcached, default table", [], StartMemcachedAsync) { Table = [] },
        new(
            "policy", "node",
            ["smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service { inet:127.0.0.1:10026, timeout=2s, "
                + "default_action=DUNNO }"],
            s => StartNodeAsync(s, "endpoints.policy=[\"tcp://127.0.0.1:10026\"]")),
    ];

    private static readonly (string Name, Func<Stand, Part, Task<Noticed>> RunAsync)[] Faults =
    [
        ("none", (stand, _) => stand.SendSomeAsync()),
        ("slow: runs 0.1 s of each second", SlowAsync),
        ("stopped", StoppedAsync),
        ("started anew under load", RestartedAsync),
        ("gone", GoneAsync),
    ];

    /// <returns>1 if a mail was lost or postscreen gave up.</returns>
    public static async Task<int> RunAsync(BenchmarkOptions options)
    {
        var table = new Table(
            FormattableString.Invariant(
                $"Seconds at worst; greet_wait is {PostfixInstance.GreetWaitSeconds} s, which each new client waits anyway"),
            "door", "part", "fault", "mails", "lost", "new client's greeting", "its whole mail", "greeting of a permitted client meanwhile",
            "postscreen gave up");
        var well = true;
        foreach (var part in Parts)
        {
            await using var stand = await Stand.StartAsync(part);
            foreach (var (name, runAsync) in Faults)
            {
                var noticed = await runAsync(stand, part);
                var gaveUp = stand.Postfix.LogLines.Count(line => Regex.IsMatch(line, "watchdog|fatal:|panic:|throttling"));
                well &= gaveUp == 0 && noticed.Lost == 0;
                await Console.Error.WriteLineAsync($"{part.Door}, {part.Name}, {name}: {noticed.Lost} of {noticed.Mails} lost");
                table.Add(
                    part.Door, part.Name, name, $"{noticed.Mails}", $"{noticed.Lost}", Shown(noticed.Greeting), Shown(noticed.Whole),
                    Shown(noticed.Permitted),
                    $"{gaveUp}");
            }
        }

        table.Print();
        return well ? 0 : 1;
    }

    private static string Shown(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture);

    private static async Task<Noticed> SlowAsync(Stand stand, Part part)
    {
        using var end = new CancellationTokenSource();
        var slowing = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                stand.Process.Signal(Signal.Stop);
                await Task.Delay(Stopped);
                stand.Process.Signal(Signal.Continue);
                await Task.Delay(Running);
            }
        });
        var noticed = await stand.SendSomeAsync();
        await end.CancelAsync();
        await slowing;
        return noticed;
    }

    private static async Task<Noticed> StoppedAsync(Stand stand, Part part)
    {
        stand.Process.Signal(Signal.Stop);
        var noticed = await stand.SendSomeAsync();
        stand.Process.Signal(Signal.Continue);
        return noticed;
    }

    private static async Task<Noticed> RestartedAsync(Stand stand, Part part)
    {
        var sending = stand.SendManyAsync(TimeSpan.FromSeconds(12), LoadPerSecond);
        await Task.Delay(TimeSpan.FromSeconds(3));
        stand.Process.Signal(Signal.Terminate);
        await stand.Process.WaitForExitAsync(TimeSpan.FromSeconds(10));
        await stand.StartPartAsync(part);
        return await sending;
    }

    private static async Task<Noticed> GoneAsync(Stand stand, Part part)
    {
        await stand.Process.KillAsync();
        return await stand.SendSomeAsync();
    }

    private static async Task<RunningProcess> StartNodeAsync(Stand stand, string endpoint) =>
        await NodeProcess.StartAsync(stand.Network.Mx, [endpoint, .. Bench.ListSettings]);

    private static async Task<RunningProcess> StartUnboundAsync(Stand stand) => await Unbound.StartAsync(
        stand.Network.Mx, new IPEndPoint(IPAddress.Parse(Resolver), 53),
        new Dictionary<string, IPEndPoint> { [Bench.Blocklist] = Bench.Resolver });

    private static async Task<RunningProcess> StartMemcachedAsync(Stand stand) => await Memcached.StartAsync(stand.Network.Mx, Cache);

    /// <summary>What stands behind a door.</summary>
    /// <param name="MainCf">How Postfix reaches it.</param>
    private sealed record Part(string Door, string Name, string[] MainCf, Func<Stand, Task<RunningProcess>> StartAsync)
    {
        /// <summary>Lines of the memcache table that are not Postfix's defaults; null: there is none.</summary>
        public string[]? Table { get; init; }
    }

    /// <summary>What the clients noticed, each time the worst.</summary>
    private readonly record struct Noticed(int Mails, int Lost, TimeSpan Greeting, TimeSpan Whole, TimeSpan Permitted);

    /// <summary>The lists, a Postfix, the part, and clients.</summary>
    private sealed class Stand : IAsyncDisposable
    {
        private const int Mails = 3;
        private static readonly TimeSpan BetweenPermitted = TimeSpan.FromMilliseconds(250);
        private readonly Stack<IAsyncDisposable> _parts = new();
        private int _clients;

        public NetworkLab Network { get; private set; } = null!;

        public PostfixInstance Postfix { get; private set; } = null!;

        public RunningProcess Process { get; private set; } = null!;

        public static async Task<Stand> StartAsync(Part part)
        {
            Requires.Programs("postfix", "rbldnsd", "unbound", "memcached");
            var stand = new Stand();
            try
            {
                await stand.BuildAsync(part);
            }
            catch
            {
                await stand.DisposeAsync();
                throw;
            }

            return stand;
        }

        public async Task StartPartAsync(Part part) => _parts.Push(Process = await part.StartAsync(this));

        /// <summary>Some new clients, one after the other.</summary>
        public async Task<Noticed> SendSomeAsync()
        {
            var permitted = WatchAsync(out var end);
            var dialogues = new List<SmtpDialogue>();
            for (var i = 0; i < Mails; i++)
                dialogues.Add(await SendAsync(NewClient()));
            await end.CancelAsync();
            return Worst(dialogues, await permitted);
        }

        /// <summary>New clients at a rate, whether or not those before are through.</summary>
        public async Task<Noticed> SendManyAsync(TimeSpan length, int perSecond)
        {
            var permitted = WatchAsync(out var end);
            var dialogues = new List<Task<SmtpDialogue>>();
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / perSecond));
            for (var clock = Stopwatch.StartNew(); clock.Elapsed < length; await timer.WaitForNextTickAsync())
                dialogues.Add(SendAsync(NewClient()));
            var done = await Task.WhenAll(dialogues);
            await end.CancelAsync();
            return Worst(done, await permitted);
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var part in _parts)
                await part.DisposeAsync();
        }

        private static Noticed Worst(IReadOnlyCollection<SmtpDialogue> mails, IReadOnlyCollection<SmtpDialogue> permitted) => new(
            mails.Count + permitted.Count, mails.Concat(permitted).Count(d => !d.Delivered), mails.Max(d => d.GreetingAfter),
            mails.Max(d => d.Took),
            permitted.Max(d => d.GreetingAfter));

        // Clients on postscreen's own permit list need nothing but its attention: what they wait, everybody waits.
        private Task<List<SmtpDialogue>> WatchAsync(out CancellationTokenSource end)
        {
            var ended = end = new CancellationTokenSource();
            return Task.Run(async () =>
            {
                var dialogues = new List<Task<SmtpDialogue>>();
                while (!ended.IsCancellationRequested)
                {
                    dialogues.Add(SendAsync("203.0.113.1"));
                    await Task.Delay(BetweenPermitted);
                }

                return (await Task.WhenAll(dialogues)).ToList();
            });
        }

        private string NewClient() => FormattableString.Invariant($"10.7.{_clients / 250}.{1 + (_clients++ % 250)}");

        private Task<SmtpDialogue> SendAsync(string client) =>
            SmtpSession.SendMailAsync(Network.Client, NetworkLab.ClientAddress(20), NetworkLab.MxAddress, proxied: IPAddress.Parse(client));

        private async Task BuildAsync(Part part)
        {
            _parts.Push(Network = await NetworkLab.StartAsync());
            await Network.UseResolverAsync(IPAddress.Parse(Resolver));
            _parts.Push(await Bench.StartListsAsync(Network));
            string[] table = part.Table is null
                ? [] : ["postscreen_cache_map = memcache:$queue_directory/screening/cache.cf", "postscreen_cache_cleanup_interval = 0"];
            _parts.Push(await PostfixInstance.StartAsync(
                Network.Mx,
                async postfix =>
                {
                    Postfix = postfix;
                    var folder = Path.Combine(postfix.QueueFolder, "screening");
                    await File.WriteAllTextAsync(Path.Combine(folder, "permit.cidr"), "203.0.113.0/24 permit\n");
                    await File.WriteAllLinesAsync(
                        Path.Combine(folder, "cache.cf"), [$"memcache = inet:{Cache}", "key_format = postscreen:%s", .. part.Table ?? []]);
                    await StartPartAsync(part);
                },
                [
                    "inet_protocols = ipv4", "postscreen_upstream_proxy_protocol = haproxy", "smtpd_client_connection_count_limit = 0",
                    "postscreen_access_list = cidr:$queue_directory/screening/permit.cidr", "postscreen_dnsbl_action = enforce", .. table,
                    .. part.MainCf,
                ]));
        }
    }
}
