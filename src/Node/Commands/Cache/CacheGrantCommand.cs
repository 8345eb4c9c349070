using System.CommandLine;
using System.Text.Json;
using Screening.Actors.Whitelist;
using Screening.Node.Commands.Display;
using Screening.Node.Configuration;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache grant</c> and <c>cache ban</c>. Exit status 1: done, but not durable.</summary>
internal static class CacheGrantCommand
{
    public static Command Create(GrantKind kind)
    {
        var (word, description) = kind == GrantKind.Ban
            ? ("ban", "Refuse a client or a network for a time, and revoke its passes.")
            : ("grant", "Let a client or a network pass for a time, whatever the checks say.");
        var network = CacheCommand.NetworkArgument("A[/LEN]", "An address or a network.");
        var ttl = new Option<string>("--ttl") { Description = "For how long, such as 90s, 1h or 7d.", HelpName = "T", Required = true };
        var reason = new Option<string>("--reason") { Description = "Why: it is shown to whoever lists or asks.", HelpName = "R", Required = true };
        var (yes, dryRun) = (CacheCommand.YesOption(), CacheCommand.DryRunOption());
        ttl.Validators.Add(parsed =>
        {
            if (parsed.Tokens is [{ Value: var text }] && (!Duration.TryParse(text, out var life) || life < TimeSpan.FromSeconds(1)))
                parsed.AddError($"--ttl: '{text}' is not a duration of at least 1s, such as 90s, 1h or 7d");
        });
        reason.Validators.Add(parsed =>
        {
            if (parsed.Tokens is [{ Value: var text }] && string.IsNullOrWhiteSpace(text))
                parsed.AddError("--reason: it must not be empty");
        });
        var command = new Command(word, $"{description} Exit status 1: done, but not durable.") { network, ttl, reason, yes, dryRun };
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(
            parsed,
            node => node.SendAsync(
                HttpMethod.Put,
                CacheCommand.PathOf(parsed.GetValue(network)!) + CacheCommand.QueryOf(parsed.GetValue(yes), parsed.GetValue(dryRun)),
                BodyOf(word, parsed.GetValue(ttl)!, parsed.GetValue(reason)!)),
            answer => parsed.GetValue(dryRun)
                ? NodeConnection.PrintAsync(parsed, answer, count => CacheCommand.CountText(parsed.GetValue(network)!, count), _ => ExitStatus.Ok)
                : EndAsync(parsed, answer),
            cancellation));
        return command.TalksToNode(NodeAccess.Trusted);
    }

    private static string BodyOf(string kind, string ttl, string reason) =>
        JsonSerializer.Serialize(new Dictionary<string, string> { ["kind"] = kind, ["ttl"] = ttl, ["reason"] = reason });

    private static async Task<int> EndAsync(ParseResult parsed, NodeAnswer answer)
    {
        var status = await NodeConnection.PrintAsync(
            parsed, answer,
            line => $"{line.Text("address")}: {line.Text("kind")}, {CacheText.LeftOf(line, TimeProvider.System)} left",
            line => line.GetProperty("durable").GetBoolean() ? ExitStatus.Ok : ExitStatus.No).ConfigureAwait(false);
        return status == ExitStatus.Ok ? status : await CacheCommand.NotDurableAsync(parsed).ConfigureAwait(false);
    }
}
