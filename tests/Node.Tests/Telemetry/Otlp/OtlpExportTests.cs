using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Node.Telemetry.Otlp;
using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Telemetry.Otlp;

/// <summary>What a whole node sends to a collector, one that works and ones that do not.</summary>
public sealed partial class OtlpExportTests
{
    private const string Query = "query_id=q\naddress_family=ipv4\nprotocol=tcp\nremote_address={0}\n\n";

    [Theory]
    [InlineData("http")]
    [InlineData("grpc")]
    public async Task A_screening_is_a_trace_from_the_door_to_each_check(string protocol)
    {
        await using var collector = await Collector.StartAsync(isGrpc: protocol == "grpc");
        using var lists = ListsOf("192.0.2.9");
        var headers = Path.GetTempFileName();
        await File.WriteAllTextAsync(headers, "# of the collector\nx-scope-orgid: mail, west\n");
        await using (var node = await StartAsync(collector.Url, lists, $"otlp.protocol={protocol}", $"otlp.headers_file={headers}"))
            await AskAsync(node, "192.0.2.9", "192.0.2.9", "192.0.2.77", "192.0.2.77");
        File.Delete(headers);

        var traces = collector.Spans().GroupBy(span => span.Hex(1)).ToList();
        var listed = traces.Select(trace => trace.ToDictionary(span => span.Text(5))).First(IsAbout("192.0.2.9"));
        var (door, screening) = (listed["plugin"], listed["screening"]);
        Assert.Equal("", door.Hex(4));
        Assert.Equal(door.Hex(2), screening.Hex(4));
        Assert.All(listed.Keys.Except(["plugin", "screening"]), name => Assert.Equal(screening.Hex(2), listed[name].Hex(4)));
        Assert.Contains("check bl.test", listed.Keys);
        Assert.All(listed.Values, span => Assert.InRange(span.Number(7), door.Number(7), span.Number(8)));

        // Kinds: server, internal, client.
        Assert.Equal((2ul, 1ul, 3ul), (door.Number(6), screening.Number(6), listed["check bl.test"].Number(6)));
        Assert.Equal("drop", door.Attributes(9)["screening.action"]);
        Assert.Equal("8", screening.Attributes(9)["screening.score"]);
        Assert.Equal("evidence", listed["check bl.test"].Attributes(9)["screening.check.result"]);
        var failed = listed["check dead.test"];
        Assert.Equal(("failed", 2ul), (failed.Attributes(9)["error.type"], failed.One(15)!.Number(3)));

        // The line of the log about this verdict belongs to the door's span.
        var line = collector.Logs().First(log => log.Hex(9) == door.Hex(1));
        Assert.Equal(door.Hex(2), line.Hex(10));
        Assert.Equal("192.0.2.9", line.Attributes(6)["Client"]);

        // The second answer about a client that passed came from memory.
        Assert.Single(traces, trace => IsAbout("192.0.2.77")(trace.ToDictionary(span => span.Text(5))));
        Assert.All(collector.Requests, request =>
        {
            Assert.Equal("mail, west", request.Headers["x-scope-orgid"]);
            var resource = request.Message.All(1).First().One(1)!.Attributes(1);
            Assert.Equal(("screening", "test"), (resource["service.name"], resource["service.instance.id"]));
        });
    }

    [Fact]
    public async Task Metrics_are_those_that_Prometheus_gets()
    {
        await using var collector = await Collector.StartAsync();
        using var lists = ListsOf("192.0.2.9");
        await using var node = await StartAsync(collector.Url, lists, "otlp.signals=[\"metrics\"]", "otlp.interval=1s");
        await AskAsync(node, "192.0.2.9", "192.0.2.77", "192.0.2.77", "192.0.2.78");
        using var http = node.Http();

        // Both are read until they agree: they are asked at different moments.
        List<string> missing = ["everything"];
        await Waiting.UntilAsync(
            () =>
            {
                var wanted = SamplesOf(http.GetStringAsync("metrics").GetAwaiter().GetResult());
                var exported = SamplesOf(collector.LatestMetrics());
                missing = [.. wanted.Except(exported)];
                return wanted.Count > 60 && missing.Count == 0 && exported.Count == wanted.Count;
            },
            "equal metrics");
        Assert.Empty(missing);
        Assert.All(collector.Requests, request => Assert.Equal("metrics", request.Signal));
    }

