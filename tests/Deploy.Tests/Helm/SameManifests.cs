using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Screening.Deploy.Tests.Kubernetes;

namespace Screening.Deploy.Tests.Helm;

/// <summary>
/// Compares what the chart renders with what kustomize renders, as data. Allowed to differ: labels that say who installed an object, the
/// hash in the name of a ConfigMap and the checksum in its place, labels of ConfigMaps, the order of containers and volumes, comments in
/// screening.toml, and the notation of a setting in an environment variable.
/// </summary>
internal static partial class SameManifests
{
    private static readonly string[] HelmLabels =
        ["app.kubernetes.io/instance", "app.kubernetes.io/version", "app.kubernetes.io/managed-by", "helm.sh/chart"];

    /// <returns>One line for each difference: the object, the path in it, and both values.</returns>
    public static IEnumerable<string> Differences(IEnumerable<JsonObject> chart, IEnumerable<JsonObject> kustomize)
    {
        var (left, right) = (ByName(chart), ByName(kustomize));
        foreach (var name in left.Keys.Union(right.Keys).Order(StringComparer.Ordinal))
        {
            if (!left.TryGetValue(name, out var ours))
                yield return $"{name}: not in the chart";
            else if (!right.TryGetValue(name, out var theirs))
                yield return $"{name}: in the chart only";
            else
            {
                foreach (var difference in Of(name, ours, theirs))
                    yield return difference;
            }
        }
    }

    private static Dictionary<string, JsonNode> ByName(IEnumerable<JsonObject> documents) =>
        documents.Select(document => Plain(document, "", document["kind"]!.GetValue<string>() == "ConfigMap")!)
            .ToDictionary(document => $"{document["kind"]} {document["metadata"]!["namespace"]}/{document["metadata"]!["name"]}");

    private static IEnumerable<string> Of(string path, JsonNode? ours, JsonNode? theirs)
    {
        if (ours is JsonObject left && theirs is JsonObject right)
        {
            return left.Select(pair => pair.Key).Union(right.Select(pair => pair.Key))
                .SelectMany(key => Of($"{path}.{key}", left[key], right[key]));
        }

        if (ours is JsonArray a && theirs is JsonArray b && a.Count == b.Count)
            return a.SelectMany((item, i) => Of($"{path}[{i}]", item, b[i]));
        return JsonNode.DeepEquals(ours, theirs) ? [] : [$"{path}: {Text(ours)} in the chart, {Text(theirs)} in kustomize"];
    }

    private static string Text(JsonNode? node) => node?.ToJsonString() ?? "nothing";

    // Without what may differ.
    private static JsonNode? Plain(JsonNode? node, string key, bool isConfigMap) => node switch
    {
        JsonObject map => Plain(map, isConfigMap),
        JsonArray items => new JsonArray([.. InOrder(items, key).Select(item => Plain(item, key, isConfigMap))]),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Plain(value.GetValue<string>(), key),
        _ => node?.DeepClone(),
    };

    // Of containers and volumes the name counts, not the place.
    private static IEnumerable<JsonNode?> InOrder(JsonArray items, string key) =>
        key is "containers" or "volumes" ? items.OrderBy(item => item!["name"]!.GetValue<string>(), StringComparer.Ordinal) : items;

    private static JsonObject Plain(JsonObject map, bool isConfigMap)
    {
        var plain = new JsonObject();
        foreach (var (key, value) in map)
        {
            if (HelmLabels.Contains(key) || key.StartsWith("checksum/", StringComparison.Ordinal) || (isConfigMap && key == "labels"))
                continue;
            // A selector of no labels is none; kustomize has no empty ones.
            if (Plain(value, key, isConfigMap) is { } kept)
                plain[key] = kept;
        }

        return plain;
    }

    private static JsonNode Plain(string text, string key) =>
        key == "screening.toml" ? string.Join('\n', text.Split('\n').Where(line => line.Trim().Length > 0 && line[0] != '#'))
        : key == "value" || key.StartsWith("SCREENING__", StringComparison.Ordinal) ? OfToml(text)
        : HashedName().Replace(text, "");

    // Strings, numbers, booleans and arrays of them are written alike in TOML and in JSON; a text that is neither is the value itself.
    private static JsonNode OfToml(string text)
    {
        try
        {
            return JsonNode.Parse(text)!;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    [GeneratedRegex("(?<=-(settings|policy))-[a-z0-9]{10}$")]
    private static partial Regex HashedName();
}
