using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Screening.Testing.Lab;

/// <summary>
/// Debian's Prometheus on a free port of loopback, which asks its targets once a second and keeps what it learns in the test's folder.
/// </summary>
public sealed class PrometheusProcess : RunningProcess
{
    private readonly HttpClient _http;

    private PrometheusProcess(LaunchPlan plan, int port)
        : base(plan) => _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/") };

    /// <summary>Starts it and waits until it answers. Skips the test where the program is missing.</summary>
    /// <param name="targets">Where nodes show their metrics, by the instance's name; https takes any certificate.</param>
    public static async Task<PrometheusProcess> StartAsync(
        TemporaryFolder folder, string rules, IEnumerable<(string Instance, Uri Target)> targets)
    {
        var (program, _) = Requires.Unpacked("prometheus", "usr/bin/prometheus");
        var configuration = folder["prometheus.yml"];
        await File.WriteAllTextAsync(configuration, Configuration(rules, [.. targets]));
        var port = FreePort();
        var server = new PrometheusProcess(
            new LaunchPlan(
                program, $"--config.file={configuration}", $"--storage.tsdb.path={folder.MakeFolder("tsdb")}",
                $"--web.listen-address=127.0.0.1:{port}"),
            port);
        try
        {
            await Poll.UntilAsync(server.IsReadyAsync, Waiting.Limit, "an answer of Prometheus", () => server.Transcript);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>The member <c>data</c> of an answer of its API.</summary>
    /// <param name="path">Below /api/v1/, with the query.</param>
    public async Task<JsonElement> GetAsync(string path)
    {
        var answer = JsonElement.Parse(await _http.GetStringAsync(new Uri($"api/v1/{path}", UriKind.Relative)));
        return answer.GetProperty("data");
    }

    /// <summary>The values of an expression now; empty: it has none. A fault of the expression is an exception.</summary>
    public async Task<IReadOnlyList<double>> ValuesAsync(string expression)
    {
        using var reply = await _http.GetAsync(new Uri($"api/v1/query?query={Uri.EscapeDataString(expression)}", UriKind.Relative));
        var answer = JsonElement.Parse(await reply.Content.ReadAsStringAsync());
        if (answer.GetProperty("status").GetString() != "success")
            throw new InvalidDataException($"{expression}: {answer.GetProperty("error")}");
        var result = answer.GetProperty("data").GetProperty("result");
        return [.. result.EnumerateArray().Select(series => double.Parse(
            series.GetProperty("value")[1].GetString()!.Replace("Inf", "Infinity", StringComparison.Ordinal), null))];
    }

    public override async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await base.DisposeAsync();
    }

    private static string Configuration(string rules, IReadOnlyList<(string Instance, Uri Target)> targets)
    {
        var scheme = targets[0].Target.Scheme;
        var configs = targets.Select(target => $$"""
                  - targets: ["{{target.Target.Authority}}"]
                    labels: { instance: {{target.Instance}} }
            """);
        return $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - job_name: screening
                scheme: {{scheme}}
                tls_config: { insecure_skip_verify: true }
                static_configs:
            {{string.Join('\n', configs)}}
            """;
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task<bool> IsReadyAsync()
    {
        try
        {
            using var reply = await _http.GetAsync(new Uri("-/ready", UriKind.Relative));
            return reply.IsSuccessStatusCode;
        }
        catch (HttpRequestException) when (!HasExited)
        {
            return false;
        }
    }
}
