namespace Screening.Node.Configuration;

/// <summary>Finds what was probably meant by a name nobody knows.</summary>
internal static class NearestName
{
    private const int MaxLength = 64;

    /// <summary>The candidate that the fewest edits lead to, if they are few for the name's length; else null.</summary>
    public static string? Find(string name, IEnumerable<string> candidates)
    {
        if (name.Length is 0 or > MaxLength)
            return null;
        var lower = name.ToLowerInvariant().Replace('-', '_');
        var best = candidates
            .Select(candidate => (candidate, edits: IsAbbreviation(lower, candidate) ? 1 : Edits(lower, candidate)))
            .OrderBy(found => found.edits)
            .FirstOrDefault();
        var most = name.Length <= 3 ? 1 : Math.Max(2, name.Length / 3);
        return best.candidate is not null && best.edits <= most ? best.candidate : null;
    }

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
