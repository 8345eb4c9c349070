using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>How one type of value is read, shown and written.</summary>
/// <param name="Wanted">What it is, behind "it must be": "a duration such as 5s".</param>
/// <param name="Read">The value, or the rule that was broken ("it must ...").</param>
/// <param name="Write">The value as a TOML scalar: string, long or bool.</param>
internal sealed record SettingType(string Wanted, Func<SettingValue, (object? Value, string? Problem)> Read, Func<object, object> Write);

/// <summary>The types of values that settings have.</summary>
internal static class SettingTypes
{
    /// <summary>The longest value that a fault repeats, in characters.</summary>
    private const int MaxShown = 100;

    private delegate bool TryParse<T>(string text, out T value, out string problem);

    private static readonly Dictionary<Type, SettingType> Known = new()
    {
        [typeof(string)] = OfText<string>("a text in quotes", (string text, out string value, out string problem) =>
        {
            (value, problem) = (text, "");
            return true;
        }),
        [typeof(Secret)] = OfText<Secret>("a text in quotes", (string text, out Secret value, out string problem) =>
        {
            (value, problem) = (new Secret(text), "");
            return true;
        }),
        [typeof(ZoneText)] = OfText<ZoneText>("a text in quotes", (string text, out ZoneText value, out string problem) =>
        {
            (value, problem) = (new ZoneText(text), "");
            return true;
        }),
        [typeof(UrlText)] = OfText<UrlText>("a text in quotes", (string text, out UrlText value, out string problem) =>
        {
            (value, problem) = (new UrlText(text), "");
            return true;
        }),
        [typeof(bool)] = new("true or false", node => (node.Value as bool?, node.Value is bool ? null : ""), value => value),
        [typeof(int)] = new("a whole number", ReadNumber, value => (long)(int)value),
        [typeof(TimeSpan)] = new(
            "a duration such as \"250ms\", \"5s\", \"10m\", \"1h\" or \"1d\"", ReadDuration, value => Duration.Format((TimeSpan)value)),
        [typeof(ByteSize)] = new(
            "a size such as \"256MiB\" or \"4GiB\" (B, KiB, MiB, GiB)", ReadSize, value => value.ToString()!),
        [typeof(EndpointAddress)] = OfText<EndpointAddress>("an address in quotes", EndpointAddress.TryParse),
        [typeof(HostPort)] = OfText<HostPort>("HOST:PORT in quotes", HostPort.TryParse),
        [typeof(AccessEntry)] = OfText<AccessEntry>("a network or file:///PATH in quotes", AccessEntry.TryParse),
        [typeof(Network)] = OfText<Network>("a network in quotes", AccessEntry.TryParseNetwork),
        [typeof(ClientAddress)] = OfText<ClientAddress>("an IP address in quotes", TryParseAddress),
        [typeof(IPEndPoint)] = new(
            "IP or IP:PORT in quotes",
            OfText<IPEndPoint>("", TryParseResolver).Read,
            value => value is IPEndPoint { Port: 53 } endpoint ? endpoint.Address.ToString() : value.ToString()!),
        [typeof(Regex)] = OfText<Regex>("a regular expression in quotes", TryParseRegex),
        [typeof(P0fMatchWords)] = new(
            "words in quotes",
            OfText<P0fMatchWords>("", TryParseMatch).Read,
            value => string.Join(
                '|', Enum.GetValues<P0fMatchWords>().Where(word => ((P0fMatchWords)value).HasFlag(word)).Select(word => Word(word)))),
    };

    /// <summary>The type's description; null if the type is not a single value.</summary>
    public static SettingType? Find(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return Known.GetValueOrDefault(type) ?? (type.IsEnum ? OfWords(type) : null);
    }

    /// <summary>An enumeration's member as it stands in the file: <c>SamePolicy</c> is <c>same-policy</c>.</summary>
    public static string Word(Enum value) => Separated(value.ToString(), '-');

    /// <summary>A name of several words in lower case: <c>PassTtlMin</c> is <c>pass_ttl_min</c>.</summary>
    public static string Separated(string name, char separator)
    {
        var text = new StringBuilder();
        foreach (var letter in name)
        {
            if (char.IsAsciiLetterUpper(letter) && text.Length > 0)
                text.Append(separator);
            text.Append(char.ToLowerInvariant(letter));
        }

        return text.ToString();
    }

    /// <summary>"a", "a or b", "a, b or c".</summary>
    public static string Alternatives(IReadOnlyList<string> words) =>
        words.Count == 1 ? words[0] : string.Join(", ", words.SkipLast(1)) + " or " + words[^1];

    /// <summary>A value for a fault: texts in quotes, secrets hidden.</summary>
    public static string Show(object value) => value switch
    {
        Secret secret => secret.ToString(),
        string text => '"' + Printable(text) + '"',
        true => "true",
        false => "false",
        _ => Printable(Find(value.GetType())!.Write(value).ToString()!),
    };

    /// <summary>What was written, for a fault: secrets hidden.</summary>
    /// <param name="type">The type that was wanted.</param>
    public static string Show(SettingNode node, Type type) => node switch
    {
        SettingTable => "a table",
        SettingList => "a list",
        SettingValue when type == typeof(Secret) => Secret.Mask,
        SettingValue { Value: string text } when type == typeof(ZoneText) => '"' + Printable(ZoneText.Hide(text)) + '"',
        SettingValue { Value: string text } when type == typeof(UrlText) => '"' + Printable(UrlText.Hide(text)) + '"',
        SettingValue { Value: string text } => '"' + Printable(text) + '"',
        SettingValue value => Printable(value.Source),
        _ => "nothing",
    };

    /// <summary>Text made fit for one line: control characters escaped, cut to <see cref="MaxShown"/>.</summary>
    public static string Printable(string text) => Escaped(text.Length <= MaxShown ? text : text[..MaxShown] + "...");

    /// <summary>Text with its control characters escaped.</summary>
    public static string Escaped(string text) =>
        text.Any(char.IsControl)
            ? string.Concat(text.Select(Escaped))
            : text;

    private static string Escaped(char letter) =>
        char.IsControl(letter) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : letter.ToString();

    /// <summary>The rule that a word is one of these, with the one that was probably meant.</summary>
    public static string OneOf(IReadOnlyList<string> words, string given)
    {
        var rule = "it must be " + Alternatives(words);
        return NearestName.Find(given, words, edits: 1) is { } near ? $"{rule}; did you mean {near}?" : rule;
    }

    private static SettingType OfText<T>(string wanted, TryParse<T> parse)
        where T : notnull => new(
        wanted,
        node => node.Text is not { } text ? (null, "") : parse(text, out var value, out var problem) ? (value, null) : (null, problem),
        value => value.ToString()!);

    private static SettingType OfWords(Type type)
    {
        var words = Enum.GetValuesAsUnderlyingType(type).Cast<object>()
            .Select(number => (Enum)Enum.ToObject(type, number))
            .ToDictionary(Word);
        var wanted = Alternatives([.. words.Keys]);
        return new SettingType(
            wanted,
            node => node.Text is not { } text ? (null, "it must be " + wanted)
                : words.TryGetValue(text, out var value) ? (value, null)
                : (null, OneOf([.. words.Keys], text)),
            value => Word((Enum)value));
    }

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
        const int DnsPort = 53;
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
        var words = Enum.GetValues<P0fMatchWords>().ToDictionary(word => Word(word));
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
