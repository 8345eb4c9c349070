using System.CommandLine;
using System.CommandLine.Parsing;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands;

/// <summary><c>check</c>: asks a node for a verdict, and with <c>--explain</c> shows how it came about.</summary>
internal static class CheckCommand
{
    private static readonly Argument<string> Address = new("ADDRESS") { Description = "The client's IPv4 or IPv6 address." };

    private static readonly Option<bool> Explain = new("--explain")
    {
        Description = "Show each check with its answer and weight, on a time line.",
    };

    private static readonly Option<bool> Fresh = new("--fresh") { Description = "Ask every check anew, whatever the caches hold." };

    private static readonly Option<string?> Local = new("--local")
    {
        Description = "The mail exchanger's address that the client connects to.",
        HelpName = "A",
    };

    // Options whose names are those of the API's parameters.
    private static readonly Option<string?>[] Parameters =
    [
        new("--profile")
        {
            Description = "Judge by this profile instead of the one that the local address or the door chooses.",
            HelpName = "P",
        },
        Local,
        DoorOption(),
        new("--helo") { Description = "The client's HELO.", HelpName = "H" },
        new("--sender") { Description = "The envelope sender.", HelpName = "S" },
    ];

    public static Command Create()
    {
        var command = new Command("check", "Ask the node for a verdict. Exit status 0: pass or ignore; 1: enforce or drop.")
        {
            Address, Explain, Fresh,
        };
        foreach (var parameter in Parameters)
            command.Add(parameter);
        command.Validators.Add(Validate);
        command.SetAction((parsed, cancellation) => NodeConnection.TalkAsync(parsed, node => CheckAsync(parsed, node), cancellation));
        return command.TalksToNode(NodeAccess.Open);
    }

    private static Option<string?> DoorOption()
    {
        var option = new Option<string?>("--door")
        {
            Description = "Judge as at this door: plugin, policy, dnsbl, dnsblog, memcache or http.",
            HelpName = "D",
        };
        option.AcceptOnlyFromAmong([.. Enum.GetValues<Door>().Select(door => door.Word())]);
        return option;
    }

    // What is wrong without asking any node.
    private static void Validate(CommandResult parsed)
    {
        RequireAddress(parsed, "ADDRESS", parsed.GetValue(Address));
        RequireAddress(parsed, "--local", parsed.GetValue(Local));
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

    private static async Task<int> CheckAsync(ParseResult parsed, NodeClient node)
    {
        var answer = await node.GetAsync(PathOf(parsed), NodeClient.Shapes.VerdictDocument).ConfigureAwait(false);
        await NodeConnection.PrintAsync(
            parsed, answer, (screen, verdict) => screen.WriteAsync(new VerdictText(screen.Width).Of(verdict, parsed.GetValue(Explain))))
            .ConfigureAwait(false);
        return answer.Value.Action is "pass" or "ignore" ? ExitStatus.Ok : ExitStatus.No;
    }
}