    [Theory]
    [InlineData("hashed", "^[0-9a-f]{16}$")]
    [InlineData("truncated", "^192\\.0\\.2\\.0$")]
    public async Task Addresses_are_shown_as_in_the_log(string mode, string shown)
    {
        await using var collector = await Collector.StartAsync();
        using var lists = ListsOf("192.0.2.9");
        await using (var node = await StartAsync(collector.Url, lists, $"log.address={mode}"))
            await AskAsync(node, "192.0.2.9");

        Assert.Contains(collector.Spans(), span => Regex.IsMatch(span.Attributes(9).GetValueOrDefault("client.address", ""), shown));
        Assert.NotEmpty(collector.Logs());
        var all = string.Concat(collector.Requests.Select(request => Encoding.Latin1.GetString(request.Body)));
        Assert.DoesNotContain("192.0.2.9", all, StringComparison.Ordinal);
        Assert.DoesNotContain("9.2.0.192", all, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_collector_that_hangs_holds_up_no_answer_and_what_it_misses_is_counted()
    {
        await using var collector = await Collector.StartAsync();
        collector.Hangs = true;
        using var lists = ListsOf("192.0.2.9");
        await using var node = await StartAsync(collector.Url, lists, "otlp.timeout=1s", "limits.per_connection=4096");
        using var peer = await node.ConnectAsync();
        using var http = node.Http();
        const int Clients = ExportLane.MaxWaiting + 500;
        for (var i = 0; i < Clients; i++)
            await peer.SendAsync(string.Format(CultureInfo.InvariantCulture, Query, $"10.1.{i / 256}.{i % 256}"));
        Assert.Equal(Clients, (await peer.ReadAsync(Clients)).Count);

        // Spans and lines beyond the bound are dropped at once, those within it when their time is over.
        await WaitForAsync(http, "metrics", "screening_otlp_dropped_total{signal=\"traces\"} [1-9]");
        await WaitForAsync(http, "metrics", "screening_otlp_dropped_total{signal=\"logs\"} [1-9]");
        await WaitForAsync(http, "api/v1/status", "otlp: http://127.0.0.1:[0-9]+ does not accept");

        collector.Hangs = false;
        await AskAsync(node, "192.0.2.9");
        await Waiting.UntilAsync(() => collector.Spans().Any(), "spans, now that it answers");
        await WaitForAsync(http, "api/v1/status", "^((?!does not accept)[^\0])*$");

        collector.Hangs = true;
        await AskAsync(node, "192.0.2.8");
        var clock = Stopwatch.StartNew();
        await node.StopAsync();
        Assert.InRange(clock.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(30)); // 2 s; the machine may be busy.
    }

    [Fact]
    public async Task A_collector_that_is_away_is_told_once_and_its_return_too()
    {
        string url;
        await using (var gone = await Collector.StartAsync())
            url = gone.Url;
        using var lists = ListsOf("192.0.2.9");
        await using var node = await StartAsync(url, lists, "otlp.signals=[\"traces\", \"logs\"]");
        using var http = node.Http();
        await AskAsync(node, "192.0.2.9");
        await WaitForAsync(http, "api/v1/status", "otlp: http://127.0.0.1:[0-9]+ does not accept [a-z, ]+: Connection refused");

        await using var collector = await Collector.StartAsync(port: new Uri(url).Port);
        await AskAsync(node, "192.0.2.8");
        await Waiting.UntilAsync(() => collector.Logs().Any(log => Says(log, "accepts everything again")), "the line about its return");
        Assert.InRange(collector.Logs().Count(log => Says(log, "does not accept")), 0, 1);
    }

    [Fact]
    public async Task Without_an_endpoint_there_is_nothing_of_it()
    {
        await using var node = await RunningNode.StartAsync();
        Assert.Throws<InvalidOperationException>(node.Service<OtlpExport>);
        Assert.Throws<InvalidOperationException>(node.Service<DecisionTraces>);
        using var http = node.Http();
        Assert.DoesNotContain("screening_otlp_dropped_total{", await http.GetStringAsync("metrics"), StringComparison.Ordinal);
    }

    private static bool Says(ProtoMessage log, string text) => log.One(5)?.Text(1).Contains(text, StringComparison.Ordinal) == true;

    private static Func<Dictionary<string, ProtoMessage>, bool> IsAbout(string client) =>
        trace => trace["plugin"].Attributes(9)["client.address"] == client;

    private static FakeDnsServer ListsOf(string listed)
    {
        var lists = new FakeDnsServer
        {
            Respond = question => question.Name.EndsWith("dead.test", StringComparison.Ordinal) ? FakeDnsReply.Error(2) : null,
        };
        lists.Set(FakeDnsServer.QueryName(listed, "bl.test"), FakeDnsReply.A(60, "127.0.0.2"));
        return lists;
    }

    // The list that fails could turn a drop into an enforce, so it is waited for; it could not change a pass.
    private static Task<RunningNode> StartAsync(string collector, FakeDnsServer lists, params string[] sets) => RunningNode.StartAsync(
        [$"otlp.endpoint={collector}", "otlp.sampling=100", "dnsbl.sites=bl.test*8, dead.test*-1", $"dnsbl.resolver=[\"{lists.EndPoint}\"]",
            "dnsbl.skip=[]", "dnsbl.timeout=5s", .. sets]);

    private static async Task AskAsync(RunningNode node, params string[] clients)
    {
        using var peer = await node.ConnectAsync();
        foreach (var client in clients)
        {
            await peer.SendAsync(string.Format(CultureInfo.InvariantCulture, Query, client));
            await peer.ReadAsync(1);
        }
    }

    private static async Task WaitForAsync(HttpClient http, string path, string pattern)
    {
        var seen = "";
        await Waiting.UntilAsync(
            () => Regex.IsMatch(seen = http.GetStringAsync(path).GetAwaiter().GetResult(), pattern), $"{pattern} at {path}");
        Assert.Matches(pattern, seen);
    }

    // "name{label="value"} number", labels in order; a histogram's buckets as their cumulated counts. What moves by itself is left out.
    private static HashSet<string> SamplesOf(string text) =>
    [
        .. Sample().Matches(text).Where(sample => !IsRestless(sample.Groups["name"].Value)).Select(sample => Show(
            sample.Groups["name"].Value,
            Label().Matches(sample.Groups["labels"].Value).ToDictionary(label => label.Groups[1].Value, label => label.Groups[2].Value),
            double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture))),
    ];

    // Metric { 1 name, 5 gauge, 7 sum, 9 histogram }, each { 1 points }; points { 7 or 9 attributes, 4 or 6 value }.
    private static HashSet<string> SamplesOf(IEnumerable<ProtoMessage> metrics)
    {
        var samples = new HashSet<string>();
        foreach (var metric in metrics.Where(metric => !IsRestless(metric.Text(1))))
        {
            var name = metric.Text(1);
            foreach (var point in (metric.One(5) ?? metric.One(7))?.All(1) ?? [])
                samples.Add(Show(name, point.Attributes(7), point.Real(4)));
            foreach (var point in metric.One(9)?.All(1) ?? [])
            {
                var labels = point.Attributes(9);
                var bounds = point.Packed(7).Select(BitConverter.UInt64BitsToDouble).Append(double.PositiveInfinity);
                var below = 0ul;
                foreach (var (count, bound) in point.Packed(6).Zip(bounds))
                {
                    below += count;
                    var le = double.IsFinite(bound) ? bound.ToString(CultureInfo.InvariantCulture) : "+Inf";
                    samples.Add(Show(name + "_bucket", new Dictionary<string, string>(labels) { ["le"] = le }, below));
                }

                samples.Add(Show(name + "_count", labels, point.Number(4)));
                samples.Add(Show(name + "_sum", labels, point.Real(5)));
            }
        }

        return samples;
    }

    private static string Show(string name, IReadOnlyDictionary<string, string> labels, double value)
    {
        var le = labels.GetValueOrDefault("le") is { } bound and not "+Inf" ? double.Parse(bound, CultureInfo.InvariantCulture) : 0;
        var all = labels.Select(label => label.Key == "le" && le > 0 ? $"le={le:R}" : $"{label.Key}={label.Value}").Order();
        return string.Create(CultureInfo.InvariantCulture, $"{name}{{{string.Join(',', all)}}} {value:G9}");
    }

    private static bool IsRestless(string name) =>
        name.StartsWith("process_", StringComparison.Ordinal) || name.StartsWith("dotnet_", StringComparison.Ordinal)
        || name.StartsWith("screening_otlp", StringComparison.Ordinal);

    [GeneratedRegex("^(?<name>[a-z_]+)(\\{(?<labels>[^}]*)\\})? (?<value>[^ \n]+)$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("([a-z_]+)=\"([^\"]*)\"")]
    private static partial Regex Label();
}
