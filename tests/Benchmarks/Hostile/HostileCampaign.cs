using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Hostile;

/// <summary>
/// Hostile peers of every kind at every door of a node of its own: what memory and descriptors they cost, and whether a good client at the
/// same door is still answered. Loopback only, bounded in time and number.
/// </summary>
internal static class HostileCampaign
{
    private const int Peers = 1000;
    private const double MostMegabytes = 150;
    private const int FewFiles = 20;
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    // How long a node may take until all peers that are gone are forgotten.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    private static readonly (string Name, Action<HostilePeers> Attack)[] Attacks =
    [
        ("idle", peers => peers.Idle()),
        ("drip", peers => peers.Drip()),
        ("poison", peers => peers.Poison()),
        ("flood", peers => peers.Flood()),
        ("never read", peers => peers.NeverRead()),
    ];

    /// <returns>1 if peers that never read cost more than they may, or a good client got no answer.</returns>
    public static int Run(Bench bench)
    {
        var (count, length) = (bench.Options.Count ?? Peers, bench.Options.Length(10));
        var doors = HostileDoor.All.Where(door => bench.Options.Door is "" || bench.Options.Door == door.Name).ToList();
        if (doors.Count == 0)
        {
            throw new UsageException(
                $"--door: there is no {bench.Options.Door}; doors are {string.Join(", ", HostileDoor.All.Select(door => door.Name))}");
        }

        var table = new Table(
            $"{count} hostile peers at a time, {length.TotalSeconds:0} s each", "door", "peers", "RSS before MB", "at most", "after",
            "files before", "at most",
            "after", "good client: asked", "no answer", "median ms", "longest ms");
        var isWell = true;
        foreach (var door in doors)
        {
            using var node = StartNode(bench, door);
            var target = door.Kind == "cluster" ? node.EndpointOf("cluster", "tcp") : node.EndpointOf(door.Kind, door.Scheme);
            foreach (var (name, attack) in Attacks)
            {
                var watched = Watch(node, door, target, () => attack(new HostilePeers(door, target, count, length)));
                table.Add([door.Name, name, .. watched.Cells()]);
                isWell &= watched.NoAnswer == 0
                    && (name != "never read" || watched.Most.Megabytes - watched.Before.Megabytes < MostMegabytes);
            }
        }

        table.Print();
        return isWell ? 0 : 1;
    }

    private static ServerProcess StartNode(Bench bench, HostileDoor door)
    {
        var folder = Directory.CreateTempSubdirectory("screening-hostile-").FullName;
        var cluster = FreePort();
        string[] fleet = door.Kind == "cluster"
            ? [$"cluster.listen=127.0.0.1:{cluster}", $"cluster.seeds=[\"127.0.0.1:{cluster}\"]", "cluster.insecure=true",
                "store.provider=memory"]
            : [];
        string[] doors =
        [
            "endpoints.policy=[\"tcp://127.0.0.1:0\"]", "endpoints.memcache=[\"tcp://127.0.0.1:0\"]",
            "endpoints.dnsbl=[\"udp://127.0.0.1:0\",\"tcp://127.0.0.1:0\"]", $"endpoints.dnsblog=[\"unix://{folder}/dnsblog\"]",
            $"endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]",
        ];
        return bench.StartNode(null, [.. doors, .. fleet]);
    }

    // The campaign measures while it attacks: both take turns on threads of their own.
    private static Watched Watch(ServerProcess node, HostileDoor door, EndPoint target, Action attack)
    {
        Ask(door, target);
        var before = Usage.Of(node);
        var most = before;
        var asked = new List<double>();
        var noAnswer = 0;
        var attacking = Task.Factory.StartNew(attack, TaskCreationOptions.LongRunning);
        while (!attacking.Wait(TimeSpan.FromMilliseconds(100)))
        {
            var watch = Stopwatch.StartNew();
            if (Ask(door, target))
                asked.Add(watch.Elapsed.TotalMilliseconds);
            else
                noAnswer++;
            most = most.Max(Usage.Of(node));
        }

        for (var watch = Stopwatch.StartNew(); node.Usage.OpenFiles() > before.Files + FewFiles && watch.Elapsed < Patience;)
            Thread.Sleep(Calm);
        Thread.Sleep(Calm);
        return new Watched(before, most, Usage.Of(node), [.. asked.Order()], noAnswer);
    }

    // A datagram may be lost on the way, and a resolver asks again.
    private static bool Ask(HostileDoor door, EndPoint target) =>
        door.Ask(target) || (door.IsDatagram && (door.Ask(target) || door.Ask(target)));

    private static int FreePort()
    {
        var used = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Select(endpoint => endpoint.Port).ToHashSet();
        return Enumerable.Range(24_053, 1000).First(port => !used.Contains(port));
    }

    private readonly record struct Usage(double Megabytes, int Files)
    {
        public static Usage Of(ServerProcess node) => new(node.Usage.ResidentMegabytes(), node.Usage.OpenFiles());

        public Usage Max(Usage other) => new(Math.Max(Megabytes, other.Megabytes), Math.Max(Files, other.Files));
    }

    private sealed record Watched(Usage Before, Usage Most, Usage After, IReadOnlyList<double> Asked, int NoAnswer)
    {
        public string[] Cells() =>
        [
            Number(Before.Megabytes), Number(Most.Megabytes), Number(After.Megabytes), Number(Before.Files), Number(Most.Files),
            Number(After.Files),
            Number(Asked.Count + NoAnswer), Number(NoAnswer), Asked.At(.5).Figure(), Asked.At(1).Figure(),
        ];

        private static string Number(double value) => value.ToString("0", CultureInfo.InvariantCulture);
    }
}
