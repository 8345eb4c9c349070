using System.CommandLine;

namespace Screening.Node.Commands.Usage;

/// <summary><c>help [COMMAND]</c>: the same as <c>COMMAND --help</c>.</summary>
internal static class HelpCommand
{
    public const string Name = "help";

    public static Command Create() => new(Name, "Show the help of the program or of one of its commands.")
    {
        new Argument<string[]>("COMMAND") { Arity = ArgumentArity.ZeroOrMore, Description = "The command, such as: cache grant." },
    };

    /// <summary>The command line that shows what <c>help COMMAND</c> asks for.</summary>
    public static string[] Translate(string[] arguments) =>
        arguments is [Name, .. var command] && !command.Any(word => word.StartsWith('-')) ? [.. command, "--help"] : arguments;
}
