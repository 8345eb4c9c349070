using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using Screening.Protocol.Dns;
using Screening.Testing.Dns;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>Secrets of every kind are planted, everything that the node says and writes is gathered, and none of them is in it.</summary>
public sealed class PlantedSecretsTests
{
    private const string Client = "192.0.2.4";
    private const string DatabasePassword = "pl4nted-database";
    private const string Token = "pl4nted-token-0123456789";
    private const string FileKey = "pl4ntedfilekey";
    private const string ZoneKey = "pl4ntedzonekey0123456789";
    private const string UrlPassword = "pl4nted-url";
    private const string UrlToken = "pl4nted-query";
    private const string Argument = "pl4nted-argument";
    private const string Marker = "pl4nted";

    private readonly StringBuilder _said = new();

    [SkippableFact]
    [Trait("Finding", "security-12")]
    public async Task No_output_shows_a_secret()
    {
        Requires.Programs("setsid", "sh");
        using var folder = new TemporaryFolder();
        using var lists = Lists();
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        manager.Bind(new UnixDomainSocketEndPoint(folder["notify"]));
        var configuration = Write(folder, lists);
        var environment = new Dictionary<string, string?>
        {
            ["NO_COLOR"] = "1",
            ["SCREENING_CONFIG"] = configuration,
            ["SCREENING__STORE__CONNECTION"] = $"Host=127.0.0.1;Port=1;Username=screening;Password={DatabasePassword}",
            ["NOTIFY_SOCKET"] = folder["notify"],
            ["WATCHDOG_USEC"] = "60000000",
        };
        await using (var node = NodeProcess.Begin(NodeProcess.Launch(null, "run") with { Environment = environment, Folder = folder.Root }))
        {
            await node.WaitForReadyAsync();
            await AskDoorsAsync(node);
            await AskHttpAsync(node);
            foreach (var command in (string[][])
                [
                    ["check", Client, "--explain"],
                    ["cache", "ban", "198.51.100.0/24", "--ttl", "1h", "--reason", "r", "--token-file", folder["token"]],
                ])
            {
                Heard(await node.RunCommandAsync(command));
            }

            foreach (var command in (string[][])
                [
                    ["config", "show"], ["config", "show", "--json"], ["config", "to-postfix"],
                    ["config", "check", "--set", "custom=[{name=\"x\",url=\"ftp://u:pl4nted@h/?t=pl4nted\"}]"],
                ])
            {
                Heard(await RunAsync(environment, command));
            }

            await Poll.UntilAsync(
                () => Task.FromResult(File.Exists(folder["environment"])), TimeSpan.FromSeconds(60), "the program's environment");
            node.Signal(Signal.Terminate);
            await node.WaitForExitAsync(TimeSpan.FromSeconds(60));
            _said.AppendLine(node.Transcript);
        }

        var own = await File.ReadAllTextAsync(folder["environment"]);
        Assert.Contains("PATH=", own, StringComparison.Ordinal);
        Assert.DoesNotMatch("SCREENING__|NOTIFY_SOCKET|WATCHDOG_|" + Marker, own);
        foreach (var file in Directory.EnumerateFiles(folder["data"], "*", SearchOption.AllDirectories))
            _said.AppendLine(file).AppendLine(Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file)));

        // What is searched for is there: the doors told the list's words, the log has them, and both without the keys.
        var said = _said.ToString();
        foreach (var sign in (string[])
            [
                "action=550 5.7.1 Service unavailable; client [192.0.2.4] refused: listed by KEY.zen.dq.spamhaus.net (127.0.0.2): see "
                    + "KEY.zen.",
                "TXT listed by KEY.zen", "listed by ***.dbl.dq.spamhaus.net (127.0.0.2): see ***.dbl.dq.spamhaus.net",
                "url = \"http://***@127.0.0.1:1/?token=***\"", "command = [\"/bin/sh\", \"***\"", "decisions.jsonl", "audit.jsonl",
                "screening_dnsbl_queries_total",
            ])
        {
            Assert.Contains(sign, said, StringComparison.Ordinal);
        }

        var at = said.IndexOf(Marker, StringComparison.OrdinalIgnoreCase);
        Assert.True(at < 0, at < 0 ? "" : $"a secret is told: {said[Math.Max(0, at - 300)..Math.Min(said.Length, at + 300)]}");
    }

    // Each repeats the name it was asked for, as some lists do.
    private static FakeDnsServer Lists() => new()
    {
        Respond = question => !question.Name.StartsWith("4.2.0.192.", StringComparison.Ordinal) ? FakeDnsReply.NotFound()
            : FakeDnsReply.A(60, "127.0.0.2") with { Texts = [$"see {question.Name["4.2.0.192.".Length..]}"] },
    };

    private static string Write(TemporaryFolder folder, FakeDnsServer lists)
    {
        File.WriteAllText(folder["token"], Token);
        File.WriteAllText(folder["key"], FileKey);
        var environment = folder["environment"];
        File.WriteAllText(folder["program"], $"env > {environment}.new\nmv {environment}.new {environment}\ncat > /dev/null\n");
        File.WriteAllText(folder["screening.toml"], $"""
            [node]
            name = "test"
            data_dir = "{folder["data"]}"
            [endpoints]
            plugin = ["tcp://127.0.0.1:0"]
            policy = ["tcp://127.0.0.1:0"]
            dnsbl = ["tcp://127.0.0.1:0"]
            memcache = ["tcp://127.0.0.1:0"]
            http = ["tcp://127.0.0.1:0"]
            [dnsbl_zone]
            name = "z.test"
            [http]
            token_file = "{folder["token"]}"
            [store]
            provider = "postgresql"
            [dnsbl]
            sites = "KEY.zen.dq.spamhaus.net*4, {ZoneKey}.dbl.dq.spamhaus.net*3"
            resolver = ["{lists.EndPoint}"]
            skip = []
            [[dnsbl.list]]
            zone = "KEY.zen.dq.spamhaus.net"
            key_file = "{folder["key"]}"
            [[custom]]
            name = "url"
            url = "http://operator:{UrlPassword}@127.0.0.1:1/?token={UrlToken}"
            [[custom]]
            name = "command"
            command = ["/bin/sh", "{folder["program"]}", "--password", "{Argument}"]
            """);
        return folder["screening.toml"];
    }

    private async Task AskDoorsAsync(NodeProcess node)
    {
        using (var plugin = await PluginClient.ConnectAsync(node.Plugin))
            await plugin.AskAsync(PluginClient.Request2016(IPAddress.Parse(Client)));
        await SayAsync(node.Listening["policy"], $"request=smtpd_access_policy\nclient_address={Client}\ninstance=i\n\n");
        await SayAsync(node.Listening["memcache"], $"get postscreen:{Client}\r\nstats\r\n");
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 7, "4.2.0.192.z.test", DnsType.Txt, out var length));
        var answer = await ExchangeAsync(node.Listening["dnsbl"], [0, (byte)length, .. query[..length]]);
        DnsReplyReader.TryRead(answer.AsSpan(2), out var reply);
        _said.AppendLine($"TXT {string.Join(' ', reply.Texts)}");
    }

    private async Task AskHttpAsync(NodeProcess node)
    {
        using var http = new HttpClient { BaseAddress = new Uri($"http://{node.Http.Authority}") };
        foreach (var path in (string[])
            ["metrics", "api/v1/status", $"api/v1/check/{Client}?explain=1&fresh=1", "api/v1/check/nobody", "api/v1/nothing", ""])
        {
            await HeardAsync(await http.GetAsync(path));
        }

        foreach (var token in (string[])["wrong", Token])
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
            foreach (var kind in (string[])["grant", "nonsense"])
                await HeardAsync(await http.PutAsJsonAsync("api/v1/cache/198.51.100.7", new { kind, ttl = "1h", reason = "test" }));
        }
    }

    private static Task<CommandResult> RunAsync(Dictionary<string, string?> environment, string[] command) =>
        RunningProcess.RunAsync(NodeProcess.Launch(null, command) with { Environment = environment }, TimeSpan.FromSeconds(120));

    private async Task SayAsync(Uri door, string text) =>
        _said.AppendLine(Encoding.Latin1.GetString(await ExchangeAsync(door, Encoding.Latin1.GetBytes(text))));

    private static async Task<byte[]> ExchangeAsync(Uri door, byte[] request)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Parse(door.Host), door.Port);
        await using var stream = tcp.GetStream();
        await stream.WriteAsync(request);
        tcp.Client.Shutdown(SocketShutdown.Send);
        using var all = new MemoryStream();
        await stream.CopyToAsync(all).WaitAsync(TimeSpan.FromSeconds(60));
        return all.ToArray();
    }

    private void Heard(CommandResult result) => _said.AppendLine($"{result}");

    private async Task HeardAsync(HttpResponseMessage response) =>
        _said.AppendLine($"{response}").AppendLine(await response.Content.ReadAsStringAsync());
}
