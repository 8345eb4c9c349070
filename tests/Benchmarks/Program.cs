using Screening.Benchmarks;
using Screening.Benchmarks.Aims;
using Screening.Benchmarks.Doors;
using Screening.Benchmarks.Fleet;
using Screening.Benchmarks.Hostile;
using Screening.Benchmarks.House;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Micro;
using Screening.Benchmarks.Processes;
using Xunit;

const int WrongUsage = 2;

(string Name, string What, Func<string[], int> Run)[] modes =
[
    ("table", "what is to be reached, beside what was measured, with Debian's peers (exit status 1 if an answer was lost or doubled)",
        Macro(bench => AimsMode.RunAsync(bench).GetAwaiter().GetResult())),
    ("cached", "verdicts a second for clients that are already decided, against the limit", Macro(CachedMode.Run)),
    ("cold", "verdicts a second and latency for clients that are all new", Macro(ColdMode.Run)),
    ("deadlines", "latency with ten lists, with a dead one, with all of them dead", Macro(DeadlinesMode.Run)),
    ("dead-sources", "answers against their deadline while sources and stores hang, first query apart (exit status 1 if late)",
        Macro(DeadSourcesMode.Run)),
    ("in-flight", "10,000 queries at once, each answered exactly once (exit status 1 if not)", Macro(InFlightMode.Run)),
    ("hostile", "hostile peers at every door: memory, open files, and a good client's answers (exit status 1 if beyond the bounds)",
        Macro(HostileCampaign.Run)),
    ("doors", "memcache, DNSBL zone and policy doors beside memcached, rbldnsd, unbound and a constant",
        Macro(bench => DoorsMode.RunAsync(bench).GetAwaiter().GetResult())),
    ("door-faults", "what Postfix's clients notice when the node dies, stops, is slow; beside memcached and unbound (exit status 1 if "
        + "mail was lost)", Async(DoorFaultsMode.RunAsync)),
    ("limit", "the load client against the limit alone: what this machine can show at best", Macro(LimitMode.Run)),
    ("entry-memory", "bytes of the heap per entry in a bucket and in a near cache",
        arguments => EntryMemoryMode.Run(BenchmarkOptions.Parse(arguments))),
    ("fleet-push", "time from a reply at one node to a near hit at two others", Async(PushMode.RunAsync)),
    ("fleet-rates", "passes pushed and remote look-ups a second between two nodes, beside a bare Ask of the region",
        Async(RatesMode.RunAsync)),
    ("rest", "start, memory and CPU of nodes that nobody asks: one, three, three with PostgreSQL and TLS", Async(RestMode.RunAsync)),
    ("fleet-flight", "queries per client and list with 1, 3 and 5 nodes that have just started (exit status 1 if above 1.02 or late)",
        Async(FlightMode.RunAsync)),
    ("fleet-entries", "a million entries over 3 nodes and on one: memory, store, recovery", Async(EntriesMode.RunAsync)),
    ("fleet-bans", "100,000 bans and restarts of every kind (exit status 1 if a banned client passed)", Async(BansMode.RunAsync)),
    ("fleet-starts", "starts of every kind of fleet (exit status 1 if one was not one cluster)", Async(StartsMode.RunAsync)),
    ("fleet-churn", "hours of churn with a moved clock: size of the database", Async(_ => ChurnMode.RunAsync())),
    ("pods", "a StatefulSet's pods, DNS and database as Kubernetes runs them, under load: scaling, updates, losses, cuts; needs root "
        + "(exit status 1 if a query, a ban or a pass was lost)", Async(PodsMode.RunAsync)),
    ("store-load", "a million entries on SQLite: time until the buckets of a single node hold them", Async(_ => StoreModes.LoadAsync())),
    ("store-lock", "SQLite locked for 20 s: what the thread pool notices", Async(_ => StoreModes.LockAsync())),
    ("house", "how large the parts of the code are, and which folders use which (takes the root of another checkout)", HouseMode.Run),
    ("micro", "BenchmarkDotNet: parsers, near cache, scores, networks, lines of the decision log (takes its arguments, such as --filter)",
        MicroMode.Run),
    ("dns-clients", "our DNS transport beside DnsClient (own, dnsclient: only that one)",
        arguments => DnsClients.RunAsync(arguments).Result),
    ("mail-lab", "two Postfix beside a fleet of two, until ended (tests/EndToEnd.Tests/mail-lab.sh)",
        doors => MailLabMode.RunAsync(doors).GetAwaiter().GetResult()),
    ("echo-server", "the limit by itself: answers every query with a constant, until ended", arguments => Serve(EchoServer.Run, arguments)),
    ("bare-server", "the limit of .NET's own sockets by itself", arguments => Serve(BareServer.Run, arguments)),
    ("plugin-load", "new clients at a fixed rate at a node that runs already, named by --target (exit status 1 if one was not answered)",
        arguments => PluginLoadMode.Run(BenchmarkOptions.Parse(arguments))),
    ("fake-lists", "fake DNSBLs by themselves: answer after --delay, until ended", arguments => Lists(BenchmarkOptions.Parse(arguments))),
];

if (args is [] or ["--help" or "-h", ..])
{
    PrintHelp(args is [] ? Console.Error : Console.Out);
    return args is [] ? WrongUsage : 0;
}

var mode = Array.Find(modes, m => m.Name == args[0]);
if (mode.Run is null)
    return Refuse($"unknown mode {args[0]}; --help lists them");
try
{
    return mode.Run(args[1..]);
}
catch (UsageException fault)
{
    return Refuse(fault.Message);
}
catch (Exception fault) when (fault is ServerException or SkipException or TimeoutException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static Func<string[], int> Macro(Func<Bench, int> run) => arguments =>
{
    using var bench = new Bench(BenchmarkOptions.Parse(arguments));
    return run(bench);
};

static Func<string[], int> Async(Func<BenchmarkOptions, Task<int>> run) =>
    arguments => run(BenchmarkOptions.Parse(arguments)).GetAwaiter().GetResult();

static int Serve(Action<string> run, string[] arguments)
{
    var path = BenchmarkOptions.Parse(arguments).Unix;
    run(path.Length > 0 ? path : Path.Combine(Directory.CreateTempSubdirectory("screening-bench-").FullName, "limit.sock"));
    return 0;
}

static int Lists(BenchmarkOptions options)
{
    FakeLists.Run(options.Delay, options.Times);
    return 0;
}

static int Refuse(string message)
{
    Console.Error.WriteLine($"benchmarks: {message}");
    return WrongUsage;
}

void PrintHelp(TextWriter output)
{
    output.WriteLine("Usage: dotnet run -c Release --project tests/Benchmarks -- MODE [options]");
    output.WriteLine();
    foreach (var (name, what, _) in modes)
        output.WriteLine($"  {name,-15}{what}");
    output.WriteLine();
    output.WriteLine(BenchmarkOptions.Help);
}
