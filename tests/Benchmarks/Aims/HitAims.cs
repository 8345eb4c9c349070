using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Aims;

/// <summary>
/// Clients that have passed before, at the plug-in door: beside the minimal server, and beside what .NET's own sockets reach.
/// </summary>
internal static class HitAims
{
    private static readonly LoadShape Wide = new(64, 1);
    private static readonly LoadShape Deep = new(8, 32);

    public static Task RunAsync(AimsRun run)
    {
        var node = run.Node;
        using var limit = run.Bench.StartEcho();
        using var bare = run.Bench.StartBare();
        Measure(run, node, limit, bare, "tcp", Wide, 0.60);
        Measure(run, node, limit, bare, "tcp", Deep, 0.70);
        Measure(run, node, limit, bare, "unix", Wide, 0.45);
        return Task.CompletedTask;
    }

    private static void Measure(
        AimsRun run, ServerProcess node, ServerProcess limit, ServerProcess bare, string scheme, LoadShape shape, double aim)
    {
        var own = Subjects.Plugin(run, "node", node, scheme, shape);
        var constant = Subjects.Plugin(run, "minimal server", limit, scheme, shape);
        var sockets = Subjects.Plugin(run, "bare .NET sockets", bare, scheme, shape);
        Subjects.WarmUp(run, own, constant, sockets);
        Series.RunInTurn(run, constant, sockets, own);
        Series.Print($"Plug-in door, hits, {scheme} {shape}", [own, sockets, constant]);
        run.Aims.Add(new Aim($"plug-in hit, {scheme} {shape}, of the minimal server", aim), own.RatioTo(constant));
        if (scheme == "tcp")
            run.Aims.Add(new Aim($"plug-in hit, {scheme} {shape}, of bare .NET sockets", 0.95), own.RatioTo(sockets));
    }
}
