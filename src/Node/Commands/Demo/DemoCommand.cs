using System.CommandLine;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Screening.Actors.Checks;
using Screening.Node.Commands.Display;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;

namespace Screening.Node.Commands.Demo;

/// <summary><c>demo</c>: a node with lists, p0f and a check of its own making, and clients that arrive. Nothing is left behind.</summary>
internal static class DemoCommand
{
    private static readonly Option<bool> Once = new("--once") { Description = "End after one pass of the script." };
    private static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the node's own log as well, on standard error." };

    private static readonly TimeSpan SlowestPace = TimeSpan.FromHours(1);

    private static readonly Option<string> Pace = new("--pace")
    {
        Description = "The pause between two lines, such as 250ms or 2s; 0 for none.",
        HelpName = "DURATION",
        DefaultValueFactory = _ => "500ms",
    };

    public static Command Create()
    {
        Pace.Validators.Add(parsed =>
        {
            if (parsed.Tokens is [{ Value: var text }] && !(Duration.TryParse(text, out var pace) && pace <= SlowestPace))
                parsed.AddError($"--pace: '{text}' is not a duration of at most 1h, such as 250ms or 2s");
        });
        var command = new Command(
            "demo",
            "Show what a node does: one with made-up lists, p0f and a custom check, and clients that arrive. "
            + "Needs neither root nor network nor configuration, and leaves nothing behind.")
        {
            Once, Pace, Verbose,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupted = EndOn(PosixSignal.SIGINT, ending);
        using var terminated = EndOn(PosixSignal.SIGTERM, ending);
        using var hungUp = EndOn(PosixSignal.SIGHUP, ending);
        try
        {
            await PlayAsync(parsed, ending.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // As it was asked for.
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or EndpointException)
        {
            return await ExitStatus.FailAsync(parsed.InvocationConfiguration.Error, ExitStatus.Usage, $"demo: {fault.Message}")
                .ConfigureAwait(false);
        }
        catch (Exception fault) when (
            fault is SourceException or NodeProblemException or HttpRequestException or SocketException or OperationCanceledException)
        {
            return await ExitStatus.FailAsync(
                parsed.InvocationConfiguration.Error, ExitStatus.Failed, $"demo: the node does not answer: {fault.Message}")
                    .ConfigureAwait(false);
        }

        return ExitStatus.Ok;
    }

    private static async Task PlayAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var screen = new DemoScreen(Screen.Of(parsed.InvocationConfiguration.Output));
        var once = parsed.GetValue(Once);
        using var folder = new DemoFolder();
        using var sources = new DemoSources(folder.Path, TimeProvider.System);
        await using var node = await DemoNode.StartAsync(folder.Path, sources, parsed.GetValue(Verbose), cancellation)
            .ConfigureAwait(false);
        await screen.SayAsync(
        [
            $"A node of its own at {node.Http}, with made-up lists, p0f and a custom check.",
            $"All of it is in this process and in {folder.Path}, which is removed when it ends." + (once ? "" : " Ctrl-C ends it."),
        ]).ConfigureAwait(false);

        Duration.TryParse(parsed.GetValue(Pace)!, out var pace);
        var play = new DemoPlay(node, sources, screen, pace, TimeProvider.System);
        await play.PlayAsync(cancellation).ConfigureAwait(false);
        if (!once)
            await play.KeepPlayingAsync(HintsFor(node), cancellation).ConfigureAwait(false);
    }

    private static string[] HintsFor(DemoNode node)
    {
        var (program, option) = (Welcome.ProgramName(), IsUsual(node.Http) ? "" : $" --node {node.Http}");
        return
        [
            "From another terminal, try:",
            "",
            $"    {program} check {DemoScript.Bot.Address} --explain{option}",
            $"    {program} status{option}",
            $"    {program} cache list --node {node.Socket}",
        ];
    }

    // Whether a command from here finds the node without being told.
    private static bool IsUsual(NodeUrl http) =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable(NodeConnection.NodeVariable))
        && ConfigurationLoader.Load(ConfigurationRequest.OfProcess(null, [])).Options?.Endpoints.Http is [var first, ..]
        && NodeUrl.OfEndpoint(first.ToString()) == http;

    private static PosixSignalRegistration EndOn(PosixSignal signal, CancellationTokenSource ending) =>
        PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        ending.Cancel();
    });
}
