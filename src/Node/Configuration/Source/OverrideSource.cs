using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

/// <summary>Applies environment variables and <c>--set</c> on top of the file.</summary>
internal static partial class OverrideSource
{
    /// <summary>The prefix of environment variables that are settings.</summary>
    public const string EnvironmentPrefix = "SCREENING__";

    private const string NameMissing = "the name of a setting is missing; write, for example, ";

    /// <summary>
    /// The variable of a setting: <c>SCREENING__VERDICT__DEADLINE</c>. Items of a list, which paths number from 1, have numbers from 0.
    /// </summary>
    public static string VariableOf(string path) =>
        EnvironmentPrefix + Item().Replace(path, NumberedFromZero).Replace(".", "__", StringComparison.Ordinal).ToUpperInvariant();

    /// <summary><c>SCREENING__VERDICT__DEADLINE=800ms</c>. Sorted by name, so that the result does not depend on the system.</summary>
    public static void ApplyEnvironment(IReadOnlyDictionary<string, string> environment, SettingTable root, List<ConfigurationFault> faults)
    {
        foreach (var (name, value) in environment
            .Where(variable => variable.Key.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(variable => variable.Key, StringComparer.Ordinal))
        {
            var place = new ConfigurationPlace(PlaceKind.Environment, name);
            var path = name[EnvironmentPrefix.Length..].ToLowerInvariant().Split("__").ToImmutableArray();
            if (path.Contains(""))
                faults.Add(new ConfigurationFault(place, "", NameMissing + "SCREENING__VERDICT__DEADLINE"));
            else
                root.Override(path, TomlSource.ReadValue(value, place));
        }
    }

    /// <summary><c>--set verdict.deadline=800ms</c>. In the order given: the last one counts.</summary>
    public static void ApplySets(IEnumerable<string> sets, SettingTable root, List<ConfigurationFault> faults)
    {
        foreach (var set in sets)
        {
            var equals = set.IndexOf('=', StringComparison.Ordinal);
            var name = (equals < 0 ? set : set[..equals]).Trim();
            var place = new ConfigurationPlace(PlaceKind.Set, name);
            var path = name.Split('.').ToImmutableArray();
            if (equals < 0)
                faults.Add(new ConfigurationFault(place, name, "write path=value, for example --set verdict.deadline=800ms"));
            else if (path.Contains(""))
                faults.Add(new ConfigurationFault(place, name, NameMissing + "--set verdict.deadline=800ms"));
            else
                root.Override(path, TomlSource.ReadValue(set[(equals + 1)..], place));
        }
    }

    private static string NumberedFromZero(Match item) =>
        string.Create(CultureInfo.InvariantCulture, $".{int.Parse(item.Groups[1].ValueSpan, CultureInfo.InvariantCulture) - 1}");

    [GeneratedRegex(@"\[([0-9]+)\]")]
    private static partial Regex Item();
}
