using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Node.Tests.Endpoints;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Lab;
using Screening.Testing.Whitelist;

namespace Screening.Node.Tests.Api;

/// <summary>Every shape of the contract, byte by byte: other programs read these.</summary>
public sealed partial class GoldenShapeTests : IDisposable
{
    private const string Doors = "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]";

    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.FromHours(1));
    private static readonly DateTimeOffset Later = new(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly Profile Strict = new("strict", "784efef9957d", new VerdictSettings(), []);

    private readonly string _folder = Directory.CreateTempSubdirectory("screening-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_decision_with_its_checks()
    {
        CheckReport[] checks =
        [
            new("p0f", "p0f", CheckResult.Nothing, [], 0, null, TimeSpan.Zero, TimeSpan.FromMicroseconds(1234.56), null, null),
            new(
                "zen", "dnsbl", CheckResult.Evidence, ["127.0.0.2", "127.0.0.4"], 3, 300, TimeSpan.FromMilliseconds(0.1),
                TimeSpan.FromMilliseconds(11), "listed by zen <\"https://zen.test/?a=b&c\">", null),
            new(
                "repütation", "custom", CheckResult.Timeout, [], 0, null, TimeSpan.FromMilliseconds(30),
                TimeSpan.FromMilliseconds(300), null, "no answer in 300 ms"),
            new("envelope", "evidence", CheckResult.Failed, [], -1, 0, TimeSpan.Zero, TimeSpan.Zero, null, "it's gone"),
            new("last", "dnsbl", CheckResult.Skipped, [], 0, null, TimeSpan.Zero, TimeSpan.Zero, null, null),
        ];
        var decision = DecisionOf("192.0.2.1", new Verdict(VerdictAction.Drop, false, 0, 3, VerdictSource.Screened), checks) with
        {
            Early = true,
            Elapsed = TimeSpan.FromMicroseconds(12345.6),
            Reason = "listed by zen (127.0.0.2)",
        };
        decision = decision with { Query = decision.Query with { Local = ClientAddress.Parse("2001:db8::25") } };
        AssertJson(
            """
            {"v":1,"time":"2026-01-02T02:04:05.678Z","node":"mx1","door":"plugin","profile":"strict","client":"192.0.2.0",
            "local":"2001:db8::25",
            "action":"drop","allow":false,"ttl":0,"score":3,"source":"screened","early":true,"complete":false,"elapsed_ms":12.346,
            "reason":"listed by zen (127.0.0.2)","policy":"784efef9957d","checks":[
            {"name":"p0f","kind":"p0f","result":"nothing","answer":[],"weight":0,"ttl":null,"start_ms":0,"elapsed_ms":1.234,
            "reason":null,"error":null},
            {"name":"zen","kind":"dnsbl","result":"evidence","answer":["127.0.0.2","127.0.0.4"],"weight":3,"ttl":300,"start_ms":0.1,
            "elapsed_ms":11,"reason":"listed by zen \u003C\u0022https://zen.test/?a=b\u0026c\u0022\u003E","error":null},
            {"name":"rep\u00FCtation","kind":"custom","result":"timeout","answer":[],"weight":0,"ttl":null,"start_ms":30,"elapsed_ms":300,
            "reason":null,"error":"no answer in 300 ms"},
            {"name":"envelope","kind":"evidence","result":"failed","answer":[],"weight":-1,"ttl":0,"start_ms":0,"elapsed_ms":0,
            "reason":null,"error":"it\u0027s gone"},
            {"name":"last","kind":"dnsbl","result":"skipped","answer":[],"weight":0,"ttl":null,"start_ms":0,"elapsed_ms":0,
            "reason":null,"error":null}]}
            """,
            Logged(decision, "192.0.2.0", hits: 0));
    }

    [Fact]
    public void Counted_hits()
    {
        var hit = DecisionOf("192.0.2.1", new Verdict(VerdictAction.Pass, true, 600, -4, VerdictSource.Near), []) with { Complete = true };
        AssertJson(
            """
            {"v":1,"time":"2026-01-02T02:04:05.678Z","node":"mx1","door":"plugin","profile":"strict","client":"192.0.2.1","local":null,
            "action":"pass","allow":true,"ttl":600,"score":-4,"source":"near","early":false,"complete":true,"elapsed_ms":0,"hits":1234,
            "reason":"","policy":"784efef9957d","checks":[]}
            """,
            Logged(hit, "192.0.2.1", hits: 1234));
    }

    [Fact]
    public async Task Changes_in_the_audit_log()
    {
        var file = Path.Combine(_folder, "audit.jsonl");
        var time = new FixedTime(Now);
        using (var log = new AuditLog(
            new AuditLogSettings(AuditLogSettings.InFile(file, 4096), "mx1"), new Troubles(time), time, new RecordingLogger<AuditLog>()))
        {
            await log.WriteAsync(new AuditEntry("alice", AuditVia.Unix, "ban", "10.0.0.0/8", "1h", "\"spam\"", 1, true));
            await log.WriteAsync(new AuditEntry("http", AuditVia.Http, "import", "", null, "", 0, false, "no majority"));
        }

        AssertJson(
            """
            {"time":"2026-01-02T02:04:05.678Z","node":"mx1","author":"alice","via":"unix","action":"ban","address":"10.0.0.0/8","ttl":"1h",
            "reason":"\u0022spam\u0022","count":1,"durable":true,"fault":null}
            ;
            {"time":"2026-01-02T02:04:05.678Z","node":"mx1","author":"http","via":"http","action":"import","address":"","ttl":null,
            "reason":"","count":0,"durable":false,"fault":"no majority"}
            """,
            await File.ReadAllTextAsync(file));
    }

    [Fact]
    public async Task A_verdict_over_http()
    {
        await using var node = await RunningNode.StartAsync("access.permit=[\"192.0.2.0/24\"]");
        using var http = node.Http();
        var text = await http.GetStringAsync("api/v1/check/192.0.2.1?local=198.51.100.25");
        AssertJson(
            """
            {"v":1,"time":"TIME","node":"test","door":"http","profile":"default","client":"192.0.2.1","local":"198.51.100.25",
            "action":"pass","allow":true,"ttl":3600,"score":0,"source":"permit","early":false,"complete":true,"elapsed_ms":MS,
            "reason":"permit 192.0.2.0/24 (access.permit)","policy":"HEX","checks":[]}
            """,
            Masked(text));
    }

    [Fact]
    public async Task A_nodes_status()
    {
        await using var node = await RunningNode.StartAsync("p0f.socket=/nowhere/p0f");
        node.Service<Troubles>().Report("part", rung: 3, "a part: broken");
        node.Service<ReloadState>().Fail(ReloadPart.Configuration, ["screening.toml:1: 'x' is wrong", "screening.toml:2: so is y"]);
        using var http = node.Http();
        var text = "";
        await Poll.UntilAsync(
            async () => (text = await http.GetStringAsync("api/v1/status")).Contains("\"confirmed\":true", StringComparison.Ordinal)
                && text.Contains("\"shards\":64", StringComparison.Ordinal),
            Waiting.Limit, "a whole cluster of one", () => text);
        AssertJson(
            """
            {"v":1,"node":"test","version":"VERSION","rung":3,"degraded":[
            {"what":"configuration: the latest reload failed, the settings before it stay in use: screening.toml:1: \u0027x\u0027 is wrong",
            "since":"TIME","rung":0},
            {"what":"a part: broken","since":"TIME","rung":3}],
            "config":{"file":null,"loaded":"TIME","failed_since":"TIME",
            "faults":["screening.toml:1: \u0027x\u0027 is wrong","screening.toml:2: so is y"],"restart_needed":[]},
            "endpoints":[{"kind":"plugin","uri":"tcp://127.0.0.1:PORT"},{"kind":"plugin","uri":"unix://FOLDER/plugin"},
            {"kind":"http","uri":"tcp://127.0.0.1:PORT"}],
            "cluster":{"state":"up","members":[{"node":"test","address":"","roles":["cache"],"state":"up"}],
            "expected":1,"missing":0,"shards":64,"shards_here":64,"buckets":1024,"recovering":0},
            "grants":{"confirmed":true,"confirmed_s_ago":MS},
            "store":{"provider":"memory","ok":true,"queued":0,"dropped":0,"journaled":0},
            "cache":{"near":0,"entries":0,"here":0,"grants":0,"bans":0},"in_flight":0,
            "checks":[{"name":"p0f","kind":"p0f","state":"ok","reason":null,"since":"TIME"}]}
            """,
            Masked(text).Replace(node.Folder, "FOLDER", StringComparison.Ordinal)
                .Replace(NodeStatus.Version, "VERSION", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Changes_over_http_and_what_they_would_do()
    {
        var whitelist = new FakeFleetWhitelist();
        await using var node = await RunningNode.StartWithAsync(whitelist, Doors);
        using var http = node.HttpUnix("http");
        await AssertAsync("PUT", "10.0.0.0%2F7?dry_run=true", "", 200,
            """{"dry_run":true,"grants":0,"bans":0,"entries":0,"needs_yes":["10.0.0.0/7 is larger than /8"]}""");
        await AssertAsync("PUT", "10.0.0.0%2F8", """{"kind":"ban","ttl":"1h","reason":"<b>"}""", 200,
            """
            {"address":"10.0.0.0/8","profile":"default","kind":"ban","expires":"TIME","times":[0,0,0,0,0],"by":"USER","made":"TIME",
            "reason":"\u003Cb\u003E","durable":true}
            """);
        whitelist.Add(new WhitelistLine(
            Network.Of(ClientAddress.Parse("10.1.1.1")), "strict", WhitelistLineKind.Pass, Later, new PostscreenTimes(1, 2, 3, 4, 5), "mx1",
            Now, "ok", true, -3, "abc"));
        await AssertAsync("GET", "10.1.1.1", "", 200,
            """
            {"address":"10.0.0.0/8","profile":"default","kind":"ban","expires":"TIME","times":[0,0,0,0,0],"by":"USER","made":"TIME",
            "reason":"\u003Cb\u003E","also":[
            {"address":"10.1.1.1","profile":"strict","kind":"pass","expires":"TIME","times":[1,2,3,4,5],"by":"mx1","made":"TIME",
            "reason":"ok","allow":true,"score":-3,"policy":"abc"}]}
            """);
        await AssertAsync("DELETE", "10.1.1.1", "", 200, """{"forgotten":1,"durable":true}""");
        const string ban = """{"address":"10.0.0.0","kind":"ban","expires":"2099-01-02T03:04:05Z"}""";
        await AssertAsync("POST", "?dry_run=true", ban, 200, """{"dry_run":true,"imported":1,"needs_yes":[]}""");
        await AssertAsync("POST", "", ban, 200, """{"imported":1,"durable":true}""");
        await AssertAsync("POST", "", "x", 400,
            """
            {"type":"https://tools.ietf.org/html/rfc9110#section-15.5.1","title":"Bad request","status":400,
            "detail":
            "nothing was imported: line 1: not JSON: \u0027x\u0027 is an invalid start of a value. LineNumber: 0 | BytePositionInLine: 0.",
            "errors":["line 1: not JSON: \u0027x\u0027 is an invalid start of a value. LineNumber: 0 | BytePositionInLine: 0."]}
            """);

        async Task AssertAsync(string method, string path, string body, int status, string expected)
        {
            var separator = path.StartsWith('?') || path.Length == 0 ? "" : "/";
            using var request = new HttpRequestMessage(new HttpMethod(method), $"api/v1/cache{separator}{path}");
            request.Content = new StringContent(body);
            using var response = await http.SendAsync(request);
            Assert.Equal((HttpStatusCode)status, response.StatusCode);
            AssertJson(expected, Masked(await response.Content.ReadAsStringAsync()));
        }
    }

    private static Decision DecisionOf(string client, Verdict verdict, CheckReport[] checks) =>
        new(
            new ScreeningQuery(ClientAddress.Parse(client), Strict, Door.Plugin, 0, default), verdict, false, false, TimeSpan.Zero, "",
            [.. checks]);

    private string Logged(in Decision decision, string client, long hits)
    {
        var path = Path.Combine(_folder, "decisions.jsonl");
        var settings = new DecisionLogSettings(
            new RollingFileSettings(path, 1 << 20, 1 << 22, TimeSpan.MaxValue, UnixFileMode.UserRead | UnixFileMode.UserWrite), "mx1",
            new AddressView(LogAddress.Full, ""), LogHits.All);
        var time = new FixedTime(Now);
        var file = new DecisionFile(settings, new NodeMetrics(time), new Troubles(time), time, new RecordingLogger<DecisionLog>());
        file.Add(VerdictDocument.Of(decision, "mx1", Now, client, hits));
        file.Flush();
        return File.ReadAllText(path, Encoding.UTF8);
    }

    // The expected text is broken into lines that can be read; a line of its own with a semicolon ends a line of the file.
    private static void AssertJson(string expected, string actual) => Assert.Equal(
        expected.Replace("\n;\n", "\u2029", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal),
        actual.TrimEnd('\n').Replace("\n", "\u2029", StringComparison.Ordinal));

    // What differs from run to run.
    private static string Masked(string json)
    {
        json = Times().Replace(json, "\"TIME\"");
        json = Milliseconds().Replace(json, "$1\":MS");
        json = Fingerprint().Replace(json, "\"policy\":\"HEX\"");
        json = Author().Replace(json, "\"by\":\"USER\"");
        return Port().Replace(json, "127.0.0.1:PORT");
    }

    [GeneratedRegex("\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z\"")]
    private static partial Regex Times();

    [GeneratedRegex("(elapsed_ms|confirmed_s_ago)\":[0-9.]+")]
    private static partial Regex Milliseconds();

    [GeneratedRegex("\"policy\":\"[0-9a-f]{12}\"")]
    private static partial Regex Fingerprint();

    [GeneratedRegex("\"by\":\"(?!mx1)[^\"]+\"")]
    private static partial Regex Author();

    [GeneratedRegex("127.0.0.1:[0-9]+")]
    private static partial Regex Port();

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
