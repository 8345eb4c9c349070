using System.Globalization;
using Screening.Benchmarks.Macro;

namespace Screening.Benchmarks.Aims;

/// <summary>
/// One table of all that the project wants to reach in speed and size, with the programs of Debian that do the same work, each started
/// here, measured in turn with the node on the same machine.
/// </summary>
internal static class AimsMode
{
    private static readonly (string Name, Func<AimsRun, Task> RunAsync)[] Parts =
    [
        ("hits", HitAims.RunAsync),
        ("policy", PolicyAims.RunAsync),
        ("memcache", MemcacheAims.RunAsync),
        ("dnsbl", DnsAims.RunAsync),
        ("dnsblog", DnsblogAims.RunAsync),
        ("cold", ColdAims.RunAsync),
        ("delays", DelayAims.RunAsync),
        ("allocation", AllocationAims.RunAsync),
        ("rest", RestAims.RunAsync),
        ("fleet", FleetAims.RunAsync),
    ];

    /// <returns>1 if a query was not answered exactly once; no figure changes that.</returns>
    public static async Task<int> RunAsync(Bench bench)
    {
        using var run = new AimsRun(bench);
        var parts = Parts.Where(p => bench.Options.IsMeantPhase(p.Name)).ToList();
        if (parts.Count == 0)
            throw new UsageException($"--only: the parts are {string.Join(", ", Parts.Select(p => p.Name))}");
        foreach (var (_, runAsync) in parts)
            await runAsync(run);
        run.Aims.Print();
        foreach (var fault in run.Faults)
            Console.WriteLine($"not answered exactly once: {fault}");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{run.Queries:N0} queries, {run.Faults.Count} measurements with a lost, doubled or wrong answer"));
        return run.Faults.Count == 0 ? 0 : 1;
    }
}
