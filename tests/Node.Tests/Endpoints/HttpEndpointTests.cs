using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Screening.Node.Endpoints.Http;
using Screening.Testing;
using Screening.Testing.Dns;

namespace Screening.Node.Tests.Endpoints;

public sealed class HttpEndpointTests
{
    [Fact]
    public async Task Health_readiness_and_metrics_answer()
    {
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        Assert.Equal("alive\n", await http.GetStringAsync("healthz"));
        Assert.Equal("ready\n", await http.GetStringAsync("readyz"));
        await http.GetStringAsync("api/v1/check/192.0.2.1");
        var metrics = await http.GetStringAsync("metrics");
        string[] names =
        [
            "screening_verdicts_total{endpoint=\"http\",action=\"pass\",source=\"default\"} 1", "screening_verdict_seconds_count 1",
            "screening_rung 0", "screening_store_queue 0", "screening_store_dropped_total 0", "screening_cache_entries{kind=\"near\"} 0",
            "screening_shed_total 0",
        ];
        Assert.All(names, name => Assert.Contains(name, metrics));
    }

    [Fact]
    public async Task A_check_has_the_shape_of_the_contract_and_never_writes_the_whitelist()
    {
        using var dns = new FakeDnsServer();
        dns.List("192.0.2.66", "bad.test", 120, "127.0.0.4");
        await using var node = await RunningNode.StartAsync($"dnsbl.resolver=[\"{dns.EndPoint}\"]", "dnsbl.sites=bad.test*3");
        using var http = node.Http();
        using var listed = JsonDocument.Parse(await http.GetStringAsync("api/v1/check/192.0.2.66?explain=true"));
        var root = listed.RootElement;
        string[] verdictNames =
        [
            "v", "time", "node", "door", "profile", "client", "local", "action", "allow", "ttl", "score", "source", "early", "complete",
            "elapsed_ms", "reason", "policy", "checks",
        ];
        Assert.Equal(verdictNames, root.EnumerateObject().Select(p => p.Name));
        Assert.Equal(
            ("enforce", 3, "screened"),
            (root.GetProperty("action").GetString(), root.GetProperty("score").GetInt32(), root.GetProperty("source").GetString()));
        var check = root.GetProperty("checks").EnumerateArray().Single();
        Assert.Equal(("bad.test", "dnsbl", "evidence", 3), (check.GetProperty("name").GetString(), check.GetProperty("kind").GetString(),
            check.GetProperty("result").GetString(), check.GetProperty("weight").GetInt32()));
        Assert.Equal("127.0.0.4", check.GetProperty("answer")[0].GetString());

        await http.GetStringAsync("api/v1/check/192.0.2.1");
        using var status = JsonDocument.Parse(await http.GetStringAsync("api/v1/status"));
        Assert.Equal(0, status.RootElement.GetProperty("cache").GetProperty("near").GetInt32());
    }

    [Fact]
    public async Task A_fresh_check_reads_no_cache()
    {
        using var dns = new FakeDnsServer();
        await using var node = await RunningNode.StartAsync($"dnsbl.resolver=[\"{dns.EndPoint}\"]", "dnsbl.sites=bad.test*3");
        using var peer = await node.ConnectAsync();
        await peer.SendAsync("remote_address=192.0.2.1\n\n");
        await peer.ReadAsync(1);
        using var http = node.Http();
        Assert.Contains("\"source\":\"near\"", await http.GetStringAsync("api/v1/check/192.0.2.1"));
        Assert.Equal(1, dns.Total);
        Assert.Contains("\"source\":\"screened\"", await http.GetStringAsync("api/v1/check/192.0.2.1?fresh=1"));
        Assert.Equal(2, dns.Total);
    }

