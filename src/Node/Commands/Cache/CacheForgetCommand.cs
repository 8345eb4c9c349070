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
            node => node.SendAsync(
                HttpMethod.Delete,
                CacheCommand.PathOf(parsed.GetValue(network)!) + CacheCommand.QueryOf(parsed.GetValue(yes), parsed.GetValue(dryRun))),
            answer => parsed.GetValue(dryRun)
                ? NodeConnection.PrintAsync(parsed, answer, count => CacheCommand.CountText(parsed.GetValue(network)!, count), _ => ExitStatus.Ok)
                : EndAsync(parsed, answer, parsed.GetValue(network)!),
            cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static async Task<int> EndAsync(ParseResult parsed, NodeAnswer answer, string network)
    {
        var status = await NodeConnection.PrintAsync(
            parsed, answer,
            done => string.Create(CultureInfo.InvariantCulture, $"{network}: {done.GetProperty("forgotten").GetInt32()} forgotten"),
            done => done.GetProperty("durable").GetBoolean() ? ExitStatus.Ok : ExitStatus.No).ConfigureAwait(false);
        return status == ExitStatus.Ok ? status : await CacheCommand.NotDurableAsync(parsed).ConfigureAwait(false);
    }
}
