using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Screening.Node.Api;
using Screening.Node.Configuration;

namespace Screening.Node.Commands;

/// <summary><c>drain</c>: has load balancers send no more clients to a node, before it is stopped.</summary>
internal static class DrainCommand
{
    private const string Path = "api/v1/drain";
    private const string DefaultWait = "5s";

    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    // Whoever stops a node waits for this command, and a node that does not answer is not to hold up its stop.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    public static Command Create()
    {
        var wait = new Option<string>("--wait")
        {
            Description = "How long to wait until load balancers have noticed, at most 1h.",
            HelpName = "T",
            DefaultValueFactory = _ => DefaultWait,
        };
        var undo = new Option<bool>("--undo") { Description = "Take clients again." };
        wait.Validators.Add(ValidateWait);
        var command = new Command(
            "drain", "Make /readyz answer 503 before a stop, so that load balancers send no more clients. The doors still answer.")
        {
            wait, undo,
        };
        command.SetAction((parsed, cancellation) => parsed.GetValue(undo)
            ? SendAsync(parsed, HttpMethod.Delete, cancellation)
            : DrainAsync(parsed, parsed.GetValue(wait)!, cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static void ValidateWait(OptionResult parsed)
    {
        if (parsed.Tokens is [{ Value: var text }] && !(Duration.TryParse(text, out var wait) && wait <= LongestWait))
            parsed.AddError($"--wait: '{text}' is not a duration of at most 1h, such as 0, 5s or 1m");
    }

    private static async Task<int> DrainAsync(ParseResult parsed, string wait, CancellationToken cancellation)
    {
        Duration.TryParse(wait, out var time);
        var status = await SendAsync(parsed, HttpMethod.Post, cancellation).ConfigureAwait(false);
        if (status == ExitStatus.Ok)
            await Task.Delay(time, TimeProvider.System, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return status;
    }

    private static Task<int> SendAsync(ParseResult parsed, HttpMethod method, CancellationToken cancellation) =>
        NodeConnection.TalkAsync(parsed, node => SendAsync(parsed, node, method), cancellation, AnswerTimeout);

    private static async Task<int> SendAsync(ParseResult parsed, NodeClient node, HttpMethod method)
    {
        var answer = await node.SendAsync(method, Path, NodeClient.Shapes.DrainState).ConfigureAwait(false);
        await NodeConnection.PrintAsync(parsed, answer, Text).ConfigureAwait(false);
        return ExitStatus.Ok;
    }

    private static string Text(DrainState state) => state.Since is { } since
        ? string.Create(CultureInfo.InvariantCulture, $"{state.Node}: draining since {since.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC")
        : $"{state.Node}: takes clients";
}
