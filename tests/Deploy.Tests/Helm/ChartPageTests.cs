using Screening.Deploy.Tests.Kubernetes;
using Screening.Testing.Documentation;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Helm;

/// <summary>The commands of the chart's page are run, with a helm that renders where it would install, and without a cluster.</summary>
public sealed class ChartPageTests
{
    private const string Shims = """
        helm() { local words=("$@"); words[2]=template; "$HELM" "${words[@]}" >>"$OUTPUT"; }
        kubectl() { echo "kubectl $*" >>"$OUTPUT"; }

        """;

    private static readonly MarkdownPage Page = MarkdownPage.Read("deploy/helm/screening/README.md");

    [SkippableFact]
    public async Task Needs_helm__Commands_of_the_page_fit_the_chart()
    {
        using var folder = new TemporaryFolder();
        File.CreateSymbolicLink(folder["deploy"], Repository.File("deploy"));
        var blocks = Page.Blocks.Where(block => block.RunBy == nameof(ChartPageTests)).ToList();
        Assert.NotEmpty(blocks);
        var result = await RunningProcess.RunAsync(
            new LaunchPlan("bash", "-euc", Shims + string.Concat(blocks.Select(block => block.Text)))
            {
                Folder = folder.Root,
                Environment = new Dictionary<string, string?> { ["HELM"] = Helm.Program(), ["OUTPUT"] = folder["output"] },
            },
            TimeSpan.FromMinutes(1));
        Assert.True(result.ExitCode == 0, result.ToString());
        var output = await File.ReadAllTextAsync(folder["output"]);
        Assert.Contains("create secret generic screening-store --from-literal=connection=", output, StringComparison.Ordinal);
        Assert.Contains("name: screening-store\n                  key: connection\n", output, StringComparison.Ordinal);
        Assert.Contains("create secret generic screening-tls --from-file=tls.crt --from-file=tls.key --from-file=ca.crt", output);
        Assert.Contains("secretName: screening-tls\n", output, StringComparison.Ordinal);
        Assert.Contains("image: \"registry.example/mail/screening:", output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Needs_helm__Values_of_the_page_are_values()
    {
        using var folder = new TemporaryFolder();
        foreach (var block in Page.Blocks.Where(block => block.Language == "yaml"))
        {
            await File.WriteAllTextAsync(folder["values.yaml"], block.Text);
            Assert.NotEmpty(YamlDocuments.Parse(await Helm.RenderAsync("--values", folder["values.yaml"])));
        }
    }

    [Fact]
    public void Every_example_is_on_the_page() => Assert.All(
        Directory.EnumerateFiles(Path.Combine(Helm.Chart, "examples")),
        file => Assert.Contains(Page.Lines, line => line.Text.StartsWith($"| `{Path.GetFileName(file)}` |", StringComparison.Ordinal)));
}
