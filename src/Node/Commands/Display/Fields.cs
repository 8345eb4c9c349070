using System.Text.Json;

namespace Screening.Node.Commands.Display;

/// <summary>Members of a node's JSON, for people.</summary>
internal static class Fields
{
    /// <summary>A text, clean; empty where it is missing or null.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String ? ShownText.Clean(member.GetString()!) : "";

    /// <summary>A whole number; null where it is missing or null: an older node does not tell.</summary>
    public static int? Count(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Number && member.TryGetInt32(out var count) ? count : null;

    /// <summary>A time; null where it is missing or null.</summary>
    public static DateTimeOffset? Time(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String && member.TryGetDateTimeOffset(out var time) ? time : null;

    /// <summary>The items of a list; none where it is missing.</summary>
    public static IEnumerable<JsonElement> Items(this JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Array ? member.EnumerateArray() : [];
}
