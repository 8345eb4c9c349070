using System.CommandLine;
using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary><c>screening config check [FILE]</c>: all faults of a configuration at once. Exit status 0, or 2 with faults.</summary>
internal static class ConfigCheckCommand
{
    public static Command Create()
    {
        var file = new Argument<string?>("FILE")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = "The file to check; without it the one that a node would read.",
        };
        var config = new Option<string?>("--config") { HelpName = "FILE", Description = "The same as FILE." };
        var json = new Option<bool>("--json") { Description = "Print faults and warnings as JSON on standard output." };
        var command = new Command(
            "check",
            "Checks a configuration, with environment and --set, and names all faults at once: place, setting, rule. "
            + "Exit status 2 if there are any.")
        {
            file, config, json,
        };
        ConfigurationOptions.AddSetTo(command);
        command.SetAction(parsed =>
        {
            var result = ConfigurationLoader.Load(ConfigurationOptions.Read(parsed, parsed.GetValue(file) ?? parsed.GetValue(config)));
            if (parsed.GetValue(json))
                parsed.InvocationConfiguration.Output.WriteLine(ConfigurationJson.OfCheck(result));
            else
                Print(parsed, result);
            return result.Faults.Count == 0 ? 0 : 2;
        });
        return command;
    }

    private static void Print(ParseResult parsed, ConfigurationResult result)
    {
        ConfigurationOptions.Report(parsed, result.Faults);
        if (result.Faults.Count > 0)
            return;
        parsed.InvocationConfiguration.Output.WriteLine($"{result.File ?? "defaults"}: no faults");
        foreach (var warning in result.Warnings)
            parsed.InvocationConfiguration.Output.WriteLine($"warning: {warning}");
    }
}
