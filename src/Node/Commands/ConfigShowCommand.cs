using System.CommandLine;
using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary><c>screening config show</c>: the effective settings, secrets hidden. Exit status 0, or 2 with faults.</summary>
internal static class ConfigShowCommand
{
    public static Command Create()
    {
        var json = new Option<bool>("--json") { Description = "Print JSON: settings, and the place of each that is not a default." };
        var command = new Command(
            "show",
            "Prints the effective settings as a configuration file, secrets as ***, "
            + "with the place of each that is not a default behind it.")
        {
            json,
        };
        ConfigurationOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            if (ConfigurationOptions.LoadOrReport(parsed) is not { Options: { } options } result)
                return 2;
            if (parsed.GetValue(json))
                parsed.InvocationConfiguration.Output.WriteLine(ConfigurationJson.OfSettings(result, options));
            else
                parsed.InvocationConfiguration.Output.Write(TomlText.Write(OptionsTree.Of(options, result.Origins)));
            return 0;
        });
        return command;
    }
}
