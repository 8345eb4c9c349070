using System.CommandLine;
using System.Text.RegularExpressions;
using Screening.Node.Commands;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Configuration;

/// <summary>
/// What <c>docs</c> says of settings is what their definitions say.
/// <c>UPDATE_DOCS=1 dotnet test tests/Node.Tests --filter SettingPages</c> writes it.
/// </summary>
public sealed partial class SettingPagesTests
{
    [Fact]
    public void The_page_has_the_table_of_every_table_of_settings()
    {
        AssertFile(
            "docs/configuration.md", page => Tables().Replace(page, found => $"{found.Groups["begin"]}{TableOf(found)}<!-- end -->"));

        var written = Tables().Matches(File.ReadAllText(Repository.File("docs/configuration.md"))).Select(PathOf);
        Assert.Equal(SettingPages.All.Select(table => table.Path).Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));

        static string PathOf(Match found) => found.Groups["path"].Value;

        static string TableOf(Match found) => SettingPages.Markdown(SettingPages.All.Single(table => table.Path == PathOf(found)));
    }

    [Fact]
    public void The_sample_shows_every_setting() =>
        AssertFile(
            "docs/screening.toml", sample => sample[..sample.IndexOf("\n\n\n", StringComparison.Ordinal)] + '\n' + SettingPages.Sample());

    [Fact]
    public void The_schema_is_what_the_command_prints()
    {
        var output = new StringWriter();
        Assert.Equal(0, ScreeningProgram.CreateRoot().Parse(["config", "schema"]).Invoke(new InvocationConfiguration { Output = output }));

        AssertFile("docs/screening.schema.json", _ => output.ToString());
    }

    private static void AssertFile(string path, Func<string, string> wanted)
    {
        var file = Repository.File(path);
        var given = File.Exists(file) ? File.ReadAllText(file) : "";
        var text = wanted(given);
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(file, text);
        else
            Assert.Equal(text, given);
    }

    [GeneratedRegex("(?<begin><!-- settings (?<path>[a-z0-9_.]+) -->\n)(?:.*\n)*?<!-- end -->")]
    private static partial Regex Tables();
}
