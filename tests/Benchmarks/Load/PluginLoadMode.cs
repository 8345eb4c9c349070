using System.Globalization;
using System.Net;

namespace Screening.Benchmarks.Load;

/// <summary>The load client by itself, against a node that runs already: new clients at a fixed rate.</summary>
internal static class PluginLoadMode
{
    private const int Connections = 16;
    private const int DefaultSeconds = 20;
    private const int DefaultRate = 60;

    /// <returns>Exit status 1 if a query was not answered exactly once.</returns>
    public static int Run(BenchmarkOptions options)
    {
        if (!IPEndPoint.TryParse(options.Target, out var target))
            throw new UsageException("--target ADDRESS:PORT names the plug-in door");
        var clients = new LoadClients();
        using var load = new PluginLoad(target, Connections);
        var rate = options.Rate ?? DefaultRate;
        var count = (int)(rate * options.Length(DefaultSeconds).TotalSeconds);
        var result = load.RunOpen(count, rate, _ => clients.NextClean());
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Sent} queries at {rate}/s, {result.Lost} unanswered, {result.All.CompletePass} complete passes, "
                + $"p50 {result.All.Latency.Percentile(.5).TotalMilliseconds:0.0} ms, "
                + $"p99 {result.All.Latency.Percentile(.99).TotalMilliseconds:0.0} ms"));
        return result.Lost + result.Duplicates + result.Wrong == 0 ? 0 : 1;
    }
}
