using System.Net;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Aims;

/// <summary>postscreen's own times out of the node, beside memcached with one thread.</summary>
internal static class MemcacheAims
{
    private static readonly (LoadShape Shape, double Aim)[] Shapes = [(new(64, 1), 0.65), (new(8, 32), 3)];
    private static readonly DoorTalk Talk = DoorTalk.Memcache(Subjects.Client, Subjects.Clients);

    public static async Task RunAsync(AimsRun run)
    {
        var node = run.Node;
        var door = node.EndpointOf("memcache", "tcp");
        var missing = run.IsSmoke ? "a smoke run has no peers"
            : Requires.Find("memcached") is null ? "memcached is not installed" : null;
        await using var memcached = missing is null
            ? await Memcached.StartAsync(null, Peer.FreeEndPoint(), threads: 1) : null;
        if (memcached is not null)
            Fill(run, memcached.EndPoint);
        foreach (var (shape, bound) in Shapes)
        {
            var aim = new Aim($"memcache get, {shape}, of memcached with one thread", bound);
            var own = Subjects.Door(run, "node", door, Talk, shape, node.Usage);
            Series[] all = memcached is null ? [own] : [Subjects.Door(run, "memcached", memcached.EndPoint, Talk, shape), own];
            Subjects.WarmUp(run, all);
            Series.RunInTurn(run, all);
            Series.Print($"Memcache door, {shape}", all);
            if (memcached is null)
                run.Aims.AddMissing(aim, missing!);
            else
                run.Aims.Add(aim, own.RatioTo(all[0]));
        }
    }

    private static void Fill(AimsRun run, EndPoint door)
    {
        using var load = new DoorLoad(door, 1, DoorTalk.MemcacheFill(Subjects.Client, Subjects.Clients));
        run.Count("memcache set", load.RunOnce(Subjects.Clients));
    }
}
