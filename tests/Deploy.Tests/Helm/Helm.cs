using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Helm;

/// <summary>Runs helm on the chart; needs no cluster.</summary>
internal static class Helm
{
    public const string Release = "screening";

    public static readonly string Chart = Repository.File("deploy/helm/screening");

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>The chart as it would be installed into the namespace mail. Skips the test where there is no helm.</summary>
    /// <param name="arguments">Values, as <c>--values FILE</c> or <c>--set NAME=VALUE</c>.</param>
    public static async Task<string> RenderAsync(params string[] arguments)
    {
        var result = await RunAsync(["template", Release, Chart, "--namespace", "mail", .. arguments]);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException(result.ToString());
    }

    /// <summary>The options for a file of <c>examples</c>; none for the defaults.</summary>
    public static string[] Example(string name) => name.Length == 0 ? [] : ["--values", Path.Combine(Chart, "examples", name + ".yaml")];

    public static Task<CommandResult> RunAsync(params string[] arguments) =>
        RunningProcess.RunAsync(new LaunchPlan(Program(), arguments), Limit);

    /// <summary>helm, of this machine or unpacked by test.sh. Skips the test where there is none.</summary>
    public static string Program()
    {
        var program = Requires.Find("helm") ?? Path.Combine(Requires.FolderOf("kubernetes"), "helm", "helm");
        Skip.IfNot(File.Exists(program), "needs the program helm, of version 3");
        return program;
    }
}
