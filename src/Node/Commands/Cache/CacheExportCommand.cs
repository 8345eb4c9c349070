using System.CommandLine;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache export</c>: the whole whitelist as JSON lines, for <c>cache import</c>. Exit status 0 only if it is whole.</summary>
internal static class CacheExportCommand
{
    public static Command Create()
    {
        var command = new Command("export", "Print the whole whitelist as JSON lines, for import. Status 0 only if it is whole.");
        command.SetAction(ExportAsync);
        return command.TalksToNode();
    }

    private static async Task<int> ExportAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (output, error, written) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, 0);
        int status;
        try
        {
            status = await NodeConnection.TalkAsync(parsed, WriteAsync, cancellation).ConfigureAwait(false);
        }
        catch (IOException fault)
        {
            status = await ExitStatus.FailAsync(error, ExitStatus.Usage, $"can not write: {fault.Message}").ConfigureAwait(false);
        }

        return status == ExitStatus.Ok || written == 0
            ? status
            : await ExitStatus.FailAsync(error, status, $"the export is not whole: it ends after {written} lines").ConfigureAwait(false);

        async Task<int> WriteAsync(NodeClient node)
        {
            await CachePages.ForEachAsync(node, null, async page =>
            {
                await output.WriteAsync(CachePages.JsonLines(page)).ConfigureAwait(false);
                written += page.Count;
            }).ConfigureAwait(false);
            await output.FlushAsync(node.Cancellation).ConfigureAwait(false);
            return ExitStatus.Ok;
        }
    }
}
