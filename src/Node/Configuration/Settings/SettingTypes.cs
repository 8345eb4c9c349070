using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>How one type of value is read, shown and written.</summary>
/// <param name="Wanted">What it is, behind "it must be": "a duration such as 5s".</param>
/// <param name="Read">The value, or the rule that was broken ("it must ..."); an empty rule stands for <paramref name="Wanted"/>.</param>
/// <param name="Write">The value as a TOML scalar: string, long or bool.</param>
internal sealed record SettingType(string Wanted, Func<SettingValue, (object? Value, string? Problem)> Read, Func<object, object> Write)
{
    /// <summary>The values that are taken, in Markdown; empty: constraints tell.</summary>
    public string Range { get; init; } = "";

    /// <summary>The type in JSON schema.</summary>
    public string Json { get; init; } = "string";

    /// <summary>The pattern of a quantity in JSON schema, which is a text with a unit, or the number 0.</summary>
    public string? Pattern { get; init; }

    /// <summary>All values of an enumeration.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];
}

/// <summary>The types of values that settings have.</summary>
internal static class SettingTypes
{
    private delegate bool TryParse<T>(string text, out T value, out string problem);

    private static readonly Dictionary<Type, SettingType> Known = new()
    {
        [typeof(string)] = OfAny(text => text),
        [typeof(Secret)] = OfAny(text => new Secret(text)),
        [typeof(ZoneText)] = OfAny(text => new ZoneText(text)),
        [typeof(UrlText)] = OfAny(text => new UrlText(text)),
        [typeof(bool)] = new("true or false", ReadFlag, value => value) { Json = "boolean" },
        [typeof(int)] = new("a whole number", ReadNumber, value => (long)(int)value) { Json = "integer" },
        [typeof(TimeSpan)] = new(
            "a duration such as \"250ms\", \"5s\", \"10m\", \"1h\" or \"1d\"", ReadDuration, value => Duration.Format((TimeSpan)value))
        {
            Pattern = "^(0|[0-9]+(\\.[0-9]+)?(ms|s|m|h|d))$",
        },
        [typeof(ByteSize)] = new("a size such as \"256MiB\" or \"4GiB\" (B, KiB, MiB, GiB)", ReadSize, value => value.ToString()!)
        {
            Pattern = "^(0|[0-9]+(B|KiB|MiB|GiB))$",
        },
        [typeof(EndpointAddress)] = OfText<EndpointAddress>("an address in quotes", EndpointAddress.TryParse),
        [typeof(HostPort)] = OfText<HostPort>("HOST:PORT in quotes", HostPort.TryParse) with { Range = "`HOST:PORT`" },
        [typeof(AccessEntry)] = OfText<AccessEntry>("a network or file:///PATH in quotes", AccessEntry.TryParse),
        [typeof(Network)] = OfText<Network>("a network in quotes", AccessEntry.TryParseNetwork),
        [typeof(ClientAddress)] = OfText<ClientAddress>("an IP address in quotes", TryParseAddress),
        [typeof(IPEndPoint)] = OfText<IPEndPoint>("IP or IP:PORT in quotes", TryParseResolver) with
        {
            Write = value => value is IPEndPoint { Port: DnsPort } endpoint ? endpoint.Address.ToString() : value.ToString()!,
        },
        [typeof(Regex)] = OfText<Regex>("a regular expression in quotes", TryParseRegex) with { Range = "regular expression" },
        [typeof(P0fMatchWords)] = OfText<P0fMatchWords>("words in quotes", TryParseMatch) with
        {
            Write = value => string.Join(
                '|', Enum.GetValues<P0fMatchWords>().Where(word => ((P0fMatchWords)value).HasFlag(word)).Select(Word)),
        },
    };

    private const int DnsPort = 53;

    /// <summary>The type's description; null if the type is not a single value.</summary>
    public static SettingType? Find(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return Known.GetValueOrDefault(type) ?? (type.IsEnum ? OfWords(type) : null);
    }

    private static string Word<T>(T value)
        where T : struct, Enum => Wording.Word(value);

