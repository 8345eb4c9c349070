using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Commands;

[Trait("Finding", "use-2")]
public sealed class CompletionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData("screening ca", "cache")]
    [InlineData("screening cache ", "ban export forget grant import list show")]
    [InlineData("screening check --expl", "--explain")]
    [InlineData("screening check --door p", "plugin policy")]
    [InlineData("screening completion ", "bash fish zsh")]
    [InlineData("screening cache import ", "")]
    public async Task Bash_completes(string line, string wanted)
    {
        Requires.Programs("bash", "setsid");
        var words = string.Join(' ', line.Split(' ').Select(word => $"'{word}'"));
        var result = await RunningProcess.RunAsync(
            new LaunchPlan(
                "bash", "--norc", "-c",
                $". '{await WriteAsync("bash")}'; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _screening;"
                + " complete -p screening; printf '%s\\n' \"${COMPREPLY[@]}\""),
            Waiting.Limit);
        var lines = result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(lines is ["complete -o default -F _screening screening", ..], $"{result}");
        Assert.Equal(wanted, string.Join(' ', lines.Skip(1).Order(StringComparer.Ordinal)));
    }

    [SkippableTheory]
    [InlineData("bash", "shellcheck", "-s", "bash")]
    [InlineData("bash", "bash", "-n")]
    [InlineData("zsh", "zsh", "-n")]
    [InlineData("fish", "fish", "-n")]
    public async Task A_script_is_sound(string shell, string program, params string[] arguments)
    {
        Requires.Programs(program, "setsid");
        var result = await RunningProcess.RunAsync(new LaunchPlan(program, [.. arguments, await WriteAsync(shell)]), Waiting.Limit);
        Assert.True(result is { ExitCode: 0, Output: "", Error: "" }, $"{result}");
    }

    private async Task<string> WriteAsync(string shell)
    {
        var (status, output, error) = await CommandLine.RunAsync("completion", shell);
        Assert.Equal((0, ""), (status, error));
        await File.WriteAllTextAsync(_folder[shell], output);
        return _folder[shell];
    }
}
