using System.CommandLine;
using Screening.Node.Configuration;

namespace Screening.Node.Commands.Usage;

/// <summary>What was probably meant by an unknown word.</summary>
internal static class Suggestion
{
    /// <summary><c>; did you mean 'check'?</c>, or nothing where no candidate is near.</summary>
    public static string For(string word, IEnumerable<string> candidates)
    {
        // Names of settings, which the search was made for, have no dashes.
        var byPlainName = new Dictionary<string, string>();
        foreach (var candidate in candidates)
            byPlainName.TryAdd(Plain(candidate), candidate);
        return NearestName.Find(Plain(word), byPlainName.Keys) is { } nearest ? $"; did you mean '{byPlainName[nearest]}'?" : "";
    }

    /// <summary>The names of a command's options, as they are given.</summary>
    public static IEnumerable<string> OptionsOf(Command command) =>
        command.Options.Where(o => !o.Hidden).SelectMany(o => o.Aliases.Prepend(o.Name))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal));

    private static string Plain(string word) => word.TrimStart('-').Replace('-', '_').ToLowerInvariant();
}