    [Theory]
    [InlineData("api/v1/check/1.2.3", "is not an IP address")]
    [InlineData("api/v1/check/192.0.2.1?local=x", "local: 'x' is not an IP address")]
    [InlineData("api/v1/check/192.0.2.1?door=window", "door: 'window'")]
    [InlineData("api/v1/check/192.0.2.1?profile=none", "there is no profile 'none'")]
    public async Task A_wrong_question_gets_problem_details(string path, string detail)
    {
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        using var response = await http.GetAsync(path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("localhost", null, HttpStatusCode.OK)]
    [InlineData("test", null, HttpStatusCode.OK)]
    [InlineData("127.0.0.1", "http://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("127.0.0.1", "http://127.0.0.1", HttpStatusCode.OK)]
    public async Task A_page_of_another_site_can_not_ask_through_a_browser(string host, string? origin, HttpStatusCode expected)
    {
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/v1/status");
        request.Headers.Host = host;
        if (origin is not null)
            request.Headers.Add("Origin", origin);
        using var response = await http.SendAsync(request);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task A_profile_is_chosen_by_the_local_address_and_by_name()
    {
        using var dns = new FakeDnsServer();
        dns.List("192.0.2.66", "bad.test", 120, "127.0.0.4");
        await using var node = await RunningNode.StartAsync(
            $"dnsbl.resolver=[\"{dns.EndPoint}\"]", "dnsbl.sites=bad.test*2", "profile.strict.local=[\"192.0.2.25\"]",
            "profile.strict.verdict.enforce_at=2");
        using var http = node.Http();
        Assert.Contains("\"action\":\"ignore\"", await http.GetStringAsync("api/v1/check/192.0.2.66"));
        Assert.Contains("\"action\":\"enforce\"", await http.GetStringAsync("api/v1/check/192.0.2.66?local=192.0.2.25"));
        Assert.Contains("\"action\":\"enforce\"", await http.GetStringAsync("api/v1/check/192.0.2.66?profile=strict"));
        using var peer = await node.ConnectAsync();
        await peer.SendAsync("query_id=a\nremote_address=192.0.2.66\nlocal_address=192.0.2.25\n\n");
        Assert.Equal("query_id=a\naction=enforce", (await peer.ReadAsync(1)).Single());
    }

    [Fact]
    [Trait("Finding", "security-7")]
    public async Task Only_probes_and_scrapers_may_use_any_name()
    {
        (string Path, string Host, string? Origin, HttpStatusCode Expected)[] cases =
        [
            ("API/v1/status", "evil.example", null, HttpStatusCode.Forbidden),
            ("API/v1/status", "127.0.0.1", "http://evil.example", HttpStatusCode.Forbidden),
            ("openapi/v1.json", "evil.example", null, HttpStatusCode.Forbidden),
            ("metrics", "evil.example", "http://evil.example", HttpStatusCode.OK),
            ("READYZ", "evil.example", null, HttpStatusCode.OK),
        ];
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        foreach (var (path, host, origin, expected) in cases)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = host;
            if (origin is not null)
                request.Headers.Add("Origin", origin);
            using var response = await http.SendAsync(request);
            Assert.Equal((path, expected), (path, response.StatusCode));
        }
    }

    [Fact]
    [Trait("Finding", "clients-P4")]
    public async Task Head_gets_the_headers_of_get_and_every_response_its_length()
    {
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        string[] paths =
        [
            "healthz", "readyz", "metrics", "api/v1/status", "api/v1/check/192.0.2.1", "api/v1/check/x", "api/v1/cache",
            "api/v1/cache/192.0.2.1", "api/v1/none",
        ];
        foreach (var path in paths)
        {
            using var got = await http.GetAsync(path);
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var head = await http.SendAsync(request);
            Assert.Equal(
                (path, got.StatusCode, got.Content.Headers.ContentType), (path, head.StatusCode, head.Content.Headers.ContentType));
            Assert.True(head.Content.Headers.ContentLength > 0, path);
            Assert.Equal(got.Content.Headers.ContentLength, (await got.Content.ReadAsByteArrayAsync()).Length);
            Assert.Empty(await head.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    [Trait("Finding", "clients-P4")]
    public async Task What_is_not_there_is_explained()
    {
        (string Method, string Path, HttpStatusCode Status, string Detail)[] cases =
        [
            ("GET", "api/v1/nothing", HttpStatusCode.NotFound, "there is nothing at this path"),
            ("POST", "api/v1/status", HttpStatusCode.MethodNotAllowed, "this path takes GET, HEAD"),
            ("GET", "api/v1/decisions", HttpStatusCode.NotImplemented, "/api/v1/decisions is not built yet"),
            ("POST", "api/v1/evidence", HttpStatusCode.NotImplemented, "/api/v1/evidence is not built yet"),
            ("GET", "", HttpStatusCode.NotImplemented, "/ is not built yet"),
            ("GET", "api/v1/check/192.0.2.60%2F24", HttpStatusCode.BadRequest, "'192.0.2.60/24' is not an IP address"),
        ];
        await using var node = await RunningNode.StartAsync();
        using var http = node.Http();
        foreach (var (method, path, status, detail) in cases)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            using var response = await http.SendAsync(request);
            Assert.Equal(
                (path, status, "application/problem+json"), (path, response.StatusCode, response.Content.Headers.ContentType?.MediaType));
            using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            Assert.Equal(detail, problem.RootElement.GetProperty("detail").GetString());
        }
    }

    [Fact]
    [Trait("Finding", "security-9")]
    public async Task A_list_that_only_the_dnsblog_door_asks_is_shown_and_does_not_count_for_the_rung()
    {
        using var dns = new FakeDnsServer { Otherwise = FakeDnsReply.A(60, "127.255.255.254") };
        await using var node = await RunningNode.StartAsync(
            $"dnsbl.resolver=[\"{dns.EndPoint}\"]", "endpoints.dnsblog=[\"unix://{folder}/dnsblog\"]");
        using var peer = await node.ConnectUnixAsync("dnsblog");
        await peer.Socket.SendAsync(DnsblogAsker.Request("junk.test", "192.0.2.1"));
        Assert.NotNull(DnsblogAsker.ReadReply(Encoding.Latin1.GetBytes(await peer.ReadToEndAsync())));
        using var http = node.Http();
        using var status = JsonDocument.Parse(await http.GetStringAsync("api/v1/status"));
        var check = Assert.Single(status.RootElement.GetProperty("checks").EnumerateArray());
        Assert.Equal(("junk.test", "ill"), (check.GetProperty("name").GetString(), check.GetProperty("state").GetString()));
        Assert.Equal(0, status.RootElement.GetProperty("rung").GetInt32());
    }

    [Fact]
    [Trait("Finding", "security-13")]
    public void A_caller_that_hung_up_is_nobody_and_makes_no_fault()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Dispose();
        var context = new DefaultHttpContext();
        context.Features.Set<IConnectionSocketFeature>(new SocketOf(socket));
        context.Request.Headers[Caller.AuthorHeader] = "root";
        Assert.Null(Caller.Of(context));
    }

    private sealed record SocketOf(Socket Socket) : IConnectionSocketFeature;
}
