using System.CommandLine;
using Screening.Node.Commands.Display;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache list</c>: the whitelist as a table, or as JSON lines.</summary>
internal static class CacheListCommand
{
    public static Command Create()
    {
        var prefix = CacheCommand.NetworkArgument("PREFIX", "Only what is inside this network, or about this address.", needed: false);
        var command = new Command("list", "List the whitelist: grants and bans, then passes. --json prints JSON lines.") { prefix };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed, node => ListAsync(parsed, node, parsed.GetValue(prefix)), cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static async Task<int> ListAsync(ParseResult parsed, NodeClient node, string? prefix)
    {
        var output = parsed.InvocationConfiguration.Output;
        var table = new CacheTable(Screen.Of(output), TimeProvider.System);
        await CachePages.ForEachAsync(
            node, prefix,
            page => output.WriteAsync(NodeConnection.IsJson(parsed) ? CachePages.JsonLines(page) : table.Write(CachePages.Lines(page))))
            .ConfigureAwait(false);
        await output.FlushAsync(node.Cancellation).ConfigureAwait(false);
        if (!table.HasLines && !NodeConnection.IsJson(parsed))
        {
            // Beside the table, so that a script that reads it finds no line.
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                prefix is null ? "the whitelist is empty" : $"nothing in the whitelist is inside {prefix}").ConfigureAwait(false);
        }

        return ExitStatus.Ok;
    }
}
