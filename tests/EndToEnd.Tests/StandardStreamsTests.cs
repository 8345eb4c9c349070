using System.Diagnostics;
using Screening.Node.Commands;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>A node whose standard output or standard error nobody takes, as under a supervisor that is stuck.</summary>
public sealed class StandardStreamsTests
{
    [SkippableFact]
    public async Task Without_a_reader_of_its_log_a_node_serves_and_ends()
    {
        Requires.Programs("bash");
        using var folder = new TemporaryFolder();
        // Standard error is a pipe that is never read; standard output is closed.
        using var node = Start("exec \"$@\" >&-", folder.Root);
        try
        {
            var socket = Path.Combine(folder.Root, "data", "http.sock");
            using var http = new NodeUrl($"unix://{socket}").CreateClient();
            await Poll.UntilAsync(async () => File.Exists(socket) && await AnswersAsync(http, "readyz"), Waiting.Limit, "ready");

            // Each answer is a line in the log; a pipe holds 64 KiB.
            for (var client = 0; client < 700; client++)
                Assert.True(await AnswersAsync(http, $"api/v1/check/192.0.{client / 250}.{client % 250}"));
            using var kill = Process.Start("kill", ["-TERM", $"{node.Id}"]);
            await node.WaitForExitAsync().Within("the node's end");
            Assert.Equal(0, node.ExitCode);
        }
        finally
        {
            if (!node.HasExited)
                node.Kill();
        }
    }

    private static Process Start(string script, string folder)
    {
        string[] settings =
        [
            $"node.data_dir={Path.Combine(folder, "data")}", "endpoints.plugin=[]", "endpoints.policy=[]", "endpoints.dnsbl=[]",
            "endpoints.memcache=[]", "endpoints.http=[\"unix://DATA_DIR/http.sock\"]", "store.provider=memory",
        ];
        var program = NodeProcess.Launch(null, ["run", .. settings.SelectMany(setting => (string[])["--set", setting])]);
        return Process.Start(new ProcessStartInfo("bash", ["-c", script, "node", program.Program, .. program.Arguments])
        {
            RedirectStandardError = true,
            WorkingDirectory = folder,
        })!;
    }

    private static async Task<bool> AnswersAsync(HttpClient http, string path)
    {
        try
        {
            using var response = await http.GetAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
