using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

/// <summary>
/// A DNSBL zone, or a text in the syntax of postscreen_dnsbl_sites, in which a zone may begin with a customer's key. Prints with <c>***</c>
/// in the key's place. Read back, <c>***</c> becomes the placeholder <c>KEY</c>, so that what was shown is still a valid text.
/// </summary>
/// <remarks>
/// A first label is a key when the zone belongs to a provider that sells keys, or when it looks like one: 16 characters and more,
/// digits and letters mixed. The placeholder <c>KEY</c> (see <see cref="DnsblListOptions.KeyFile"/>) is none.
/// </remarks>
internal sealed partial record ZoneText
{
    /// <summary>The label that stands for the contents of a key file.</summary>
    public const string Placeholder = "KEY";

    public static readonly ZoneText Empty = new("");

    private readonly string _text;

    public ZoneText(string text) => _text = text.Replace(Secret.Mask + ".", Placeholder + ".", StringComparison.Ordinal);

    public bool IsEmpty => _text.Length == 0;

    /// <summary>The text itself, keys included.</summary>
    public string Reveal() => _text;

    public override string ToString() => Hide(_text);

    /// <summary>Replaces all keys in a text.</summary>
    public static string Hide(string text) =>
        KeyedZone().Replace(text, zone => zone.Groups["key"].Value == Placeholder ? zone.Value : Secret.Mask + zone.Groups["rest"].Value);

    /// <summary>The first key in a zone; empty: it has none.</summary>
    public static string KeyOf(string zone) =>
        KeyedZone().Match(zone).Groups["key"].Value is var key && key != Placeholder ? key : "";

    // The providers that put a key into the query name: Spamhaus DQS, Abusix.
    [GeneratedRegex(
        """
        (?<![A-Za-z0-9_.-])
        (?: (?<key>[A-Za-z0-9_-]+) (?<rest>(?:\.[A-Za-z0-9_-]+)+\.(?:dq\.spamhaus\.net|mail\.abusix\.zone)) (?![A-Za-z0-9_-])
          | (?<key>(?=[a-z_-]*[0-9])(?=[0-9_-]*[a-z])[a-z0-9_-]{16,}) (?<rest>\.[a-z0-9_-]) )
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex KeyedZone();
}
