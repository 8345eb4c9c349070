using Screening.Protocol.Vocabulary;

namespace Screening.Node.Configuration;

/// <summary>An entry of a permanent list: a network, or a file of them in the syntax of cidr_table(5).</summary>
/// <param name="Network">The network, or null.</param>
/// <param name="File">The file's absolute path, or null.</param>
internal sealed record AccessEntry(Network? Network, string? File)
{
    private const string FileScheme = "file://";

    /// <summary>Reads an entry that is known to be well formed.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static AccessEntry Parse(string text) =>
        TryParse(text, out var entry, out var problem) ? entry : throw new FormatException($"'{text}': {problem}");

    /// <summary>Reads an entry. <paramref name="problem"/> is the rule that was broken: "it ...".</summary>
    public static bool TryParse(string text, out AccessEntry entry, out string problem)
    {
        entry = null!;
        if (!text.Contains("://", StringComparison.Ordinal))
        {
            if (!TryParseNetwork(text, out var network, out problem))
                return false;
            entry = new AccessEntry(network, null);
            return true;
        }

        problem = "it must be a network such as 192.0.2.0/24, or a file such as file:///etc/screening/permit.cidr";
        var isPath = text.StartsWith(FileScheme + "/", StringComparison.Ordinal) && text.Length > FileScheme.Length + 1;
        if (!isPath || text.Any(char.IsControl))
            return false;
        entry = new AccessEntry(null, text[FileScheme.Length..]);
        return true;
    }

    /// <summary>Reads a network and words the error as a rule.</summary>
    public static bool TryParseNetwork(string text, out Network network, out string problem)
    {
        var valid = Screening.Protocol.Vocabulary.Network.TryParse(text, out network, out var error);
        var quoted = $"'{text}' ";
        problem = error.StartsWith(quoted, StringComparison.Ordinal) ? "it " + error[quoted.Length..] : error;
        return valid;
    }

    public override string ToString() => File is null ? Network.ToString()! : FileScheme + File;
}
