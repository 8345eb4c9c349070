using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Aims;

/// <summary>What the node allocates for a hit, log and metrics included: all of the process, less what it allocates at rest.</summary>
internal static class AllocationAims
{
    private static readonly LoadShape Shape = new(16, 4);

    public static Task RunAsync(AimsRun run)
    {
        var (node, clients) = (run.Node, Subjects.Clients);
        Series[] doors =
        [
            Subjects.Plugin(run, "plug-in", node, "tcp", Shape),
            Subjects.Door(run, "policy", node.EndpointOf("policy", "tcp"), DoorTalk.Policy(Subjects.Client, clients), Shape),
            Subjects.Door(run, "memcache", node.EndpointOf("memcache", "tcp"), DoorTalk.Memcache(Subjects.Client, clients), Shape),
            Subjects.Datagrams(run, "DNS over UDP", node.EndpointOf("dnsbl", "udp"), DoorTalk.Dns(Subjects.Client, clients), Shape),
        ];
        var meter = run.Allocated;
        Subjects.WarmUp(run, doors);
        var before = meter.Read();
        Thread.Sleep(run.Length);
        var atRest = (meter.Read() - before) / run.Length.TotalSeconds;
        foreach (var door in doors)
        {
            var aim = new Aim($"allocated for a hit, {door.Name}", 0.5, " B", AtMost: true);
            run.Aims.Add(aim, Enumerable.Range(0, run.Rounds).Select(_ => Measure(run, meter, door, atRest)).ToList());
        }

        return Task.CompletedTask;
    }

    // Connections, warm-up and all: so many hits leave nothing of what is allocated once.
    private static double Measure(AimsRun run, AllocationMeter meter, Series door, double atRest)
    {
        var (before, clock) = (meter.Read(), System.Diagnostics.Stopwatch.StartNew());
        var result = run.Count(door.Name, door.Measure(run.Length));
        var bytes = meter.Read() - before - (atRest * clock.Elapsed.TotalSeconds);
        return Math.Max(0, bytes / result.Answered);
    }
}
