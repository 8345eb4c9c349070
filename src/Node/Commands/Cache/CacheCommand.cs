using System.CommandLine;
using System.CommandLine.Parsing;
using Screening.Actors.Fleet;
using Screening.Node.Telemetry;
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
        CacheRuleCommand.Create(RuleKind.Grant),
        CacheRuleCommand.Create(RuleKind.Ban),
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

    /// <summary>Says on standard error that a change holds, but not yet in the store.</summary>
    public static Task<int> NotDurableAsync(ParseResult parsed) => ExitStatus.FailAsync(
        parsed.InvocationConfiguration.Error, ExitStatus.No,
        "applied, but not durable: the store can not be written now, and if the fleet stopped before it can, the change would be lost");

    private static void Validate(ArgumentResult parsed)
    {
        if (parsed.Tokens is [{ Value: var text }] && !Network.TryParse(text, out _, out var error))
            parsed.AddError(error);
    }
}
