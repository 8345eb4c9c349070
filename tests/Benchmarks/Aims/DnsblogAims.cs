using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Testing.Lab;

namespace Screening.Benchmarks.Aims;

/// <summary>The dnsblog door, a connection for each query as postscreen makes them, beside Postfix's own in front of unbound.</summary>
internal static class DnsblogAims
{
    private static readonly LoadShape Shape = new(16, 1);
    private static readonly DoorTalk Talk = DoorTalk.Dnsblog(Subjects.Client, Subjects.Clients);

    public static async Task RunAsync(AimsRun run)
    {
        var node = run.Node;
        var own = Subjects.Door(run, "node", node.EndpointOf("dnsblog", "unix"), Talk, Shape, node.Usage);
        var aim = new Aim($"dnsblog door, {Shape}, a connection per query, times dnsblog with unbound", 5);
        var missing = run.IsSmoke ? "a smoke run has no peers"
            : !Environment.IsPrivilegedProcess ? "needs root"
            : ((string[])["postfix", "unbound", "rbldnsd", "ip"]).FirstOrDefault(p => Requires.Find(p) is null) is { } program
                ? $"{program} is not installed" : null;
        if (missing is not null)
        {
            Subjects.WarmUp(run, own);
            Series.RunInTurn(run, own);
            Series.Print($"dnsblog door, {Shape}", [own]);
            run.Aims.AddMissing(aim, missing);
            return;
        }

        await using var stock = await StockDnsblog.StartAsync();
        var other = Subjects.Door(run, "dnsblog", stock.EndPoint, Talk, Shape);
        Subjects.WarmUp(run, own, other);
        Series.RunInTurn(run, other, own);
        Series.Print($"dnsblog door, {Shape}", [own, other]);
        run.Aims.Add(aim, own.RatioTo(other));
    }
}
