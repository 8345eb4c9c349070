using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Api;

/// <summary>What is wrong with a member: a text that follows its name, such as <c>: 'x' is not a time</c>.</summary>
internal sealed class MemberFaultException(string fault) : JsonException(fault);

/// <summary>Reads JSON that people or programs send, and says in words what is wrong with it.</summary>
internal static class ApiText
{
    private const int MaxFaultLength = 200;

    /// <summary>Reads one object.</summary>
    /// <param name="fault">What is wrong; empty: nothing.</param>
    public static bool TryParse<T>(string text, JsonTypeInfo<T> shape, [NotNullWhen(true)] out T? value, out string fault)
        where T : class
    {
        (value, fault) = (null, "");
        try
        {
            value = JsonSerializer.Deserialize(text, shape);
            if (value is null)
                fault = "not a JSON object"; // null
        }
        catch (JsonException problem)
        {
            fault = FaultOf(problem, shape);
        }

        return value is not null;
    }

    /// <summary>Reads the word of one of an enumeration's values.</summary>
    /// <param name="name">The member that holds it.</param>
    /// <param name="fault">What is wrong; empty: nothing.</param>
    public static bool TryParseWord<T>(string name, string? text, Func<T, string> wordOf, out T value, out string fault)
        where T : struct, Enum
    {
        fault = "";
        foreach (var candidate in Enum.GetValues<T>())
        {
            value = candidate;
            if (wordOf(candidate) == text)
                return true;
        }

        value = default;
        fault = text is null
            ? $"{name} is missing"
            : $"{name}: '{PeerText.Clean(text)}' is none of {string.Join(", ", Enum.GetValues<T>().Select(wordOf))}";
        return false;
    }

    // The serializer's own words name .NET types, so only those about the syntax are passed on.
    private static string FaultOf(JsonException problem, JsonTypeInfo shape)
    {
        // $.times, or $ for the object itself
        var name = problem.Path?.Split('.', '[').ElementAtOrDefault(1);
        return (problem, problem.InnerException, shape.Properties.FirstOrDefault(p => p.Name == name)) switch
        {
            (_, JsonException syntax, _) => $"not JSON: {PeerText.Clean(syntax.Message, MaxFaultLength)}",
            (MemberFaultException fault, _, _) => name + fault.Message,
            (_, not null, { PropertyType: var type }) => $"{name} {Wanted(type)}",
            _ when name is null => "not a JSON object",
            _ => $"not JSON: {name} is repeated, or is not of its form",
        };
    }

    private static string Wanted(Type type) =>
        type == typeof(bool?) ? "is neither true nor false" : type == typeof(int?) ? "is not a whole number" : "is not a text";
}
