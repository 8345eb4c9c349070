using System.Text.Json.Nodes;

namespace Screening.Node.Configuration;

/// <summary>
/// The JSON schema of the configuration file, by which editors complete and check it. Draft 4, because that is what editors of TOML know
/// (taplo, "Developing Schemas"). Looser than the node: durations have no range there, and settings are not compared with each other.
/// </summary>
internal static class ConfigurationSchema
{
    public static JsonObject Create()
    {
        var schema = OfTable(new ScreeningOptions(), inherits: false);
        schema.Insert(0, "$schema", "http://json-schema.org/draft-04/schema#");
        schema.Insert(1, "title", "Configuration of Screening");
        return schema;
    }

    /// <param name="inherits">True in a profile: what is not given there is not the default.</param>
    private static JsonObject OfTable(object defaults, bool inherits)
    {
        var settings = Setting.Of(defaults.GetType());
        var schema = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject(
                settings.Select(setting => KeyValuePair.Create(setting.Name, (JsonNode?)Of(setting, defaults, inherits)))),
            ["additionalProperties"] = false,
        };
        var needed = settings.Where(setting => setting.Definition.IsNeeded).Select(setting => (JsonNode)setting.Name).ToArray();
        if (needed.Length > 0)
            schema["required"] = new JsonArray(needed);
        return schema;
    }

    private static JsonObject Of(Setting setting, object owner, bool inherits)
    {
        var schema = setting.Kind switch
        {
            SettingKind.Value => OfValue(setting),
            SettingKind.Values => new JsonObject { ["type"] = "array", ["items"] = OfValue(setting) },
            SettingKind.Tables => new JsonObject
            {
                ["type"] = "array",
                ["items"] = OfTable(Activator.CreateInstance(setting.Type)!, inherits: false),
            },
            SettingKind.Table => OfTable(setting.Get(owner)!, inherits),
            _ => new JsonObject { ["type"] = "object", ["additionalProperties"] = OfTable(new ProfileOptions(), inherits: true) },
        };
        schema["description"] = setting.Description + (setting.Definition.Restart ? " [restart]" : "");
        var isValue = setting.Kind is SettingKind.Value or SettingKind.Values;
        if (isValue && !inherits && setting.Definition is { Default: "", IsNeeded: false } && OptionsTree.Of(setting, owner) is { } value)
            schema["default"] = ConfigurationJson.OfNode(value);
        return schema;
    }

    private static JsonObject OfValue(Setting setting)
    {
        var type = SettingTypes.Find(setting.Type)!;
        var schema = new JsonObject { ["type"] = type.Json };
        if (type.Words.Count > 0)
            schema["enum"] = new JsonArray([.. type.Words.Select(word => (JsonNode)word)]);
        if (type.Pattern is { } pattern)
        {
            // As a number only 0 stands without a unit.
            schema["type"] = new JsonArray(type.Json, "integer");
            (schema["pattern"], schema["minimum"], schema["maximum"]) = (pattern, 0, 0);
        }

        foreach (var constraint in setting.Constraints)
            constraint.Describe(schema);
        return schema;
    }
}
