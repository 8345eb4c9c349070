using System.Net;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Benchmarks.Processes;
using Screening.Testing.Lab;
using Bench = Screening.Benchmarks.Macro.Bench;

namespace Screening.Benchmarks.Aims;

/// <summary>
/// Clients that nobody has asked about, with ten lists on a local rbldnsd, beside rspamd and postfwd with the same lists. rspamd has one
/// worker and no other check, postfwd no other rule.
/// </summary>
internal static class ColdAims
{
    // postfwd knows no other port than 53.
    private static readonly IPEndPoint Lists = new(IPAddress.Parse("127.0.0.77"), 53);
    private static readonly LoadShape Shape = new(64, 4);
    private static readonly LoadShape PeerShape = new(16, 1);
    private static readonly string[] Zones = [.. Enumerable.Range(0, 10).Select(i => $"l{i}.test")];

    /// <summary>The setting that names ten lists; a client that none lists needs the answers of all.</summary>
    public static string TenLists => $"dnsbl.sites=\"{string.Join(", ", Zones.Select(zone => $"{zone}*1"))}\"";

    public static async Task RunAsync(AimsRun run)
    {
        var greatest = new Aim("cold verdicts, ten lists", 3000, "/s");
        var clients = new LoadClients();
        if (run.IsSmoke)
            return; // The part of delays has new clients as well.
        if (!Environment.IsPrivilegedProcess || Requires.Find("rbldnsd") is null)
        {
            using var lists = run.Bench.StartLists(0);
            using var alone = run.Bench.StartNode(lists, TenLists);
            Measure(run, greatest, Node(run, alone, clients));
            run.Aims.AddMissing(new Aim("cold verdicts, times rspamd and postfwd", 5), "needs root, rbldnsd and the two");
            return;
        }

        await using var rbldnsd = await RblDnsd.StartAsync(
            null, Lists, Zones.ToDictionary(zone => zone, _ => (Listing[])[new Listing("198.19.0.0/16", "127.0.0.2")]));
        using var node = run.Bench.StartNode(null, TenLists, Bench.Resolver(Lists));
        var own = Node(run, node, clients);
        Measure(run, greatest, own);
        using var log = SystemLog.Provide();
        await CompareAsync(
            run, own, "rspamd", () => DebianPeers.StartRspamdAsync(Lists), DoorTalk.Rspamd(_ => clients.NextClean().Address));
        await CompareAsync(
            run, own, "postfwd", () => DebianPeers.StartPostfwdAsync(Lists.Address), DoorTalk.Policy(_ => clients.NextClean().Address, 0));
    }

    /// <summary>The node with clients that are all new, in a closed loop.</summary>
    public static Series Node(AimsRun run, ServerProcess node, LoadClients clients) => new(
        $"node {Shape}",
        length =>
        {
            using var load = new PluginLoad(node.PluginEndpoint("tcp"), Shape.Connections);
            return load.RunClosed(Shape.Depth, run.WarmUp, length, _ => clients.NextClean(), node.Usage);
        });

    private static void Measure(AimsRun run, Aim aim, Series own)
    {
        Subjects.WarmUp(run, own);
        Series.RunInTurn(run, own);
        Series.Print("Cold verdicts, ten lists", [own]);
        run.Aims.Add(aim, own.Runs.Select(r => r.PerSecond));
    }

    private static async Task CompareAsync(AimsRun run, Series own, string program, Func<Task<Peer>> startAsync, DoorTalk talk)
    {
        var aim = new Aim($"cold verdicts, ten lists, times {program}", 5);
        if (Peer.Missing(program) is { } missing)
        {
            run.Aims.AddMissing(aim, missing);
            return;
        }

        await using var peer = await startAsync();
        var ours = own with { };
        var other = Subjects.Door(run, program, peer.EndPoint, talk, PeerShape);
        Subjects.WarmUp(run, other);
        Series.RunInTurn(run, other, ours);
        Series.Print($"Cold verdicts beside {program}, ten lists", [ours, other]);
        run.Aims.Add(aim, ours.RatioTo(other));
    }
}
