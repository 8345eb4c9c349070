using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Screening.Actors.Fleet;
using Screening.Node.Api;
using Screening.Node.Commands.Display;
using Screening.Node.Platform;

namespace Screening.Node.Commands.Cache;

/// <summary>
/// <c>cache import</c>: all lines are checked before the first is sent, and then sent in parts that a node takes at once. Exit status 1:
/// what was taken holds, but is not durable.
/// </summary>
internal static class CacheImportCommand
{
    private const string StandardInput = "-";
    private const int PartLines = 10_000;
    private const int DoubtLines = 1000;
    private const int PartLength = 4 * 1024 * 1024;
    private const int MaxFaults = 20;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "A file of lines as 'cache export' prints them; - is standard input." };
        var (yes, dryRun) = (CacheCommand.YesOption(), CacheCommand.DryRunOption());
        var command = new Command(
            "import",
            "Add exported lines to the whitelist. An entry that is there and lives longer stays. Exit status 1: done, but not durable.")
        {
            file, yes, dryRun,
        };
        command.SetAction((parsed, cancellation) => ImportAsync(
            parsed, parsed.GetValue(file)!, parsed.GetValue(yes), parsed.GetValue(dryRun), cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static async Task<int> ImportAsync(ParseResult parsed, string file, bool yes, bool dryRun, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            await using var input = await OpenAsync(file, cancellation).ConfigureAwait(false);
            var (faults, grants, total) = await CheckAsync(input, cancellation).ConfigureAwait(false);
            if (faults.Count > 0)
                return await ExitStatus.FailAsync(error, ExitStatus.Usage, [.. faults, "nothing was imported"]).ConfigureAwait(false);
            input.Position = 0;
            return await NodeConnection.TalkAsync(
                parsed,
                async node =>
                {
                    if (!yes && !dryRun && await DoubtsAsync(node, grants).ConfigureAwait(false) is { Count: > 0 } doubts)
                    {
                        return await ExitStatus.FailAsync(error, ExitStatus.Usage, [.. doubts, "nothing was imported; confirm with --yes"])
                            .ConfigureAwait(false);
                    }

                    return await SendAsync(parsed, node, input, total, dryRun).ConfigureAwait(false);
                },
                cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, $"cannot read {file}: {SystemError.Words(fault, file)}")
                .ConfigureAwait(false);
        }
    }

    // Read twice, so standard input is kept aside: in a file, for it may be long.
    private static async Task<Stream> OpenAsync(string file, CancellationToken cancellation)
    {
        if (file != StandardInput)
            return File.OpenRead(file);
        var aside = new FileStream(
            Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose);
        await using var input = Console.OpenStandardInput();
        await input.CopyToAsync(aside, cancellation).ConfigureAwait(false);
        aside.Position = 0;
        return aside;
    }

    // What is wrong with the lines; the grants and bans among them; and how many there are.
    private static async Task<(List<string> Faults, List<string> Grants, int Total)> CheckAsync(
        Stream input, CancellationToken cancellation)
    {
        var (faults, grants, total) = (new List<string>(), new List<string>(), 0);
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        for (
            var number = 1;
            faults.Count < MaxFaults && await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line;
            number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            total++;
            if (!CacheLine.TryParse(line, "", DateTimeOffset.UnixEpoch, out var read, out var fault))
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: {fault}"));
            else if (read.Kind != WhitelistLineKind.Pass)
                grants.Add(line);
        }

        return (faults, grants, total);
    }

    // The node would refuse the part that holds one of these, when the parts before it are imported: asked before the first is sent.
    private static async Task<List<string>> DoubtsAsync(NodeClient node, List<string> grants)
    {
        var doubts = new List<string>();
        foreach (var part in grants.Chunk(DoubtLines))
            doubts.AddRange(DoubtsOf(await CountAsync(node, part).ConfigureAwait(false)));
        return doubts;
    }

    private static IEnumerable<string> DoubtsOf(ImportCount count) => count.NeedsYes?.Select(doubt => $"{doubt}: needs --yes") ?? [];

    private static async Task<int> SendAsync(ParseResult parsed, NodeClient node, Stream input, int total, bool dryRun)
    {
        var error = parsed.InvocationConfiguration.Error;
        var progress = new ProgressLine(error, Screen.Of(error).IsTerminal, TimeProvider.System);
        var (sum, sent) = (new Sum(), 0);
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        try
        {
            while (await ReadPartAsync(reader, node.Cancellation).ConfigureAwait(false) is { Count: > 0 } part)
            {
                if (dryRun)
                    sum.Add(await CountAsync(node, part).ConfigureAwait(false));
                else
                    sum.Add(await PostAsync(node, part).ConfigureAwait(false));
                sent += part.Count;
                await progress.ShowAsync(sent, total).ConfigureAwait(false);
            }
        }
        catch (Exception) when (sent > 0)
        {
            await progress.EndAsync(sent, isWhole: false).ConfigureAwait(false);
            await error.WriteLineAsync($"screening: the import is incomplete: it ended after {sent} of {total} lines")
                .ConfigureAwait(false);
            throw;
        }

        await progress.EndAsync(sent, isWhole: true).ConfigureAwait(false);
        var text = NodeConnection.IsJson(parsed) ? sum.Json(dryRun) : sum.Text(sent, dryRun);
        await parsed.InvocationConfiguration.Output.WriteLineAsync(text).ConfigureAwait(false);
        return await CacheCommand.StatusOfAsync(parsed, sum.Durable).ConfigureAwait(false);
    }

    private static Task<ImportCount> CountAsync(NodeClient node, IEnumerable<string> lines) =>
        PostAsync(node, lines, CacheCommand.QueryOf(yes: false, dryRun: true), NodeClient.Shapes.ImportCount);

    private static Task<ImportResult> PostAsync(NodeClient node, IEnumerable<string> lines) =>
        PostAsync(node, lines, CacheCommand.QueryOf(yes: true, dryRun: false), NodeClient.Shapes.ImportResult);

    private static async Task<T> PostAsync<T>(NodeClient node, IEnumerable<string> lines, string query, JsonTypeInfo<T> shape)
    {
        var body = string.Join('\n', lines);
        return (await node.SendAsync(HttpMethod.Post, CacheCommand.Root + query, shape, body, "application/x-ndjson").ConfigureAwait(false))
            .Value;
    }

    private static async Task<List<string>> ReadPartAsync(StreamReader reader, CancellationToken cancellation)
    {
        var (part, length) = (new List<string>(), 0);
        while (part.Count < PartLines && length < PartLength && await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            part.Add(line);
            length += line.Length;
        }

        return part;
    }

    /// <summary>What the parts did together, or would do.</summary>
    private sealed class Sum
    {
        private readonly List<string> _doubts = [];
        private int _imported;

        public bool Durable { get; private set; } = true;

        public void Add(ImportCount count)
        {
            _imported += count.Imported;
            _doubts.AddRange(DoubtsOf(count));
        }

        public void Add(ImportResult result)
        {
            _imported += result.Imported;
            Durable &= result.Durable;
        }

        public string Json(bool dryRun) => dryRun
            ? JsonSerializer.Serialize(new ImportCount(true, _imported), ApiJson.Default.ImportCount)
            : JsonSerializer.Serialize(new ImportResult(_imported, Durable), ApiJson.Default.ImportResult);

        public string Text(int sent, bool dryRun) => dryRun
            ? string.Join('\n', [$"{_imported} of {sent} lines would be imported; nothing was changed", .. _doubts])
            : $"{_imported} of {sent} lines imported";
    }
}
