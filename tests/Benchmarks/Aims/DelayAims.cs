using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;

namespace Screening.Benchmarks.Aims;

/// <summary>
/// How long new clients wait, in an open loop: a query's time runs from when it was due, so that a stall counts for each query that it
/// held up.
/// </summary>
internal static class DelayAims
{
    private const int Connections = 16;
    private const int ListDelayMs = 20;
    private const int Steady = 200;
    private const int Burst = 1000;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    public static Task RunAsync(AimsRun run)
    {
        var greatest = run.IsSmoke ? Steady : Greatest(run);
        Answering(run, greatest / 2);
        Dead(run, greatest);
        return Task.CompletedTask;
    }

    // Verdicts a second with lists that answer at once.
    private static double Greatest(AimsRun run)
    {
        using var lists = run.Bench.StartLists(0);
        using var node = run.Bench.StartNode(lists, ColdAims.TenLists);
        var own = ColdAims.Node(run, node, new LoadClients());
        Subjects.WarmUp(run, own);
        Series.RunInTurn(run, own);
        Series.Print("Cold verdicts, ten fake lists that answer at once", [own]);
        return own.Runs.Select(r => r.PerSecond).Median();
    }

    private static void Answering(AimsRun run, double half)
    {
        var path = Path.Combine(run.Bench.Folder, "times");
        using var times = new AnswerTimes(path);
        using var lists = run.Bench.StartLists(ListDelayMs, path);
        using var node = run.Bench.StartNode(lists, ColdAims.TenLists);
        var clients = new LoadClients();
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        using var added = new PluginLoad([.. Enumerable.Repeat(node.PluginEndpoint("tcp"), Connections)]) { Times = times };
        var (steady, over) = (new List<LoadResult>(), new List<LoadResult>());
        Open(run, load, "warm-up", Steady, run.CompileTime, clients);
        for (var round = 0; round < run.Rounds; round++)
        {
            steady.Add(Open(run, load, "200/s", Steady, run.Length * 2, clients));
            over.Add(Open(run, added, "half of the greatest rate", half, run.Length * 2, clients));
        }

        var table = new Table($"New clients, ten lists of {ListDelayMs} ms", "load", "p50 ms", "p99 ms", "p99.9 ms", "max ms", "complete");
        Print(table, $"{Steady}/s", steady);
        Print(table, $"{half:0}/s, without the slowest answer", over);
        table.Print();
        run.Aims.Add(
            new Aim($"{Steady} new clients a second, ten lists of {ListDelayMs} ms, p99", 40, " ms", true), Percentiles(steady, .99));
        run.Aims.Add(new Aim("time added to a cold verdict at half of the greatest rate, p50", 1, " ms", true), Percentiles(over, .5));
        run.Aims.Add(new Aim("time added to a cold verdict at half of the greatest rate, p99", 5, " ms", true), Percentiles(over, .99));
    }

    // The lists' timeout lies far behind the deadline, so that neither it nor the breaker ends a query first.
    private static void Dead(AimsRun run, double greatest)
    {
        using var lists = run.Bench.StartLists(ListDelayMs);
        var sites = string.Join(", ", Enumerable.Range(0, 10).Select(i => $"d{i}.dead.test*1"));
        var deadline = run.IsSmoke ? TimeSpan.FromMilliseconds(200) : Deadline;
        using var node = run.Bench.StartNode(
            lists, $"dnsbl.sites=\"{sites}\"", "dnsbl.timeout=\"60s\"", $"verdict.deadline=\"{deadline.TotalMilliseconds:0}ms\"");
        var clients = new LoadClients();
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), Connections);
        Open(run, load, "warm-up", Steady, run.CompileTime, clients);
        var (rate, burst) = (new List<LoadResult>(), new List<LoadResult>());
        for (var round = 0; round < run.Rounds; round++)
        {
            rate.Add(Open(run, load, "every list dead", greatest, run.Length * 2, clients));
            burst.Add(run.Count("burst", load.RunOpen(Burst, double.PositiveInfinity, _ => clients.NextClean())));
        }

        IEnumerable<double> Late(List<LoadResult> runs) =>
            runs.Select(r => (r.All.Latency.Percentile(.999) - deadline).TotalMilliseconds);
        run.Aims.Add(new Aim($"past the deadline, {greatest:0}/s, every list dead, p99.9", 10, " ms", true), Late(rate));
        run.Aims.Add(new Aim($"past the deadline, burst of {run.Say(Burst)}, every list dead, p99.9", 10, " ms", true), Late(burst));
    }

    private static LoadResult Open(AimsRun run, PluginLoad load, string name, double rate, TimeSpan length, LoadClients clients) =>
        run.Count(name, load.RunOpen(Math.Max(1, (int)(rate * length.TotalSeconds)), rate, _ => clients.NextClean()));

    private static IEnumerable<double> Percentiles(List<LoadResult> runs, double share) =>
        runs.Select(r => r.All.Latency.Percentile(share).TotalMilliseconds);

    private static void Print(Table table, string load, List<LoadResult> runs) => table.Add(
        load,
        Percentiles(runs, .5).Median().Figure(), Percentiles(runs, .99).Median().Figure(), Percentiles(runs, .999).Median().Figure(),
        runs.Max(r => r.All.Latency.Max).Milliseconds(),
        ((double)runs.Sum(r => r.All.CompletePass) / runs.Sum(r => r.All.Latency.Count)).Share());
}
