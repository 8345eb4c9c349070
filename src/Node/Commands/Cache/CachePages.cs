using System.Text.Json;

namespace Screening.Node.Commands.Cache;

/// <summary>Gets the whitelist page by page.</summary>
internal static class CachePages
{
    private const int Limit = 1000;

    /// <summary>Calls for each page in turn.</summary>
    public static async Task ForEachAsync(NodeClient node, string? prefix, Func<IReadOnlyList<JsonElement>, Task> show)
    {
        var within = prefix is null ? "" : $"&prefix={Uri.EscapeDataString(prefix)}";
        for (string? query = $"?limit={Limit}{within}"; query is not null;)
        {
            using var page = await node.GetAsync(CacheCommand.Root + query).ConfigureAwait(false);
            await show([.. page.Root.EnumerateArray()]).ConfigureAwait(false);
            query = page.Next;
        }
    }

    /// <summary>Lines as JSON lines.</summary>
    public static string JsonLines(IReadOnlyList<JsonElement> lines) => string.Concat(lines.Select(l => l.GetRawText() + "\n"));
}
