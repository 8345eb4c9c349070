using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Screening.Node.Configuration;

/// <summary>The JSON that <c>config check</c> and <c>config show</c> print.</summary>
internal static class ConfigurationJson
{
    private static readonly JsonSerializerOptions Layout = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary><c>{"v":1,"file","ok","faults":[...],"warnings":[...]}</c>.</summary>
    public static string OfCheck(ConfigurationResult result) => Write(new JsonObject
    {
        ["v"] = 1,
        ["file"] = result.File,
        ["ok"] = result.Faults.Count == 0,
        ["faults"] = new JsonArray([.. result.Faults.Select(OfFault)]),
        ["warnings"] = new JsonArray([.. result.Warnings.Select(OfFault)]),
    });

    /// <summary><c>{"v":1,"file","settings":{...},"origins":{"verdict.deadline":"screening.toml:3"},"warnings":[...]}</c>.</summary>
    public static string OfSettings(ConfigurationResult result, ScreeningOptions options) => Write(new JsonObject
    {
        ["v"] = 1,
        ["file"] = result.File,
        ["settings"] = OfNode(OptionsTree.Of(options, result.Origins)),
        ["origins"] = new JsonObject(result.Origins.OrderBy(origin => origin.Key, StringComparer.Ordinal)
            .Select(origin => KeyValuePair.Create<string, JsonNode?>(origin.Key, origin.Value.ToString()))),
        ["warnings"] = new JsonArray([.. result.Warnings.Select(OfFault)]),
    });

    /// <summary>The text, indented.</summary>
    public static string Write(JsonObject json) => json.ToJsonString(Layout);

    private static JsonObject OfFault(ConfigurationFault fault)
    {
        var place = new JsonObject { ["kind"] = Wording.Word(fault.Place.Kind), ["name"] = fault.Place.Name };
        if (fault.Place.Line > 0)
            (place["line"], place["column"]) = (fault.Place.Line, fault.Place.Column);
        return new JsonObject { ["place"] = place, ["setting"] = fault.Setting, ["message"] = fault.Message };
    }

    /// <summary>A value, list or table as JSON.</summary>
    public static JsonNode? OfNode(SettingNode node) => node switch
    {
        SettingTable table => new JsonObject(table.Entries.Select(entry => KeyValuePair.Create(entry.Key, OfNode(entry.Value)))),
        SettingList list => new JsonArray([.. list.Items.Select(OfNode)]),
        SettingValue { Value: string text } => JsonValue.Create(text),
        SettingValue { Value: long number } => JsonValue.Create(number),
        SettingValue { Value: bool flag } => JsonValue.Create(flag),
        _ => null,
    };
}
