using System.CommandLine;

namespace Screening.Node.Commands;

/// <summary>A command whose name is reserved but that is not built yet: it says so and does nothing.</summary>
internal static class UnbuiltCommand
{
    public static Command Create(string name, string description)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, _) =>
            ExitStatus.FailAsync(ExitStatus.Usage, $"'{parsed.CommandResult.Command.Name}' is not built yet"));
        return command;
    }
}
