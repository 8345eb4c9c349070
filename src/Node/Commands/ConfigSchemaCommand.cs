using System.CommandLine;
using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary><c>screening config schema</c>: the JSON schema by which an editor completes and checks a configuration.</summary>
internal static class ConfigSchemaCommand
{
    public static Command Create()
    {
        var command = new Command(
            "schema",
            "Prints the JSON schema of the configuration file. An editor of TOML uses it if the file begins with "
            + "'#:schema ./screening.schema.json' and the schema is beside it under this name.");
        command.SetAction(parsed =>
        {
            parsed.InvocationConfiguration.Output.WriteLine(ConfigurationJson.Write(ConfigurationSchema.Create()));
            return ExitStatus.Ok;
        });
        return command;
    }
}
