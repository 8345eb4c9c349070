using System.Net;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Aims;

/// <summary>The servers that several parts of the table measure, and how.</summary>
internal static class Subjects
{
    /// <summary>Clients that have passed before; enough that no cache line stays hot by itself.</summary>
    public const int Clients = 1000;

    private const int MaxTries = 5;
    private static readonly uint First = LoadClients.Parse("198.18.0.0");

    /// <summary>The address of a client that has passed.</summary>
    public static uint Client(int number) => First + (uint)(number % Clients);

    /// <summary>Starts a node with all doors, whose near cache and times hold the clients.</summary>
    /// <param name="environment">Variables for it, as <c>NAME=value</c>.</param>
    public static ServerProcess StartWarmNode(AimsRun run, params string[] environment)
    {
        using var lists = run.Bench.StartLists(0);
        var node = run.Bench.StartNodeIn(
            environment,
            [
                "endpoints.memcache=[\"tcp://127.0.0.1:0\"]", "endpoints.policy=[\"tcp://127.0.0.1:0\"]",
                "endpoints.dnsbl=[\"udp://127.0.0.1:0\"]", $"endpoints.dnsblog=[\"unix://{run.Bench.Folder}/dnsblog\"]",
                Bench.Resolver(lists.EndpointOf("dns", "udp")), "dnsbl.sites=\"l0.test*1\"",
            ]);
        try
        {
            Fill(run, node);
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>The plug-in protocol, and what looks like it.</summary>
    public static Series Plugin(AimsRun run, string name, ServerProcess server, string scheme, LoadShape shape) => new(
        $"{name} {scheme} {shape}",
        length =>
        {
            using var load = new PluginLoad(server.PluginEndpoint(scheme), shape.Connections);
            return load.RunClosed(shape.Depth, run.WarmUp, length, LoadClients.Repeat(First, Clients), server.Usage);
        });

    /// <summary>A door whose answers keep their order.</summary>
    /// <param name="usage">Whose CPU time counts; null: nobody's.</param>
    public static Series Door(AimsRun run, string name, EndPoint target, DoorTalk talk, LoadShape shape, ProcessUsage? usage = null) => new(
        $"{name} {shape}",
        length =>
        {
            using var load = new DoorLoad(target, shape.Connections, talk);
            return load.Run(shape.Depth, run.WarmUp, length, usage);
        });

    /// <summary>DNS over UDP.</summary>
    public static Series Datagrams(AimsRun run, string name, EndPoint target, DoorTalk talk, LoadShape shape, ProcessUsage? usage = null) =>
        new(
            $"{name} {shape}",
            length =>
            {
                using var load = new DatagramLoad(target, shape.Connections, talk);
                return load.Run(shape.Depth, run.WarmUp, length, usage);
            });

    /// <summary>Lets the runtime compile what is hot.</summary>
    public static void WarmUp(AimsRun run, params IEnumerable<Series> all)
    {
        foreach (var series in all)
            run.Count($"{series.Name}, warm-up", series.Measure(run.CompileTime));
    }

    // A client whose list was slow while the node was still compiling its code has no pass that is kept: it is asked about again.
    private static void Fill(AimsRun run, ServerProcess node)
    {
        using var load = new PluginLoad(node.PluginEndpoint("tcp"), 1);
        for (var tries = 0; ; tries++)
        {
            var filled = run.Count("first verdicts", load.RunOpen(Clients, 2000, LoadClients.Repeat(First, Clients)));
            if (filled.All.CompletePass == Clients)
                break;
            if (tries == MaxTries)
                throw new ServerException($"{filled.All.CompletePass} of {Clients} clients passed completely");
        }

        using var times = new DoorLoad(node.EndpointOf("memcache", "tcp"), 1, DoorTalk.MemcacheFill(Client, Clients));
        run.Count("memcache set", times.RunOnce(Clients));
    }
}
