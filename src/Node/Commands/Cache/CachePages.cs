using System.Text.Json;
using Screening.Node.Api;

namespace Screening.Node.Commands.Cache;

/// <summary>
/// Gets the whitelist page by page. Lines are passed on as JSON, so that an export loses nothing that a node of a later release tells.
/// </summary>
internal static class CachePages
{
    private const int PageSize = 1000;

    /// <summary>Calls for each page in turn.</summary>
    public static async Task ForEachAsync(NodeClient node, string? prefix, Func<IReadOnlyList<JsonElement>, Task> show)
    {
        var within = prefix is null ? "" : $"&prefix={Uri.EscapeDataString(prefix)}";
        for (string? query = $"?limit={PageSize}{within}"; query is not null;)
        {
            var page = await node.GetAsync(CacheCommand.Root + query, NodeClient.Shapes.JsonElement).ConfigureAwait(false);
            await show([.. page.Value.EnumerateArray()]).ConfigureAwait(false);
            query = page.Next;
        }
    }

    /// <summary>Lines for people.</summary>
    public static IReadOnlyList<CacheLine> Lines(IReadOnlyList<JsonElement> lines) =>
        [.. lines.Select(line => line.Deserialize(NodeClient.Shapes.CacheLine) ?? throw new JsonException("null"))];

    /// <summary>Lines as JSON lines.</summary>
    public static string JsonLines(IReadOnlyList<JsonElement> lines) => string.Concat(lines.Select(l => l.GetRawText() + "\n"));
}
