using System.CommandLine;
using System.CommandLine.Help;
using Screening.Node.Commands.Cache;
using Screening.Node.Commands.Demo;
using Screening.Node.Commands.Usage;

namespace Screening.Node.Commands;

/// <summary>The program <c>screening</c> and its commands. Without a command it runs a node.</summary>
internal static class ScreeningProgram
{
    private static readonly string[] OwnOptions = ["--help", "-h", "-?", "--version", "-v"];

    /// <summary>Runs one command line and returns its <see cref="ExitStatus"/>.</summary>
    /// <param name="invocation">Where to write; null: standard output and error.</param>
    public static async Task<int> RunAsync(string[] args, InvocationConfiguration? invocation = null)
    {
        invocation ??= new InvocationConfiguration();
        var parsed = CreateRoot().Parse(WithDefaultCommand(HelpCommand.Translate(args)));
        if (UsageFaults.Of(parsed) is { Count: > 0 } faults)
            return await ExitStatus.FailAsync(invocation.Error, ExitStatus.Usage, faults).ConfigureAwait(false);

        // A node ends by its own drain: the library would cut it off after two seconds.
        invocation.ProcessTerminationTimeout = null;
        return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
    }

    /// <summary>The tree of all commands.</summary>
    public static RootCommand CreateRoot()
    {
        var root = new RootCommand(
            "Screening answers Postfix's postscreen: pass, ignore, enforce or drop, from p0f, DNSBLs and custom checks.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            CheckCommand.Create(),
            StatusCommand.Create(),
            DrainCommand.Create(),
            CacheCommand.Create(),
            new Command("config", "Check and show the configuration, and exchange it with Postfix (from-postfix, to-postfix).")
            {
                ConfigCheckCommand.Create(),
                ConfigShowCommand.Create(),
                ConfigSchemaCommand.Create(),
                ConfigFromPostfixCommand.Create(),
                ConfigToPostfixCommand.Create(),
            },
            UnbuiltCommand.Create("decisions", "Search the decision log (not built yet)."),
            UnbuiltCommand.Create("top", "Live view (not built yet)."),
            UnbuiltCommand.Create("replay", "Judge logged decisions again under another configuration (not built yet)."),
            CompletionCommand.Create(),
            ManualCommand.Create(),
            HelpCommand.Create(),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
            help.Action = new HelpWithExamples((HelpAction)help.Action!);
        foreach (var version in root.Options.OfType<VersionOption>())
            version.Aliases.Add("-v");
        return root;
    }

    private static string[] WithDefaultCommand(string[] args) =>
        args.Length == 0 || (args[0].StartsWith('-') && !OwnOptions.Contains(args[0])) ? ["run", .. args] : args;
}
