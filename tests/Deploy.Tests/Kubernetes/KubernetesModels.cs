using System.Text.Json;
using System.Text.Json.Nodes;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>
/// The checker kubernetes-models (npm), which tells missing fields and wrong types, as the API server's own schemas have them. It knows
/// nothing of unknown fields.
/// </summary>
internal static class KubernetesModels
{
    private static readonly string Folder = Requires.FolderOf("kubernetes-models");

    /// <summary>Skips the test where the checker is missing.</summary>
    public static void Require()
    {
        Requires.Programs("node");
        Skip.IfNot(
            Directory.Exists(Path.Combine(Folder, "node_modules", "kubernetes-models")),
            "needs the npm package kubernetes-models, downloaded by test.sh");
    }

    /// <returns>The faults of each group of objects. One run for all, because the start takes longest.</returns>
    public static async Task<string[][]> FaultsAsync(IEnumerable<IEnumerable<JsonObject>> groups)
    {
        var input = new JsonArray([.. groups.Select(group => new JsonArray([.. group.Select(document => document.DeepClone())]))]);
        var script = Repository.File("tests/Deploy.Tests/Kubernetes/validate.mjs");
        var result = await RunningProcess.RunAsync(
            new LaunchPlan("node", script, Folder), TimeSpan.FromMinutes(1), input.ToJsonString());
        Assert.True(result.ExitCode == 0, result.ToString());
        return JsonSerializer.Deserialize<string[][]>(result.Output)!;
    }
}
