using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.Json;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands;

/// <summary><c>check</c>: asks a node for a verdict, and with <c>--explain</c> shows how it came about.</summary>
internal static class CheckCommand
{
    private static readonly Argument<string> Address = new("ADDRESS") { Description = "The client's IPv4 or IPv6 address." };
    private static readonly Option<bool> Explain = new("--explain") { Description = "Show every check on a time line." };
    private static readonly Option<bool> Fresh = new("--fresh") { Description = "Read no cache." };

    // Options whose names are those of the API's parameters.
    private static readonly Option<string?>[] Parameters =
    [
        new("--profile") { Description = "Judge by this profile.", HelpName = "P" },
        new("--local") { Description = "The mail exchanger's address that the client connects to.", HelpName = "A" },
        new("--door") { Description = "Ask as this door would: plugin, policy, dnsbl, dnsblog, memcache or http.", HelpName = "D" },
        new("--helo") { Description = "The client's HELO.", HelpName = "H" },
        new("--sender") { Description = "The envelope sender.", HelpName = "S" },
    ];

    public static Command Create()
    {
        var command = new Command("check", "Ask the node for a verdict. Status 0: pass or ignore, 1: enforce or drop.") { Address, Explain, Fresh };
        foreach (var parameter in Parameters)
            command.Add(parameter);
        command.Validators.Add(Validate);
        command.SetAction((parsed, cancellation) => NodeConnection.GetAsync(
            parsed, PathOf(parsed), verdict => VerdictText.Of(verdict, parsed.GetValue(Explain)), StatusOf, cancellation));
        return command.TalksToNode();
    }

    // What is wrong without asking any node.
    private static void Validate(CommandResult parsed)
    {
        RequireAddress(parsed, "ADDRESS", parsed.GetValue(Address));
        RequireAddress(parsed, "--local", parsed.GetValue(Parameters[1]));
        if (parsed.GetValue(Parameters[2]) is { } door && !Words.TryParseDoor(door, out _))
            parsed.AddError($"--door: '{door}' is none of plugin, policy, dnsbl, dnsblog, memcache, http");
    }

    private static void RequireAddress(CommandResult parsed, string name, string? text)
    {
        if (text is not null && !ClientAddress.TryParse(text, out _))
            parsed.AddError($"{name}: '{text}' is not an IP address");
    }

    private static string PathOf(ParseResult parsed)
    {
        var query = new List<string>();
        if (parsed.GetValue(Explain))
            query.Add("explain=true");
        if (parsed.GetValue(Fresh))
            query.Add("fresh=true");
        foreach (var parameter in Parameters)
        {
            if (parsed.GetValue(parameter) is { } value)
                query.Add($"{parameter.Name.TrimStart('-')}={Uri.EscapeDataString(value)}");
        }

        return $"api/v1/check/{Uri.EscapeDataString(parsed.GetValue(Address)!)}?{string.Join('&', query)}";
    }

    private static int StatusOf(JsonElement verdict) =>
        verdict.GetProperty("action").GetString() is "pass" or "ignore" ? ExitStatus.Ok : ExitStatus.No;
}
