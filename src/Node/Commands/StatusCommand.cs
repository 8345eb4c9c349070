using System.CommandLine;

namespace Screening.Node.Commands;

/// <summary><c>status</c>: how a node is doing.</summary>
internal static class StatusCommand
{
    public static Command Create()
    {
        var command = new Command("status", "Show the node, its endpoints and checks, and what is degraded and for how long.");
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed,
            node => node.GetAsync("api/v1/status"),
            answer => NodeConnection.PrintAsync(
                parsed, answer, (screen, status) => screen.WriteAsync(new StatusText(TimeProvider.System.GetUtcNow(), screen.Width).Of(status)), _ => ExitStatus.Ok),
            cancellation));
        return command.TalksToNode(NodeAccess.Open);
    }
}
