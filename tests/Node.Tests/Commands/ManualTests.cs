using System.CommandLine;
using Screening.Node.Commands;
using Screening.Node.Configuration;
using Screening.Node.Postfix;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Commands;

/// <summary>The manual pages that packages install are whole, and man(1) reads them without a complaint.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_program_page_has_every_command_and_every_option()
    {
        var page = await PageAsync("screening.1");

        foreach (var command in Leaves(ScreeningProgram.CreateRoot()))
        {
            Assert.Contains(Escaped(command.Description!), page, StringComparison.Ordinal);
            foreach (var option in command.Options.Where(option => !option.Hidden))
                Assert.Contains($".TP\n\\fB{Escaped(option.Name)}\\fR", page, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_settings_page_has_every_setting()
    {
        var page = await PageAsync("screening.toml.5");

        foreach (var path in Setting.Paths(typeof(ScreeningOptions)).Where(path => path.Contains('.', StringComparison.Ordinal)))
        {
            var (table, name) = path.Split('.') is [var first, .. var rest] ? (first, string.Join('.', rest)) : default;
            Assert.True(
                page.Contains($".SS [[{path}]]\n", StringComparison.Ordinal)
                || After(page, $".SS [{table}]").Contains($".TP\n\\fB{name.Split('.')[0]}\\fR\n", StringComparison.Ordinal), path);
        }

        Assert.Contains(".SS [profile.NAME]\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_postfix_page_has_the_lines_of_every_door()
    {
        var page = await PageAsync("screening_postfix.7");

        var writer = new PostfixLinesWriter(new ScreeningOptions(), new PostfixInstallation(PostfixInstallation.Newest), "enforce");
        Assert.All(
            PostfixLinesWriter.Doors.SelectMany(door => writer.Of(door).MainCf),
            line => Assert.Contains($"\n{Escaped(line)}\n", page, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("screening.1")]
    [InlineData("screening.toml.5")]
    [InlineData("screening_postfix.7")]
    public async Task Man_shows_a_page_without_a_warning(string name)
    {
        Requires.Programs("man", "groff", "setsid");
        await File.WriteAllTextAsync(_folder[name], await PageAsync(name));
        var shown = await RunningProcess.RunAsync(
            new LaunchPlan("man", "--warnings", "-l", _folder[name])
            {
                Environment = new Dictionary<string, string?> { ["MANWIDTH"] = "200", ["MANROFFSEQ"] = "", ["LC_ALL"] = "C.UTF-8" },
            },
            Waiting.Limit);

        Assert.True(shown is { ExitCode: 0, Error: "" }, $"{shown}");
        Assert.Contains("SEE ALSO", shown.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\\(", shown.Output, StringComparison.Ordinal);
    }

    private static async Task<string> PageAsync(string name)
    {
        var (status, output, error) = await CommandLine.RunAsync("manual", name);
        Assert.Equal((0, ""), (status, error));
        return output;
    }

    private static string After(string page, string title) => page[page.IndexOf(title, StringComparison.Ordinal)..];

    private static string Escaped(string text) =>
        text.Replace("-", "\\-", StringComparison.Ordinal).Replace("'", "\\(aq", StringComparison.Ordinal);

    private static IEnumerable<Command> Leaves(Command command) => command.Subcommands.Where(c => !c.Hidden)
        .SelectMany(below => below.Subcommands.Count == 0 ? [below] : Leaves(below));
}
