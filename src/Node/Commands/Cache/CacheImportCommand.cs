using System.CommandLine;
using System.Globalization;
using System.Text;
using Screening.Node.Telemetry;

namespace Screening.Node.Commands.Cache;

/// <summary>
/// <c>cache import</c>: all lines are checked before the first is sent, and then sent in parts that a node takes at once. Exit status 1: what
/// was taken holds, but is not durable.
/// </summary>
internal static class CacheImportCommand
{
    private const string StandardInput = "-";
    private const int PartLines = 5000;
    private const int PartLength = 4 * 1024 * 1024;
    private const int MaxFaults = 20;

    public static Command Create()
    {
        var file = new Argument<string>("FILE") { Description = "Lines that export printed; - reads standard input." };
        var command = new Command("import", "Take over exported lines. What is there and lives longer stays. Status 1: it holds, but is not durable.")
        {
            file,
        };
        command.SetAction((parsed, cancellation) => ImportAsync(parsed, parsed.GetValue(file)!, cancellation));
        return command.TalksToNode();
    }

    private static async Task<int> ImportAsync(ParseResult parsed, string file, CancellationToken cancellation)
    {
        var error = parsed.InvocationConfiguration.Error;
        try
        {
            await using var input = await OpenAsync(file, cancellation).ConfigureAwait(false);
            var faults = await FaultsAsync(input, cancellation).ConfigureAwait(false);
            if (faults.Count > 0)
                return await ExitStatus.FailAsync(error, ExitStatus.Usage, [.. faults, "nothing was imported"]).ConfigureAwait(false);
            input.Position = 0;
            return await NodeConnection.TalkAsync(parsed, node => SendAsync(parsed, node, input), cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return await ExitStatus.FailAsync(error, ExitStatus.Usage, $"can not read {file}: {fault.Message}").ConfigureAwait(false);
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

    private static async Task<List<string>> FaultsAsync(Stream input, CancellationToken cancellation)
    {
        var faults = new List<string>();
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        for (var number = 1; faults.Count < MaxFaults && await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line) && !CacheLines.TryRead(line, "", DateTimeOffset.UnixEpoch, out _, out var fault))
                faults.Add(string.Create(CultureInfo.InvariantCulture, $"line {number}: {fault}"));
        }

        return faults;
    }

    private static async Task<int> SendAsync(ParseResult parsed, NodeClient node, Stream input)
    {
        var (imported, durable, sent) = (0, true, 0);
        using var reader = new StreamReader(input, Encoding.UTF8, leaveOpen: true);
        try
        {
            while (await ReadPartAsync(reader, node.Cancellation).ConfigureAwait(false) is { Count: > 0 } part)
            {
                var body = string.Join('\n', part);
                using var answer = await node.SendAsync(HttpMethod.Post, CacheCommand.Root, body, "application/x-ndjson").ConfigureAwait(false);
                imported += answer.Root.GetProperty("imported").GetInt32();
                durable &= answer.Root.GetProperty("durable").GetBoolean();
                sent += part.Count;
            }
        }
        catch (Exception) when (sent > 0)
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                $"screening: the import is not whole: it ends after {sent} lines").ConfigureAwait(false);
            throw;
        }

        var text = NodeConnection.IsJson(parsed)
            ? $"{{\"imported\":{imported},\"durable\":{(durable ? "true" : "false")}}}"
            : $"{imported} of {sent} lines imported";
        await parsed.InvocationConfiguration.Output.WriteLineAsync(text).ConfigureAwait(false);
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
