namespace Screening.Node.Configuration;

/// <summary>Finds the name that was probably meant by an unknown one.</summary>
internal static class NearestName
{
    private const int MaxLength = 64;

    /// <summary>The candidate that the fewest edits lead to, if they are few for the name's length; else null.</summary>
    /// <param name="edits">How many are few for any name of more than three characters. At least 1.</param>
    public static string? Find(string name, IEnumerable<string> candidates, int edits = 2)
    {
        if (name.Length is 0 or > MaxLength)
            return null;
        var plain = Plain(name);
        var best = candidates
            .Select(candidate => (candidate, needed: IsAbbreviation(plain, Plain(candidate)) ? 1 : Edits(plain, Plain(candidate))))
            .OrderBy(found => found.needed)
            .FirstOrDefault();
        var most = name.Length <= 3 ? 1 : Math.Max(edits, name.Length / 3);
        return best.candidate is not null && best.needed <= most ? best.candidate : null;
    }

    // Case and the way words are joined do not matter: Keep_Majority is keep-majority.
    private static string Plain(string name) => name.ToLowerInvariant().Replace('-', '_').Replace(' ', '_');

    private static bool IsAbbreviation(string name, string candidate) =>
        name.Length >= 3 && candidate.StartsWith(name, StringComparison.Ordinal);

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that make one text of the other.</summary>
    private static int Edits(string from, string to)
    {
        var table = new int[from.Length + 1, to.Length + 1];
        for (var i = 0; i <= from.Length; i++)
            table[i, 0] = i;
        for (var j = 0; j <= to.Length; j++)
            table[0, j] = j;
        for (var i = 1; i <= from.Length; i++)
        {
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = table[i - 1, j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                table[i, j] = Math.Min(replaced, 1 + Math.Min(table[i - 1, j], table[i, j - 1]));
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    table[i, j] = Math.Min(table[i, j], table[i - 2, j - 2] + 1);
            }
        }

        return table[from.Length, to.Length];
    }
}
