using System.CommandLine;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache list</c>: the whitelist as a table, or as JSON lines.</summary>
internal static class CacheListCommand
{
    public static Command Create()
    {
        var prefix = CacheCommand.NetworkArgument("PREFIX", "Only what lies inside this address or network.", needed: false);
        var command = new Command("list", "List grants and bans, then passes. --json prints JSON lines.") { prefix };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed, node => ListAsync(parsed, node, parsed.GetValue(prefix)), cancellation));
        return command.TalksToNode();
    }

    private static async Task<int> ListAsync(ParseResult parsed, NodeClient node, string? prefix)
    {
        var output = parsed.InvocationConfiguration.Output;
        var table = new CacheTable(TimeProvider.System);
        await CachePages.ForEachAsync(
            node, prefix, page => output.WriteAsync(NodeConnection.IsJson(parsed) ? CachePages.JsonLines(page) : table.Write(page)))
            .ConfigureAwait(false);
        await output.FlushAsync(node.Cancellation).ConfigureAwait(false);
        return ExitStatus.Ok;
    }
}
