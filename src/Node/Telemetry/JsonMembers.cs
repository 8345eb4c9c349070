using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>Takes the members of a JSON object that somebody sent, and keeps the first thing that is wrong, in words.</summary>
internal sealed class JsonMembers : IDisposable
{
    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    private readonly JsonDocument _document;

    private JsonMembers(JsonDocument document) => _document = document;

    /// <summary>What is wrong; null: nothing so far.</summary>
    public string? Fault { get; private set; }

    /// <summary>Reads the text of one object.</summary>
    public static bool TryParse(string text, out JsonMembers members, out string fault)
    {
        members = null!;
        fault = "";
        try
        {
            var document = JsonDocument.Parse(text, Strict);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                members = new JsonMembers(document);
                return true;
            }

            document.Dispose();
            fault = "not a JSON object";
        }
        catch (JsonException problem)
        {
            fault = $"not JSON: {PeerText.Clean(problem.Message, 200)}";
        }

        return false;
    }

    /// <summary>Says what is wrong, unless something was before.</summary>
    public void Fail(string fault) => Fault ??= fault;

    /// <summary>No others than these may be there.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (var member in _document.RootElement.EnumerateObject())
        {
            if (!names.Contains(member.Name))
                Fail($"there is no '{PeerText.Clean(member.Name)}'; known are {string.Join(", ", names.ToArray())}");
        }
    }

    /// <summary>A text, cleaned and cut; null if it is not there.</summary>
    public string? Text(string name, int maxLength) => Raw(name) is { } text ? PeerText.Clean(text, maxLength) : null;

    /// <summary>A text as it was sent; null if it is not there.</summary>
    public string? Raw(string name)
    {
        if (!TryGet(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.String)
            return TextOf(name, value);
        Fail($"{name} is not a text");
        return null;
    }

    /// <summary>An address or a network; needed.</summary>
    public Network Network(string name)
    {
        if (Raw(name) is not { } text)
        {
            Fail($"{name} is missing");
            return default;
        }

        if (!Protocol.Vocabulary.Network.TryParse(text, out var network, out var error))
            Fail($"{name}: {PeerText.Clean(error, 200)}");
        return network;
    }

    /// <summary>One of some words; needed.</summary>
    public T OneOf<T>(string name, params ReadOnlySpan<(string Word, T Value)> words)
    {
        var text = Raw(name);
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        var known = string.Join(", ", words.ToArray().Select(w => w.Word));
        Fail(text is null ? $"{name} is missing" : $"{name}: '{PeerText.Clean(text)}' is none of {known}");
        return default!;
    }

    /// <summary>A time; null if it is not there. Without a zone it is UTC.</summary>
    public DateTimeOffset? Time(string name, string format)
    {
        if (Raw(name) is not { } text)
            return null;
        if (DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time.ToUniversalTime();
        Fail($"{name}: '{PeerText.Clean(text)}' is not a time such as 2030-01-31T12:00:00Z");
        return null;
    }

    /// <summary>So many whole numbers from 0 on; empty if they are not there.</summary>
    public ImmutableArray<long> Numbers(string name, int count, long max)
    {
        if (!TryGet(name, out var value))
            return [];
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == count)
        {
            var numbers = value.EnumerateArray()
                .Select(n => n.ValueKind == JsonValueKind.Number && n.TryGetInt64(out var number) && number >= 0 && number <= max ? number : -1)
                .ToImmutableArray();
            if (!numbers.Contains(-1))
                return numbers;
        }

        Fail(string.Create(CultureInfo.InvariantCulture, $"{name} is not {count} whole seconds since 1970"));
        return [];
    }

    /// <summary>A whole number; 0 if it is not there.</summary>
    public int Whole(string name)
    {
        var number = 0;
        if (TryGet(name, out var value) && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out number)))
            Fail($"{name} is not a whole number");
        return number;
    }

    /// <summary>True or false; false if it is not there.</summary>
    public bool Flag(string name)
    {
        if (!TryGet(name, out var value))
            return false;
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            Fail($"{name} is neither true nor false");
        return value.ValueKind == JsonValueKind.True;
    }

    public void Dispose() => _document.Dispose();

    private bool TryGet(string name, out JsonElement value) =>
        _document.RootElement.TryGetProperty(name, out value) && value.ValueKind != JsonValueKind.Null;

    // Half of a surrogate pair, written as an escape, is not text.
    private string? TextOf(string name, JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            Fail($"{name} is not a text");
            return null;
        }
    }
}
