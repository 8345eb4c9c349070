using System.Text.RegularExpressions;

namespace Screening.Node.Configuration;

/// <summary>
/// A URL that may hold a user's password or a token. Prints with <c>***</c> in place of the user and of what the query says.
/// </summary>
internal sealed partial record UrlText
{
    private readonly string _text;

    public UrlText(string text) => _text = text;

    /// <summary>The URL itself, secrets included.</summary>
    public string Reveal() => _text;

    public override string ToString() => Hide(_text);

    /// <summary>Replaces the secrets in a URL, also in one that is not valid. The names of the query's parameters stay.</summary>
    public static string Hide(string url) =>
        QueryValue().Replace(UserInfo().Replace(url, $"${{scheme}}{Secret.Mask}@"), $"${{name}}{Secret.Mask}");

    [GeneratedRegex("^(?<scheme>[^/?#]*//)[^/?#]*@", RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    // A query without a name, such as "?token", is a value as a whole.
    [GeneratedRegex("(?<name>[?&](?:[^=&#]*=)?)[^&#]+", RegexOptions.CultureInvariant)]
    private static partial Regex QueryValue();
}
