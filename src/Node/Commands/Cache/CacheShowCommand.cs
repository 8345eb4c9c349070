using System.CommandLine;
using System.Net;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache show</c>: what is known of a client, or which grant and ban a network has. Exit status 1 if nothing.</summary>
internal static class CacheShowCommand
{
    public static Command Create()
    {
        var address = CacheCommand.NetworkArgument("A", "The client's address, or a network that has a grant or a ban.");
        var command = new Command("show", "Show what is known of a client, what decides first. Exit status 1: nothing is known.")
        {
            address,
        };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed, node => ShowAsync(parsed, node, parsed.GetValue(address)!), cancellation));
        return command.TalksToNode(NodeAccess.Open);
    }

    private static async Task<int> ShowAsync(ParseResult parsed, NodeClient node, string address)
    {
        try
        {
            var answer = await node.GetAsync(CacheCommand.PathOf(address), NodeClient.Shapes.CacheLine).ConfigureAwait(false);
            await NodeConnection.PrintAsync(parsed, answer, shown => CacheText.Show(shown, TimeProvider.System)).ConfigureAwait(false);
            return ExitStatus.Ok;
        }
        catch (NodeProblemException problem) when (problem.Status == HttpStatusCode.NotFound)
        {
            return await ExitStatus.FailAsync(parsed.InvocationConfiguration.Error, ExitStatus.No, problem.Lines).ConfigureAwait(false);
        }
    }
}
