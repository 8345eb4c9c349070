using System.Text.Json;
using System.Text.RegularExpressions;

namespace Screening.Deploy.Tests.Prometheus;

/// <summary>
/// Finds metrics and labels that an expression names and the product does not have. Of a metric without series the labels are not known.
/// </summary>
/// <param name="known">Every metric with all labels that its series have.</param>
internal sealed partial class MetricsInUse(IReadOnlyDictionary<string, IReadOnlySet<string>> known)
{
    private static readonly string[] OfTheServer = ["job", "instance", "le"];

    /// <summary>Reads a server's answers to <c>series</c>, and to <c>metadata</c>, which also has metrics without series.</summary>
    public static MetricsInUse Of(JsonElement series, JsonElement metadata)
    {
        var known = metadata.EnumerateObject().ToDictionary(metric => metric.Name, IReadOnlySet<string> (_) => new HashSet<string>());
        foreach (var metric in series.EnumerateArray().GroupBy(one => one.GetProperty("__name__").GetString()!))
            known[metric.Key] = metric.SelectMany(one => one.EnumerateObject().Select(label => label.Name)).ToHashSet();
        return new MetricsInUse(known);
    }

    /// <summary>What is wrong with an expression; empty: nothing.</summary>
    public IEnumerable<string> FaultsOf(string expression)
    {
        var labels = OfTheServer.ToHashSet();
        foreach (Match use in Use().Matches(expression))
        {
            var metric = use.Groups["metric"].Value;
            if (!known.TryGetValue(metric, out var has))
            {
                yield return $"{metric} is no metric: {expression}";
                continue;
            }

            labels.UnionWith(has);
            foreach (Match matcher in Matcher().Matches(use.Groups["matchers"].Value))
            {
                if (has.Count > 0 && !has.Contains(matcher.Groups["label"].Value))
                    yield return $"{metric} has no label {matcher.Groups["label"].Value}: {expression}";
            }
        }

        foreach (Match grouping in Grouping().Matches(expression))
        {
            foreach (var label in grouping.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries).Where(l => l.Length > 0))
            {
                if (!labels.Contains(label))
                    yield return $"nothing has a label {label}: {expression}";
            }
        }
    }

    [GeneratedRegex("(?<![a-z_:])(?<metric>(screening|process|dotnet)_[a-z_]+)(?![a-z_:])(\\{(?<matchers>[^}]*)\\})?")]
    private static partial Regex Use();

    [GeneratedRegex("(?<label>[a-z_]+)(=|!=|=~|!~)\"")]
    private static partial Regex Matcher();

    [GeneratedRegex("\\b(by|without|on|ignoring|group_left) ?\\((?<labels>[^)]*)\\)")]
    private static partial Regex Grouping();
}