    private static SettingType OfAny<T>(Func<string, T> make)
        where T : notnull => new(
        "a text in quotes", node => node.Text is { } text ? (make(text), null) : (null, ""), value => value.ToString()!);

    private static SettingType OfText<T>(string wanted, TryParse<T> parse)
        where T : notnull => new(
        wanted,
        node => node.Text is not { } text ? (null, "") : parse(text, out var value, out var problem) ? (value, null) : (null, problem),
        value => value.ToString()!);

    private static SettingType OfWords(Type type)
    {
        var values = Enum.GetValuesAsUnderlyingType(type).Cast<object>()
            .Select(number => (Enum)Enum.ToObject(type, number))
            .ToDictionary(Wording.Word);
        string[] words = [.. values.Keys];
        return new SettingType(
            Wording.Alternatives(words),
            node => node.Text is not { } text ? (null, "")
                : values.TryGetValue(text, out var value) ? (value, null)
                : (null, Wording.OneOf(words, text)),
            value => Wording.Word((Enum)value))
        {
            Range = string.Join(", ", words.Select(word => $"`{word}`")),
            Words = words,
        };
    }

    private static (object? Value, string? Problem) ReadFlag(SettingValue node) =>
        node.Value is bool flag ? (flag, null) : (null, "");

    private static (object? Value, string? Problem) ReadNumber(SettingValue node) => node.Value switch
    {
        long number and >= int.MinValue and <= int.MaxValue => ((int)number, null),
        long => (null, string.Create(CultureInfo.InvariantCulture, $"it must not exceed {int.MaxValue}")),
        _ => (null, ""),
    };

    private static (object? Value, string? Problem) ReadDuration(SettingValue node) => node.Value switch
    {
        0L => (TimeSpan.Zero, null),
        string text when Duration.TryParse(text, out var duration) => (duration, null),
        _ => (null, ""),
    };

    private static (object? Value, string? Problem) ReadSize(SettingValue node) => node.Value switch
    {
        0L => (default(ByteSize), null),
        string text when ByteSize.TryParse(text, out var size) => (size, null),
        _ => (null, ""),
    };

    private static bool TryParseAddress(string text, out ClientAddress address, out string problem)
    {
        problem = "it must be an IP address";
        return ClientAddress.TryParse(text, out address);
    }

    private static bool TryParseResolver(string text, out IPEndPoint endpoint, out string problem)
    {
        problem = "it must be IP or IP:PORT; an IPv6 address with a port as [IP]:PORT";
        endpoint = null!;
        if (ClientAddress.TryParse(text, out var alone))
            endpoint = new IPEndPoint(alone.ToIPAddress(), DnsPort);
        else if (HostPort.TryParse(text, out var both, out _) && both.Port > 0 && ClientAddress.TryParse(both.Host, out var address))
            endpoint = new IPEndPoint(address.ToIPAddress(), both.Port);
        return endpoint is not null;
    }

    // NonBacktracking: clients control the texts that are matched, so matching must take linear time.
    private static bool TryParseRegex(string text, out Regex regex, out string problem)
    {
        regex = null!;
        problem = "";
        try
        {
            regex = new Regex(text, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (RegexParseException exception)
        {
            problem = string.Create(
                CultureInfo.InvariantCulture, $"it must be a regular expression ({exception.Error} at character {exception.Offset})");
        }
        catch (NotSupportedException)
        {
            problem = "it must be a regular expression that needs no backtracking: no look-around, no back-reference, no huge repetition";
        }

        return regex is not null;
    }

    private static bool TryParseMatch(string text, out P0fMatchWords match, out string problem)
    {
        problem = "";
        match = 0;
        var words = Enum.GetValues<P0fMatchWords>().ToDictionary(Word);
        foreach (var part in text.Split('|', StringSplitOptions.TrimEntries))
        {
            if (!words.TryGetValue(part, out var word))
            {
                problem = "it must be exact, generic, fuzzy or several of these separated by |"
                    + (NearestName.Find(part, words.Keys, edits: 1) is { } near ? $"; did you mean {near}?" : "");
                return false;
            }

            match |= word;
        }

        return true;
    }
}
