using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text;
using Screening.Actors.Whitelist;
using Screening.Node.Api;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Cache;

/// <summary><c>cache</c>: the fleet's whitelist, from any of its nodes.</summary>
internal static class CacheCommand
{
    /// <summary>Where the whitelist is in the API.</summary>
    public const string Root = "api/v1/cache";

    public static Command Create() => new("cache", "The fleet's whitelist: passes of clients, and the operators' grants and bans.")
    {
        CacheListCommand.Create(),
        CacheShowCommand.Create(),
        CacheGrantCommand.Create(GrantKind.Grant),
        CacheGrantCommand.Create(GrantKind.Ban),
        CacheForgetCommand.Create(),
        CacheExportCommand.Create(),
        CacheImportCommand.Create(),
    };

    /// <summary>An address or a network; checked before any node is asked.</summary>
    public static Argument<string?> NetworkArgument(string name, string description, bool needed = true)
    {
        var argument = new Argument<string?>(name)
        {
            Description = description,
            Arity = needed ? ArgumentArity.ExactlyOne : ArgumentArity.ZeroOrOne,
        };
        argument.Validators.Add(Validate);
        return argument;
    }

    /// <summary>The path of an address or a network.</summary>
    public static string PathOf(string network) => $"{Root}/{Uri.EscapeDataString(network)}";

    /// <summary>Confirms a change of a large network, or of one that contains an address of the node.</summary>
    public static Option<bool> YesOption() => new("--yes")
    {
        Description = "Confirm a network larger than /8 (IPv4) or /16 (IPv6), or one that contains an address of the node.",
    };

    /// <summary>Counts, and changes nothing.</summary>
    public static Option<bool> DryRunOption() => new("--dry-run") { Description = "Count what would be affected, and change nothing." };

    /// <summary>The query for both.</summary>
    public static string QueryOf(bool yes, bool dryRun) => (yes, dryRun) switch
    {
        (_, true) => "?dry_run=true",
        (true, false) => "?yes=true",
        _ => "",
    };

    /// <summary>Prints what a change of a network would reach; nothing is changed.</summary>
    public static async Task<int> CountAsync(ParseResult parsed, NodeClient node, HttpMethod method, string network)
    {
        var path = PathOf(network) + QueryOf(yes: false, dryRun: true);
        var answer = await node.SendAsync(method, path, NodeClient.Shapes.NetworkCount).ConfigureAwait(false);
        await NodeConnection.PrintAsync(parsed, answer, count => CountText(network, count)).ConfigureAwait(false);
        return ExitStatus.Ok;
    }

    /// <summary>The exit status of a change. Standard error gets a line if the change holds but is not stored yet.</summary>
    public static async Task<int> StatusOfAsync(ParseResult parsed, bool isDurable) => isDurable
        ? ExitStatus.Ok
        : await ExitStatus.FailAsync(
            parsed.InvocationConfiguration.Error, ExitStatus.No,
            "applied, but not durable: the store cannot be written now, and the change is lost if the whole fleet stops before it can be")
            .ConfigureAwait(false);

    private static string CountText(string network, NetworkCount count)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{network}: {count.Grants} grants, {count.Bans} bans, ");
        text.Append(CultureInfo.InvariantCulture, $"{count.Entries} passes and times inside; nothing was changed");
        foreach (var doubt in count.NeedsYes)
            text.Append(CultureInfo.InvariantCulture, $"\n{doubt}: needs --yes");
        return text.ToString();
    }

    private static void Validate(ArgumentResult parsed)
    {
        if (parsed.Tokens is [{ Value: var text }] && !Network.TryParse(text, out _, out var error))
            parsed.AddError(error);
    }
}
