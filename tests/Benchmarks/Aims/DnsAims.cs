using System.Net;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Aims;

/// <summary>The zone over UDP, beside rbldnsd with an all but empty zone, and unbound with the answers in its cache.</summary>
internal static class DnsAims
{
    private static readonly LoadShape Shape = new(4, 64);
    private static readonly DoorTalk Talk = DoorTalk.Dns(Subjects.Client, Subjects.Clients);

    public static async Task RunAsync(AimsRun run)
    {
        var node = run.Node;
        var own = Subjects.Datagrams(run, "node", node.EndpointOf("dnsbl", "udp"), Talk, Shape, node.Usage);
        var toRbldnsd = new Aim($"DNSBL zone, UDP {Shape}, of rbldnsd", 0.75);
        var toUnbound = new Aim($"DNSBL zone, UDP {Shape}, of unbound", 1);
        var missing = run.IsSmoke ? "a smoke run has no peers" : Requires.Find("rbldnsd") is null ? "rbldnsd is not installed" : null;
        if (missing is not null)
        {
            Subjects.WarmUp(run, own);
            Series.RunInTurn(run, own);
            Series.Print($"DNSBL zone, UDP {Shape}", [own]);
            run.Aims.AddMissing(toRbldnsd, missing);
            run.Aims.AddMissing(toUnbound, missing);
            return;
        }

        await using var rbldnsd = await RblDnsd.StartAsync(
            null, Peer.FreeEndPoint(), new Dictionary<string, Listing[]> { [DoorTalk.Zone] = [new Listing("127.0.0.2", "127.0.0.2")] });
        await using var unbound = Requires.Find("unbound") is null ? null : await Unbound.StartAsync(
            null, Peer.FreeEndPoint(), new Dictionary<string, IPEndPoint> { [DoorTalk.Zone] = rbldnsd.EndPoint });
        var authority = Subjects.Datagrams(run, "rbldnsd", rbldnsd.EndPoint, Talk, Shape);
        var resolver = unbound is null ? null : Subjects.Datagrams(run, "unbound", unbound.EndPoint, Talk, Shape);
        Series[] all = resolver is null ? [authority, own] : [authority, resolver, own];
        Subjects.WarmUp(run, all);
        Series.RunInTurn(run, all);
        Series.Print($"DNSBL zone, UDP {Shape}", all);
        run.Aims.Add(toRbldnsd, own.RatioTo(authority));
        if (resolver is null)
            run.Aims.AddMissing(toUnbound, "unbound is not installed");
        else
            run.Aims.Add(toUnbound, own.RatioTo(resolver));
    }
}
