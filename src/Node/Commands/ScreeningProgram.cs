using System.CommandLine;
using Screening.Node.Commands.Cache;
using Screening.Node.Commands.Demo;

namespace Screening.Node.Commands;

/// <summary>The program <c>screening</c> and its commands. Without a command it runs a node.</summary>
internal static class ScreeningProgram
{
    /// <summary>Runs one command line and returns its <see cref="ExitStatus"/>.</summary>
    /// <param name="invocation">Where to write; null: standard output and error.</param>
    public static async Task<int> RunAsync(string[] args, InvocationConfiguration? invocation = null)
    {
        invocation ??= new InvocationConfiguration();
        var parsed = Root().Parse(WithDefaultCommand(args));
        if (parsed.Errors.Count > 0)
        {
            return await ExitStatus.FailAsync(invocation.Error, ExitStatus.Usage, [.. parsed.Errors.Select(e => e.Message), "try 'screening --help'"])
                .ConfigureAwait(false);
        }

        // A node ends by its own drain: the library would cut it off after two seconds.
        invocation.ProcessTerminationTimeout = null;
        return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
    }

    private static RootCommand Root() =>
        new("Screening answers Postfix's postscreen: pass, ignore, enforce or drop, from p0f, DNSBLs and custom checks.")
        {
            RunCommand.Create(),
            DemoCommand.Create(),
            CheckCommand.Create(),
            StatusCommand.Create(),
            new Command("config", "Check and show the configuration.")
            {
                ConfigCheckCommand.Create(),
                ConfigShowCommand.Create(),
                ConfigFromPostfixCommand.Create(),
                ConfigToPostfixCommand.Create(),
            },
            CacheCommand.Create(),
            LaterCommand.Create("decisions", "Search the decision log (not built yet)."),
            LaterCommand.Create("top", "Live view (not built yet)."),
            LaterCommand.Create("replay", "Judge logged decisions again under another configuration (not built yet)."),
        };

    private static string[] WithDefaultCommand(string[] args) =>
        args.Length == 0 || (args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version")) ? ["run", .. args] : args;
}
