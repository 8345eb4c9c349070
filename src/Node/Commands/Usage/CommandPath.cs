using System.CommandLine;
using System.CommandLine.Parsing;

namespace Screening.Node.Commands.Usage;

/// <summary>How a command is called, from the program's name on: <c>screening cache list</c>.</summary>
internal static class CommandPath
{
    /// <summary>The program's name, however it was started.</summary>
    public const string Program = "screening";

    /// <summary>The path of the innermost command that was given.</summary>
    public static string Of(CommandResult given) => string.Join(' ', Commands(given).Select(NameOf));

    private static IEnumerable<Command> Commands(CommandResult given)
    {
        if (given.Parent is CommandResult parent)
        {
            foreach (var command in Commands(parent))
                yield return command;
        }

        yield return given.Command;
    }

    private static string NameOf(Command command) => command is RootCommand ? Program : command.Name;
}
