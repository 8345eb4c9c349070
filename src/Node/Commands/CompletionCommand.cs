using System.CommandLine;
using Screening.Node.Commands.Completion;

namespace Screening.Node.Commands;

/// <summary><c>completion bash|zsh|fish</c>: the script that makes a shell complete this program's commands and options.</summary>
internal static class CompletionCommand
{
    public static Command Create()
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the script that completes commands and options in a shell.") { shell };
        command.SetAction((parsed, _) => PrintAsync(parsed, parsed.GetValue(shell)!));
        return command;
    }

    private static async Task<int> PrintAsync(ParseResult parsed, string shell)
    {
        var nodes = CompletionTree.Of(ScreeningProgram.CreateRoot());
        var script = shell switch
        {
            "bash" => BashCompletion.Of(nodes),
            "zsh" => ZshCompletion.Of(nodes),
            _ => FishCompletion.Of(nodes),
        };
        await parsed.InvocationConfiguration.Output.WriteAsync(script).ConfigureAwait(false);
        return ExitStatus.Ok;
    }
}
