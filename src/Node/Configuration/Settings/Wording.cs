using System.Globalization;
using System.Text;

namespace Screening.Node.Configuration;

/// <summary>Names and values as operators write and read them.</summary>
internal static class Wording
{
    /// <summary>The longest value that a fault repeats, in characters.</summary>
    private const int MaxShown = 100;

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

    /// <summary>The rule that a word is one of these, with the one that was probably meant.</summary>
    public static string OneOf(IReadOnlyList<string> words, string given)
    {
        var rule = "it must be " + Alternatives(words);
        return NearestName.Find(given, words, edits: 1) is { } near ? $"{rule}; did you mean {near}?" : rule;
    }

    /// <summary>A value for a fault: texts in quotes, secrets hidden.</summary>
    public static string Show(object value) => value switch
    {
        Secret secret => secret.ToString(),
        string text => Quoted(text),
        bool flag => flag ? "true" : "false",
        _ => Printable(SettingTypes.Find(value.GetType())!.Write(value).ToString()!),
    };

    /// <summary>What was written, for a fault: secrets hidden.</summary>
    /// <param name="type">The type that was wanted: it says what may be a secret.</param>
    public static string Show(SettingNode node, Type type) => node switch
    {
        SettingTable => "a table",
        SettingList => "a list",
        SettingValue when type == typeof(Secret) => Secret.Mask,
        SettingValue { Value: string text } when type == typeof(ZoneText) => Quoted(ZoneText.Hide(text)),
        SettingValue { Value: string text } when type == typeof(UrlText) => Quoted(UrlText.Hide(text)),
        SettingValue { Value: string text } => Quoted(text),
        SettingValue value => Printable(value.Source),
        _ => "nothing",
    };

    /// <summary>Text made fit for one line: control characters escaped, cut to <see cref="MaxShown"/>.</summary>
    public static string Printable(string text) => Escaped(text.Length <= MaxShown ? text : text[..MaxShown] + "...");

    /// <summary>Text with its control characters escaped.</summary>
    public static string Escaped(string text) => text.Any(char.IsControl) ? string.Concat(text.Select(Escaped)) : text;

    private static string Escaped(char letter) =>
        char.IsControl(letter) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}") : letter.ToString();

    private static string Quoted(string text) => '"' + Printable(text) + '"';
}
