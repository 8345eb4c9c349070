using System.CommandLine;
using System.Globalization;
using System.Text;
using Screening.Actors.Fleet;
using Screening.Node.Commands.Display;
using Screening.Node.Platform;
using Screening.Node.Telemetry;

namespace Screening.Node.Commands.Cache;

/// <summary>
/// <c>cache import</c>: all lines are checked before the first is sent, and then sent in parts that a node takes at once. Exit status 1: what
/// was taken holds, but is not durable.
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
        var command = new Command("import", "Add exported lines to the whitelist. An entry that is there and lives longer stays. Exit status 1: done, but not durable.")
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
                        return await ExitStatus.FailAsync(error, ExitStatus.Usage, [.. doubts, "nothing was imported; confirm with --yes"]).ConfigureAwait(false);
                    return await SendAsync(parsed, node, input, total, dryRun).ConfigureAwait(false);
                },
                cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, $"cannot read {file}: {SystemError.Words(fault, file)}").ConfigureAwait(false);
        }
    }

    // Read twice, so standard input is kept aside: in a file, for it may be long.
    private static async Task<Stream> OpenAsync(string file, CancellationToken cancellation)
    {
        if (file != StandardInput)
            return File.OpenRead(file);
        var aside = new FileStream(Path.GetTempFileName(), FileMode.Open, FileAccess.ReadWrite, FileShare.None, 64 * 1024, FileOptions.DeleteOnClose);
        await using var input = Console.OpenStandardInput();
        await input.CopyToAsync(aside, cancellation).ConfigureAwait(false);
        aside.Position = 0;
        return aside;
    }

    // What is wrong with the lines; the grants and bans among them; and how many there are.
    private static async Task<(List<string> Faults, List<string> Grants, int Total)> CheckAsync(Stream input, CancellationToken cancellation)
    {
        var (faults, grants, total) = (new List<string>(), new List<string>(), 0);
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        for (var number = 1; faults.Count < MaxFaults && await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            total++;
            if (!CacheLines.TryRead(line, "", DateTimeOffset.UnixEpoch, out var read, out var fault))
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
        {
            using var answer = await PostAsync(node, part, CacheCommand.QueryOf(yes: false, dryRun: true)).ConfigureAwait(false);
            doubts.AddRange(DoubtsIn(answer));
        }

        return doubts;
    }

    private static IEnumerable<string> DoubtsIn(NodeAnswer answer) =>
        answer.Root.GetProperty("needs_yes").EnumerateArray().Select(doubt => $"{doubt.GetString()}: needs --yes");

    private static Task<NodeAnswer> PostAsync(NodeClient node, IEnumerable<string> lines, string query) =>
        node.SendAsync(HttpMethod.Post, CacheCommand.Root + query, string.Join('\n', lines), "application/x-ndjson");

    private static async Task<int> SendAsync(ParseResult parsed, NodeClient node, Stream input, int total, bool dryRun)
    {
        var error = parsed.InvocationConfiguration.Error;
        var progress = new ProgressLine(error, Screen.Of(error).IsTerminal, TimeProvider.System);
        var (imported, durable, sent, doubts) = (0, true, 0, new List<string>());
        var query = CacheCommand.QueryOf(yes: true, dryRun);
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        try
        {
            while (await ReadPartAsync(reader, node.Cancellation).ConfigureAwait(false) is { Count: > 0 } part)
            {
                using var answer = await PostAsync(node, part, query).ConfigureAwait(false);
                imported += answer.Root.GetProperty("imported").GetInt32();
                if (dryRun)
                    doubts.AddRange(DoubtsIn(answer));
                else
                    durable &= answer.Root.GetProperty("durable").GetBoolean();
                sent += part.Count;
                await progress.ShowAsync(sent, total).ConfigureAwait(false);
            }
        }
        catch (Exception) when (sent > 0)
        {
            await progress.EndAsync(sent, isWhole: false).ConfigureAwait(false);
            await error.WriteLineAsync($"screening: the import is incomplete: it ended after {sent} of {total} lines").ConfigureAwait(false);
            throw;
        }

        await progress.EndAsync(sent, isWhole: true).ConfigureAwait(false);
        var text = (NodeConnection.IsJson(parsed), dryRun) switch
        {
            (true, true) => $"{{\"dry_run\":true,\"imported\":{imported}}}",
            (true, false) => $"{{\"imported\":{imported},\"durable\":{(durable ? "true" : "false")}}}",
            (false, true) => $"{imported} of {sent} lines would be imported; nothing was changed",
            (false, false) => $"{imported} of {sent} lines imported",
        };
        await parsed.InvocationConfiguration.Output.WriteLineAsync(string.Join('\n', NodeConnection.IsJson(parsed) ? [text] : [text, .. doubts])).ConfigureAwait(false);
        return durable ? ExitStatus.Ok : await CacheCommand.NotDurableAsync(parsed).ConfigureAwait(false);
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
}
