using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>What commands say only where a person looks on: script(1) gives them a terminal.</summary>
[Trait("Finding", "use-2")]
public sealed class TerminalTests
{
    [SkippableFact]
    public async Task On_a_terminal_a_command_names_the_local_file_that_it_uses()
    {
        Requires.Programs("setsid", "script");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["screening.toml"], "endpoints.http = [\"tcp://127.0.0.1:1\"]");
        var plan = NodeProcess.Launch(null, "status");
        var onTerminal = plan with { Program = "script", Arguments = ["-qec", $"{plan.Program} {string.Join(' ', plan.Arguments)}", "/dev/null"], Folder = folder.Root };

        var seen = await RunningProcess.RunAsync(onTerminal, Waiting.Limit);
        var piped = await RunningProcess.RunAsync(plan with { Folder = folder.Root }, Waiting.Limit);

        Assert.Matches("screening: using ./screening.toml\\s+screening: cannot reach the node at http://127.0.0.1:1: Connection refused", seen.Output);
        Assert.Equal((3, "screening: cannot reach the node at http://127.0.0.1:1: Connection refused\n"), (piped.ExitCode, piped.Error));
    }
}
