using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Screening.Node.Commands.Usage;

/// <summary>The library's help, and behind it the command's <see cref="Examples"/>.</summary>
internal sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
{
    public override bool Terminating => true;

    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        var status = help.Invoke(parseResult);
        var examples = Examples.Of(CommandPath.Of(parseResult.CommandResult));
        if (examples.Count > 0)
        {
            parseResult.InvocationConfiguration.Output.Write(
                string.Concat(examples.Select(e => $"  {e}\n").Prepend("Examples:\n").Append("\n")));
        }

        return status;
    }
}
