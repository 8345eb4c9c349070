using System.CommandLine;
using System.Text.RegularExpressions;
using Screening.Node.Commands;
using Screening.Node.Commands.Usage;

namespace Screening.Node.Tests.Commands;

[Trait("Finding", "use-2")]
public sealed partial class UsageTests
{
    [Theory]
    [InlineData("chekc", "'chekc' is not a command; did you mean 'check'?", "screening")]
    [InlineData("chekc 192.0.2.1 --explain", "'chekc' is not a command; did you mean 'check'?", "screening")]
    [InlineData("frobnicate", "'frobnicate' is not a command", "screening")]
    [InlineData("help chekc", "'chekc' is not a command; did you mean 'check'?", "screening")]
    [InlineData("cache lst", "'lst' is not a command of 'screening cache'; did you mean 'list'?", "screening cache")]
    [InlineData("cache", "'screening cache' needs one of its commands: list, show, grant, ban, forget, export, import", "screening cache")]
    [InlineData(
        "check 192.0.2.1 --explian", "'--explian' is not an option of 'screening check'; did you mean '--explain'?", "screening check")]
    [InlineData(
        "check --explian 192.0.2.1", "'--explian' is not an option of 'screening check'; did you mean '--explain'?", "screening check")]
    [InlineData("check 192.0.2.1 --token_fil=x", "'--token_fil' is not an option of 'screening check'", "screening check")]
    [InlineData(
        "cache ban ::1 --ttl 1h --reason r --dryrun", "'--dryrun' is not an option of 'screening cache ban'; did you mean '--dry-run'?",
        "screening cache ban")]
    [InlineData("check 192.0.2.1 192.0.2.2", "'192.0.2.2' is one argument too many for 'screening check'", "screening check")]
    [InlineData(
        "check ::1 --door polcy", "--door: 'polcy' is not one of dnsbl, dnsblog, http, memcache, plugin, policy; did you mean 'policy'?",
        "screening check")]
    [InlineData(
        "config to-postfix --dnsbl-action dorp", "--dnsbl-action: 'dorp' is not one of drop, enforce; did you mean 'drop'?",
        "screening config to-postfix")]
    [InlineData("check 192.0.2", "ADDRESS: '192.0.2' is not an IP address", "screening check")]
    [InlineData("demo --pace quick", "--pace: 'quick' is not a duration of at most 1h, such as 250ms or 2s", "screening demo")]
    [InlineData("drain --wait 60d", "--wait: '60d' is not a duration of at most 1h, such as 0, 5s or 1m", "screening drain")]
    public async Task A_mistake_is_one_message_and_where_to_read_on(string line, string message, string command)
    {
        var result = await CommandLine.RunAsync(line.Split(' '));
        Assert.Equal((2, "", $"screening: {message}\nscreening: try '{command} --help'\n"), result);
    }

    [Theory]
    [InlineData("help cache grant", " cache grant <A[/LEN]> [options]")]
    [InlineData("cache grant --help", "screening cache grant 192.0.2.0/24 --ttl 7d --reason \"partner, ticket 4711\"")]
    [InlineData("help", "from-postfix, to-postfix")]
    public async Task Help_is_there_by_name_and_with_an_example(string line, string wanted)
    {
        var (status, output, error) = await CommandLine.RunAsync(line.Split(' '));
        Assert.Equal((0, ""), (status, error));
        Assert.Contains(wanted, output, StringComparison.Ordinal);
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Minus_v_is_the_version() => Assert.Equal(await CommandLine.RunAsync("--version"), await CommandLine.RunAsync("-v"));

    [Fact]
    public void Every_command_has_examples_and_all_of_them_are_sound()
    {
        var paths = Paths(ScreeningProgram.CreateRoot(), "screening");
        foreach (var path in paths.Where(path => !path.EndsWith(" [not built]", StringComparison.Ordinal)))
        {
            var examples = Examples.Of(path);
            Assert.True(examples.Count > 0, $"{path} has no example");
            foreach (var example in examples)
            {
                var words = Word().Matches(example.Split(" > ")[0]).Select(m => m.Value.Trim('"')).Skip(1).ToArray();
                var parsed = ScreeningProgram.CreateRoot().Parse(
                    HelpCommand.Translate(words is ["--config", ..] ? ["run", .. words] : words));
                Assert.True(UsageFaults.Of(parsed).Count == 0, $"{example}: {string.Join("; ", UsageFaults.Of(parsed))}");
            }
        }
    }

    [Fact]
    public async Task A_token_file_is_offered_where_one_may_be_needed_and_taken_everywhere()
    {
        (string, bool)[] commands =
            [("check", false), ("status", false), ("cache show", false), ("cache list", true), ("cache export", true), ("cache ban", true)];
        foreach (var (command, isOffered) in commands)
        {
            var (_, output, _) = await CommandLine.RunAsync([.. command.Split(' '), "--help"]);
            Assert.Equal(isOffered, output.Contains("--token-file", StringComparison.Ordinal));
        }

        var (_, _, error) = await CommandLine.RunAsync("status", "--token-file", "/nowhere");
        Assert.Contains("--token-file: ", error, StringComparison.Ordinal);
    }

    private static IEnumerable<string> Paths(Command command, string path) => command.Subcommands
        .SelectMany(c => Paths(c, $"{path} {c.Name}"))
        .Prepend(command.Description!.Contains("not built yet", StringComparison.Ordinal) ? path + " [not built]" : path);

    [GeneratedRegex("\"[^\"]*\"|[^ ]+")]
    private static partial Regex Word();
}
