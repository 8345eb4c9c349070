using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Peers;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Aims;

/// <summary>Clients that have passed before, at the policy door: beside the minimal server and Debian's policy servers.</summary>
internal static class PolicyAims
{
    private static readonly LoadShape Shape = new(64, 1);
    private static readonly DoorTalk Talk = DoorTalk.Policy(Subjects.Client, Subjects.Clients);

    public static async Task RunAsync(AimsRun run)
    {
        var node = run.Node;
        using var limit = run.Bench.StartEcho();
        var own = Subjects.Door(run, "node", node.EndpointOf("policy", "tcp"), Talk, Shape, node.Usage);
        var constant = Subjects.Door(run, "minimal server", limit.EndpointOf("plugin", "tcp"), Talk, Shape, limit.Usage);
        Subjects.WarmUp(run, own, constant);
        Series.RunInTurn(run, constant, own);
        Series.Print($"Policy door, hits, {Shape}", [own, constant]);
        run.Aims.Add(new Aim($"policy hit, {Shape}, of the minimal server", 0.60), own.RatioTo(constant));
        if (run.IsSmoke)
            return;
        using var log = Environment.IsPrivilegedProcess ? SystemLog.Provide() : null;
        foreach (var (program, startAsync) in DebianPeers.Policy)
            await CompareAsync(run, node, program, startAsync);
    }

    private static async Task CompareAsync(AimsRun run, ServerProcess node, string program, Func<Task<Peer>> startAsync)
    {
        var aim = new Aim($"policy hit, {Shape}, times {program}", program == "grossd" ? 15 : 50);
        if (Peer.Missing(program) is { } missing)
        {
            run.Aims.AddMissing(aim, missing);
            return;
        }

        await using var peer = await startAsync();
        var own = Subjects.Door(run, "node", node.EndpointOf("policy", "tcp"), Talk, Shape, node.Usage);
        var other = Subjects.Door(run, program, peer.EndPoint, Talk, Shape);
        Subjects.WarmUp(run, other);
        Series.RunInTurn(run, other, own);
        Series.Print($"Policy door beside {program}, {Shape}", [own, other]);
        run.Aims.Add(aim, own.RatioTo(other));
    }
}
