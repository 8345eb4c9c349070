using System.Text.Json;
using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Store;

public sealed class FreshFolderTests
{
    [Fact]
    [Trait("Finding", "use-lock")]
    public async Task Nodes_that_start_at_once_in_fresh_folders_never_find_their_file_locked() =>
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => StartAsync()));

    private static async Task StartAsync()
    {
        await using var node = await RunningNode.StartAsync("store.provider=sqlite");
        using var http = node.Http();
        await Poll.UntilAsync(
            async () =>
            {
                var status = await http.GetStringAsync("api/v1/status");
                Assert.DoesNotContain("locked", status, StringComparison.Ordinal);
                using var json = JsonDocument.Parse(status);
                return json.RootElement.GetProperty("store").GetProperty("ok").GetBoolean();
            },
            Waiting.Limit,
            "a store that works");
    }
}
