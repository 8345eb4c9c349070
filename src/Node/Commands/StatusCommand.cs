using System.CommandLine;

namespace Screening.Node.Commands;

/// <summary><c>status</c>: how a node is doing.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Show the node, its endpoints and checks, and what is degraded and for how long.");
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(parsed, node => ShowAsync(parsed, node), cancellation));
        return command.TalksToNode(NodeAccess.Open);
    }

    private static async Task<int> ShowAsync(ParseResult parsed, NodeClient node)
    {
        var answer = await node.GetAsync("api/v1/status", NodeClient.Shapes.StatusDocument).ConfigureAwait(false);
        var now = TimeProvider.System.GetUtcNow();
        await NodeConnection.PrintAsync(
            parsed, answer, (screen, status) => screen.WriteAsync(new StatusText(now, screen.Width).Of(status))).ConfigureAwait(false);
        return ExitStatus.Ok;
    }
}
