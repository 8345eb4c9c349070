using System.Text.Json;
using System.Text.Json.Serialization;

namespace Screening.Node.Commands.Display;

/// <summary>Reads texts of a node's JSON as <see cref="ShownText.Clean"/> makes them.</summary>
internal sealed class CleanText : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } text ? ShownText.Clean(text) : null;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
