using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Screening.Deploy.Tests.Kubernetes;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Helm;

/// <summary>
/// What the chart has from elsewhere is as it is there: two files, the schema of settings, the version; and its README has every value.
/// <c>UPDATE_DOCS=1 dotnet test tests/Deploy.Tests --filter ChartFiles</c> writes them.
/// </summary>
public sealed partial class ChartFilesTests
{
    // They follow from other values of the chart.
    private static readonly string[] NotSettings =
        ["node.name", "cluster.advertise", "cluster.seeds", "cluster.roles", "cluster.tls", "cluster.insecure", "store"];

    private static readonly string[] NotEdgeSettings = [.. NotSettings, "node", "endpoints.http", "cluster.listen"];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonSerializerOptions Indented = new(Plain) { WriteIndented = true };

    [Theory]
    [InlineData("screening.toml", "deploy/k8s/base/screening.toml")]
    [InlineData("screening.rules.yaml", "deploy/prometheus/screening.rules.yaml")]
    public void Files_are_those_of_the_manifests(string file, string origin) =>
        AssertFile(Path.Combine("files", file), File.ReadAllText(Repository.File(origin)));

    [Fact]
    public void The_schema_of_settings_is_that_of_the_program()
    {
        var schema = JsonNode.Parse(Read("values.schema.json"))!.AsObject();
        schema["definitions"] = new JsonObject
        {
            ["settings"] = SchemaWithout(NotSettings),
            ["edgeSettings"] = SchemaWithout(NotEdgeSettings),
        };
        AssertFile("values.schema.json", schema.ToJsonString(Indented) + "\n");
    }

    [Fact]
    public void The_versions_are_those_of_the_program()
    {
        var version = XDocument.Load(Repository.File("Directory.Build.props")).Descendants("Version").Single().Value;
        var chart = YamlDocuments.Parse(Read("Chart.yaml")).Single();
        Assert.Equal((version, version), (chart["version"]!.GetValue<string>(), chart["appVersion"]!.GetValue<string>()));
    }

    [Fact]
    public void The_readme_has_every_value_with_its_default()
    {
        var values = YamlDocuments.Parse(Read("values.yaml")).Single();
        var properties = JsonNode.Parse(Read("values.schema.json"))!["properties"]!.AsObject();
        var table = new StringBuilder("| value | default | meaning |\n|---|---|---|\n");
        foreach (var (path, meaning) in Leaves(properties, "").Where(leaf => leaf.Path != "global"))
        {
            var value = path.Split('.').Aggregate((JsonNode?)values, (node, name) => node![name]);
            table.Append($"| `{path}` | {Default(value)} | {meaning} |\n");
        }

        AssertFile("README.md", Table().Replace(Read("README.md"), _ => $"<!-- values -->\n{table}<!-- end -->"));
    }

    // Two lists of the same values: the schema allows no value that values.yaml does not have.
    [Fact]
    public void Every_value_has_a_default_and_a_place_in_the_schema()
    {
        var values = YamlDocuments.Parse(Read("values.yaml")).Single();
        var properties = JsonNode.Parse(Read("values.schema.json"))!["properties"]!.AsObject();
        Assert.Equal(
            Names(values, properties, "").Order(StringComparer.Ordinal),
            Leaves(properties, "").Select(leaf => leaf.Path).Where(path => path != "global").Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Names(JsonObject values, JsonObject properties, string prefix) => values.SelectMany(pair =>
        properties[pair.Key]?["properties"] is JsonObject inner && properties[pair.Key]!["description"] is null
            ? Names(pair.Value!.AsObject(), inner, $"{prefix}{pair.Key}.")
            : [prefix + pair.Key]);

    // A table of values has no meaning of its own, only those in it have.
    private static IEnumerable<(string Path, string Meaning)> Leaves(JsonObject properties, string prefix) => properties.SelectMany(pair =>
        pair.Value!["description"] is { } meaning
            ? [(prefix + pair.Key, meaning.GetValue<string>())]
            : Leaves(pair.Value["properties"]!.AsObject(), $"{prefix}{pair.Key}."));

    private static string Default(JsonNode? node) => node switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>().Length == 0 => "",
        JsonValue value => $"`{(value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString())}`",
        JsonArray { Count: 0 } or JsonObject { Count: 0 } => "",
        _ => $"`{node!.ToJsonString(Plain)}`",
    };

    private static JsonNode SchemaWithout(string[] paths)
    {
        var schema = JsonNode.Parse(File.ReadAllText(Repository.File("docs/screening.schema.json")))!.AsObject();
        schema.Remove("$schema");
        schema.Remove("title");
        foreach (var names in paths.Select(path => path.Split('.')))
        {
            var owner = names.SkipLast(1).Aggregate((JsonNode)schema, (node, name) => node["properties"]?[name] ?? new JsonObject());
            owner["properties"]?.AsObject().Remove(names[^1]);
        }

        return schema;
    }

    private static string Read(string file) => File.ReadAllText(Path.Combine(Helm.Chart, file));

    private static void AssertFile(string file, string wanted)
    {
        if (Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
            File.WriteAllText(Path.Combine(Helm.Chart, file), wanted);
        Assert.Equal(wanted, Read(file));
    }

    [GeneratedRegex("<!-- values -->.*<!-- end -->", RegexOptions.Singleline)]
    private static partial Regex Table();
}
