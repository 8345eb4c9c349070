using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Screening.Deploy.Tests.Kubernetes;

/// <summary>YAML as JSON, by the core schema of YAML 1.2: what the API server makes of it.</summary>
internal static partial class YamlDocuments
{
    /// <summary>The documents of a stream that kustomize wrote, as text.</summary>
    public static IReadOnlyList<string> Split(string text) => [.. Separator().Split(text).Where(part => part.Trim().Length > 0)];

    /// <summary>The documents of a stream.</summary>
    public static IReadOnlyList<JsonObject> Parse(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => (JsonObject)ToJson(document.RootNode)!)];
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair =>
            KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, ToJson(pair.Value)))),
        YamlSequenceNode items => new JsonArray([.. items.Children.Select(ToJson)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } text => text.Value,
        YamlScalarNode plain => OfPlain(plain.Value ?? ""),
        _ => throw new NotSupportedException(node.NodeType.ToString()),
    };

    private static JsonNode? OfPlain(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => true,
        "false" => false,
        _ when Integer().IsMatch(text) => long.Parse(text, CultureInfo.InvariantCulture),
        _ when Fraction().IsMatch(text) => double.Parse(text, CultureInfo.InvariantCulture),
        _ => text,
    };

    [GeneratedRegex("^---$", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex("^[-+]?[0-9]{1,18}$")]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?[0-9]+\.[0-9]+$")]
    private static partial Regex Fraction();
}
