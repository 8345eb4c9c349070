using System.CommandLine;
using Screening.Node.Commands.Display;
using Screening.Node.Platform;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache export</c>: the whole whitelist as JSON lines, for <c>cache import</c>. Exit status 0 only if it is whole.</summary>
internal static class CacheExportCommand
{
    public static Command Create()
    {
        var command = new Command(
            "export", "Print the whole whitelist as JSON lines, for 'cache import'. Exit status 0 only if it is complete.");
        command.SetAction(ExportAsync);
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error, written) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, 0);
        var isWatched = Screen.Of(error).IsTerminal && !Screen.Of(output).IsTerminal;
        var progress = new ProgressLine(error, isWatched, TimeProvider.System);
        int status;
        try
        {
            status = await NodeConnection.TalkAsync(parsed, WriteAsync, cancellation).ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            status = await ExitStatus.FailAsync(error, ExitStatus.Usage, $"cannot write: {SystemError.Words(fault)}").ConfigureAwait(false);
        }

        await progress.EndAsync(written, isWhole: status == ExitStatus.Ok).ConfigureAwait(false);
        return status == ExitStatus.Ok || written == 0
            ? status
            : await ExitStatus.FailAsync(error, status, $"the export is incomplete: it ended after {written} lines").ConfigureAwait(false);

        async Task<int> WriteAsync(NodeClient node)
        {
            var total = isWatched ? await TotalAsync(node).ConfigureAwait(false) : null;
            await CachePages.ForEachAsync(node, null, async page =>
            {
                await output.WriteAsync(CachePages.JsonLines(page)).ConfigureAwait(false);
                written += page.Count;
                await progress.ShowAsync(written, total).ConfigureAwait(false);
            }).ConfigureAwait(false);
            await output.FlushAsync(node.Cancellation).ConfigureAwait(false);
            return ExitStatus.Ok;
        }
    }

    // Roughly: others may come and go meanwhile.
    private static async Task<long?> TotalAsync(NodeClient node)
    {
        var status = await node.GetAsync("api/v1/status", NodeClient.Shapes.StatusDocument).ConfigureAwait(false);
        var cache = status.Value.Cache;
        return cache.Entries + cache.Grants + cache.Bans;
    }
}
