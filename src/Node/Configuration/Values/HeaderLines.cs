using System.Diagnostics.CodeAnalysis;
using Screening.Node.Platform;

namespace Screening.Node.Configuration;

/// <summary>
/// Headers of HTTP requests in a file: lines <c>NAME: VALUE</c> (RFC 9110 section 5). Empty lines and comments (#) are left out.
/// </summary>
internal static class HeaderLines
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Reads them.</summary>
    /// <param name="problem">What is wrong with the file; it shows no value.</param>
    public static bool TryRead(
        string path, [NotNullWhen(true)] out IReadOnlyList<KeyValuePair<string, string>>? headers, out string problem)
    {
        headers = null;
        if (!TextFile.TryRead(path, MaxBytes, out var text, out problem))
            return false;
        var read = new List<KeyValuePair<string, string>>();
        foreach (var (number, line) in text.Split('\n').Index())
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line.Trim() is "" or ['#', ..])
                continue;
            var (name, value) = colon > 0 ? (line[..colon], line[(colon + 1)..].Trim()) : ("", "");
            if (name.Length == 0 || value.Length == 0 || !name.All(IsTokenCharacter) || !value.All(IsValueCharacter))
            {
                problem = $"its line {number + 1} is not NAME: VALUE";
                return false;
            }

            read.Add(KeyValuePair.Create(name, value));
        }

        headers = read;
        return true;
    }

    // HttpClient sends no others.
    private static bool IsValueCharacter(char letter) => letter is '\t' or (>= ' ' and <= '~');

    private static bool IsTokenCharacter(char letter) =>
        char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal);
}
