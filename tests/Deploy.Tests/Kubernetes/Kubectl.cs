using System.Globalization;
using System.Text.Json;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>Renders folders of manifests with <c>kubectl kustomize</c>, which needs no cluster.</summary>
internal static class Kubectl
{
    // Components came with kustomize 3.7, which kubectl has since 1.21; Debian's kubectl is older.
    private const int OldestMinor = 21;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly Lazy<Task<string?>> Program = new(FindAsync);

    /// <summary>The program. Skips the test where there is none, of this machine or unpacked by test.sh.</summary>
    public static async Task<string> NeedAsync()
    {
        var program = await Program.Value;
        Skip.If(program is null, FormattableString.Invariant($"needs the program kubectl, 1.{OldestMinor} or later"));
        return program!;
    }

    /// <summary>A folder's manifests, as they would be applied. Skips the test where there is no kubectl.</summary>
    /// <param name="folder">Absolute path.</param>
    public static async Task<string> RenderAsync(string folder)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan(await NeedAsync(), "kustomize", folder), Limit);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{folder}: {result}");
    }

    /// <summary>A folder's manifests with components: a kustomization that an operator could write.</summary>
    /// <param name="settings">Its first lines, such as the namespace; may be empty.</param>
    public static async Task<string> RenderAsync(string folder, IEnumerable<string> components, string settings)
    {
        using var own = new TemporaryFolder();
        string Line(string path) => $"  - {Path.GetRelativePath(own.Root, path)}\n";
        await File.WriteAllTextAsync(
            own["kustomization.yaml"],
            $"{settings}resources:\n{Line(folder)}components:\n{string.Concat(components.Select(Line))}");
        return await RenderAsync(own.Root);
    }

    private static async Task<string?> FindAsync()
    {
        string?[] programs = [Path.Combine(Requires.FolderOf("kubernetes"), "kubectl", "kubectl"), Requires.Find("kubectl")];
        foreach (var program in programs.OfType<string>().Where(File.Exists))
        {
            if (await MinorOfAsync(program) >= OldestMinor)
                return program;
        }

        return null;
    }

    private static async Task<int> MinorOfAsync(string program)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan(program, "version", "--client", "--output=json"), Limit);
        if (result.ExitCode != 0)
            return 0;
        using var version = JsonDocument.Parse(result.Output);
        var minor = version.RootElement.GetProperty("clientVersion").GetProperty("minor").GetString()!.TrimEnd('+');
        return int.Parse(minor, CultureInfo.InvariantCulture);
    }
}
