using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Node.Configuration;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache grant</c> and <c>cache ban</c>. Exit status 1: done, but not durable.</summary>
internal static class CacheGrantCommand
{
    public static Command Create(GrantKind kind)
    {
        var description = kind == GrantKind.Ban
            ? "Refuse a client or a network for a time, and revoke its passes."
            : "Let a client or a network pass for a time, whatever the checks say.";
        var network = CacheCommand.NetworkArgument("A[/LEN]", "An address or a network.");
        var ttl = new Option<string>("--ttl") { Description = "For how long, such as 90s, 1h or 7d.", HelpName = "T", Required = true };
        var reason = new Option<string>("--reason")
        {
            Description = "Why: it is shown to whoever lists or asks.",
            HelpName = "R",
            Required = true,
        };
        var (yes, dryRun) = (CacheCommand.YesOption(), CacheCommand.DryRunOption());
        ttl.Validators.Add(ValidateTtl);
        reason.Validators.Add(ValidateReason);
        var command = new Command(kind.Word(), $"{description} Exit status 1: done, but not durable.")
        {
            network, ttl, reason, yes, dryRun,
        };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed,
            node => parsed.GetValue(dryRun)
                ? CacheCommand.CountAsync(parsed, node, HttpMethod.Put, parsed.GetValue(network)!)
                : SetAsync(
                    parsed, node, parsed.GetValue(network)!, new GrantRequest(kind.Word(), parsed.GetValue(ttl), parsed.GetValue(reason)),
                    parsed.GetValue(yes)),
            cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static void ValidateTtl(OptionResult parsed)
    {
        if (parsed.Tokens is [{ Value: var text }] && (!Duration.TryParse(text, out var life) || life < TimeSpan.FromSeconds(1)))
            parsed.AddError($"--ttl: '{text}' is not a duration of at least 1s, such as 90s, 1h or 7d");
    }

    private static void ValidateReason(OptionResult parsed)
    {
        if (parsed.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
            parsed.AddError("--reason: it must not be empty");
    }

    private static async Task<int> SetAsync(ParseResult parsed, NodeClient node, string network, GrantRequest grant, bool yes)
    {
        var answer = await node.SendAsync(
            HttpMethod.Put, CacheCommand.PathOf(network) + CacheCommand.QueryOf(yes, dryRun: false), NodeClient.Shapes.CacheLine,
            JsonSerializer.Serialize(grant, ApiJson.Default.GrantRequest)).ConfigureAwait(false);
        await NodeConnection.PrintAsync(
            parsed, answer, line => $"{line.Address}: {line.Kind}, {CacheText.LeftOf(line, TimeProvider.System)} left")
                .ConfigureAwait(false);
        return await CacheCommand.StatusOfAsync(parsed, answer.Value.Durable == true).ConfigureAwait(false);
    }
}
