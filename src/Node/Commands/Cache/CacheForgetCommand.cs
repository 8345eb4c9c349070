using System.CommandLine;
using System.Globalization;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache forget</c>. Exit status 1: done, but not durable.</summary>
internal static class CacheForgetCommand
{
    public static Command Create()
    {
        var network = CacheCommand.NetworkArgument("A[/LEN]", "An address or a network.");
        var (yes, dryRun) = (CacheCommand.YesOption(), CacheCommand.DryRunOption());
        var command = new Command(
            "forget", "Forget a client or a network: grants, bans, passes and postscreen's times. Exit status 1: done, but not durable.")
        {
            network, yes, dryRun,
        };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed,
            node => parsed.GetValue(dryRun)
                ? CacheCommand.CountAsync(parsed, node, HttpMethod.Delete, parsed.GetValue(network)!)
                : ForgetAsync(parsed, node, parsed.GetValue(network)!, parsed.GetValue(yes)),
            cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static async Task<int> ForgetAsync(ParseResult parsed, NodeClient node, string network, bool yes)
    {
        var path = CacheCommand.PathOf(network) + CacheCommand.QueryOf(yes, dryRun: false);
        var answer = await node.SendAsync(HttpMethod.Delete, path, NodeClient.Shapes.ForgetResult).ConfigureAwait(false);
        await NodeConnection.PrintAsync(
            parsed, answer, done => string.Create(CultureInfo.InvariantCulture, $"{network}: {done.Forgotten} forgotten"))
                .ConfigureAwait(false);
        return await CacheCommand.StatusOfAsync(parsed, answer.Value.Durable).ConfigureAwait(false);
    }
}
