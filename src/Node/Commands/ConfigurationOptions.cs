using System.CommandLine;
using Screening.Node.Commands.Display;
using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary>The options that say which configuration a command works with: <c>--config FILE</c> and <c>--set path=value</c>.</summary>
internal static class ConfigurationOptions
{
    private const string ConfigName = "--config";
    private const string SetName = "--set";

    // As the loader names it when it takes the one from the current folder.
    private const string LocalFile = "screening.toml";

    /// <summary>Adds <c>--config</c> and <c>--set</c> to a command.</summary>
    public static void AddTo(Command command)
    {
        command.Options.Add(new Option<string?>(ConfigName)
        {
            HelpName = "FILE",
            Description = "The configuration file. Default: $SCREENING_CONFIG, ./screening.toml or "
                + "/etc/screening/screening.toml, the first that exists; without one, every setting has its default.",
        });
        AddSetTo(command);
    }

    /// <summary>Adds only <c>--set</c>, for a command that takes its file as an argument.</summary>
    public static void AddSetTo(Command command) => command.Options.Add(new Option<string[]>(SetName)
    {
        HelpName = "path=value",
        Arity = ArgumentArity.OneOrMore,
        Description = "Override a setting; can be repeated. The value is TOML if it can be read as TOML, else a string: "
            + "verdict.deadline=800ms, 'endpoints.http=[\"tcp://127.0.0.1:0\"]'.",
    });

    /// <summary>What <see cref="AddTo"/>'s options say.</summary>
    public static ConfigurationRequest Read(ParseResult parsed) => Read(parsed, parsed.GetValue<string?>(ConfigName));

    /// <summary>What <see cref="AddSetTo"/>'s option says, with a file from elsewhere; null: the usual places.</summary>
    public static ConfigurationRequest Read(ParseResult parsed, string? file) =>
        ConfigurationRequest.OfProcess(file, parsed.GetValue<string[]>(SetName) ?? []);

    /// <summary>
    /// Loads what the options say. A file from the current folder is named on a terminal: it goes before the host's, and may be there by
    /// accident.
    /// </summary>
    public static ConfigurationResult Load(ParseResult parsed)
    {
        var result = ConfigurationLoader.Load(Read(parsed));
        var error = parsed.InvocationConfiguration.Error;
        if (result.File == LocalFile && parsed.GetValue<string?>(ConfigName) is null && Screen.Of(error).IsTerminal)
            error.WriteLine($"screening: using ./{LocalFile}");
        return result;
    }

    /// <summary>Loads what the options say. Prints all faults to standard error, one a line.</summary>
    /// <returns>Null when there are faults: the exit status is then 2.</returns>
    public static ConfigurationResult? LoadOrReport(ParseResult parsed)
    {
        var result = Load(parsed);
        Report(parsed, result.Faults);
        return result.Options is null ? null : result;
    }

    /// <summary>Prints faults to standard error, one a line.</summary>
    public static void Report(ParseResult parsed, IEnumerable<ConfigurationFault> faults)
    {
        foreach (var fault in faults)
            parsed.InvocationConfiguration.Error.WriteLine(fault);
    }
}
