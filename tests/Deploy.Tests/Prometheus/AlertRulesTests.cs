using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>The alert rules without a server: their form, their unit tests, and their runbook.</summary>
public sealed partial class AlertRulesTests
{
    private static readonly string Folder = Repository.File("deploy/prometheus");
    private static readonly string Rules = File.ReadAllText(Path.Combine(Folder, "screening.rules.yaml"));
    private static readonly IReadOnlyList<string> Alerts = [.. Alert().Matches(Rules).Select(alert => alert.Groups["name"].Value)];

    [SkippableFact]
    public async Task Needs_promtool__Rules_and_configuration_have_no_fault()
    {
        await AssertPasses("check", "rules", "screening.rules.yaml");
        await AssertPasses("check", "config", "prometheus.yml");
    }

    [SkippableFact]
    public async Task Needs_promtool__Each_alert_fires_when_it_must_and_only_then() =>
        await AssertPasses(["test", "rules", .. Directory.EnumerateFiles(Path.Combine(Folder, "tests"), "*.yaml").Order()]);

    [SkippableFact]
    public async Task Needs_promtool__A_threshold_that_is_moved_is_noticed()
    {
        using var folder = new TemporaryFolder();
        var tests = folder.MakeFolder("tests");
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "tests"), "*.yaml"))
            File.Copy(file, Path.Combine(tests, Path.GetFileName(file)));
        var moved = Rules.Replace("screening_store_queue > 1000", "screening_store_queue > 999", StringComparison.Ordinal);
        File.WriteAllText(folder["screening.rules.yaml"], moved);

        var result = await RunAsync(["test", "rules", Path.Combine(tests, "fleet.yaml")]);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("ScreeningStoreQueue", $"{result}", StringComparison.Ordinal);
    }

    [Fact]
    public void Each_alert_is_tested_firing_and_silent()
    {
        var tests = Directory.EnumerateFiles(Path.Combine(Folder, "tests"), "*.yaml").Select(File.ReadAllText)
            .SelectMany(text => Expectation().Matches(text))
            .ToLookup(test => test.Groups["name"].Value, test => test.Groups["none"].Success);
        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert => Assert.True(tests[alert].Contains(true) && tests[alert].Contains(false), alert));
    }

    [Fact]
    public void Each_alert_says_how_bad_it_is_and_what_to_do()
    {
        foreach (var (name, body) in Alerts.Zip(Rules.Split("- alert: ").Skip(1)))
        {
            Assert.Matches("severity: (critical|warning)\n", body);
            Assert.Matches("\n +summary: .", body);
            Assert.Matches("\n +description: .", body);
            Assert.Contains(name.ToLowerInvariant(), Runbook().Match(body).Groups["heading"].Value + "soon", StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_runbook_has_a_section_for_each_alert_and_no_other()
    {
        var wanted = Runbook().Matches(Rules).Select(link => link.Groups["heading"].Value).ToHashSet();
        var sections = File.ReadLines(Repository.File("docs/alerts.md")).Where(line => line.StartsWith("## ", StringComparison.Ordinal))
            .Select(line => line[3..].ToLowerInvariant());
        Assert.Equal(wanted.Order(), sections.Order());
    }

    private static async Task AssertPasses(params string[] arguments)
    {
        var result = await RunAsync(arguments);
        Assert.True(result.ExitCode == 0, $"{result}");
    }

    private static Task<CommandResult> RunAsync(string[] arguments)
    {
        var (promtool, _) = Requires.Unpacked("prometheus", "usr/bin/promtool");
        return RunningProcess.RunAsync(new LaunchPlan(promtool, arguments) { Folder = Folder }, Waiting.Limit);
    }

    [GeneratedRegex("- alert: (?<name>[A-Za-z]+)\n")]
    private static partial Regex Alert();

    [GeneratedRegex("runbook: docs/alerts.md#(?<heading>[a-z]+)\n")]
    private static partial Regex Runbook();

    // The query of a test and the first line of what it expects.
    [GeneratedRegex("ALERTS\\{alertname=\"(?<name>[A-Za-z]+)\"[^\n]*\n *eval_time: [^\n]*\n *exp_samples:(?<none> \\[\\])?\n")]
    private static partial Regex Expectation();
}
