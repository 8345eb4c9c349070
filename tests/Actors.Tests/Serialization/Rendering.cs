using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text.Json;

namespace Screening.Actors.Tests.Serialization;

/// <summary>A message with all it holds as text: records with arrays do not compare by value.</summary>
internal static class Rendering
{
    public static string Of(object? value) => value switch
    {
        null => "null",
        string text => JsonSerializer.Serialize(text),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Of))}]",
        IFormattable plain => plain.ToString(null, CultureInfo.InvariantCulture),
        _ when value.GetType().Namespace == "Screening.Protocol.Vocabulary" || value is bool => value.ToString()!,
        _ => $"{value.GetType().Name}({string.Join(", ", Fields(value).Select(Of))})",
    };

    private static IEnumerable<object?> Fields(object value) => value.GetType()
        .GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(property => property.GetMethod!.GetParameters().Length == 0)
        .OrderBy(property => property.Name, StringComparer.Ordinal)
        .Select(property => property.GetValue(value));
}
