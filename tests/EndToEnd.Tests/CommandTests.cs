using System.Net.Sockets;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// What commands say to others than a script run by root: on a terminal, which script(1) gives them, and to an ordinary user.
/// </summary>
[Trait("Finding", "use-2")]
public sealed class CommandTests
{
    [SkippableFact]
    public async Task On_a_terminal_a_command_names_the_local_file_that_it_uses()
    {
        Requires.Programs("setsid", "script");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["screening.toml"], "endpoints.http = [\"tcp://127.0.0.1:1\"]");
        var plan = NodeProcess.Launch(null, "status");
        var onTerminal = plan with
        {
            Program = "script",
            Arguments = ["-qec", $"{plan.Program} {string.Join(' ', plan.Arguments)}", "/dev/null"],
            Folder = folder.Root
        };

        var seen = await RunningProcess.RunAsync(onTerminal, Waiting.Limit);
        var piped = await RunningProcess.RunAsync(plan with { Folder = folder.Root }, Waiting.Limit);

        Assert.Matches(
            "screening: using ./screening.toml\\s+screening: cannot reach the node at http://127.0.0.1:1: Connection refused", seen.Output);
        Assert.Equal((3, "screening: cannot reach the node at http://127.0.0.1:1: Connection refused\n"), (piped.ExitCode, piped.Error));
    }

    [SkippableFact]
    public async Task A_socket_that_is_for_others_says_what_to_do()
    {
        Requires.Programs("setsid", "setpriv");
        Skip.IfNot(await Unprivileged.IsPossibleAsync(), "needs root, and programs that others may start");
        using var folder = new TemporaryFolder();
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(folder["http.sock"]));
        socket.Listen();
        File.SetUnixFileMode(folder["http.sock"], UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var result = await RunningProcess.RunAsync(
            await Unprivileged.AsUserAsync(NodeProcess.Launch(null, "status", "--node", $"unix://{folder["http.sock"]}")), Waiting.Limit);

        Assert.Equal(
            (3, $"screening: cannot reach the node at unix://{folder["http.sock"]}: Permission denied\n"
                + "screening: run the command with sudo, or as a member of the group that owns the socket\n"),
            (result.ExitCode, result.Error));
    }
}
