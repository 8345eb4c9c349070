using System.Net;
using System.Text;
using System.Text.Json;
using Screening.Actors.Fleet;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Whitelist;

namespace Screening.Node.Tests.Endpoints;

public sealed class CacheApiTests
{
    private const string Token = "0123456789abcdef";
    private const string Good = """{"kind":"ban","ttl":"1h","reason":"spam"}""";

    private static readonly DateTimeOffset Later = new(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset Made = new(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero);

    private readonly FakeFleetWhitelist _whitelist = new();

    [Fact]
    public async Task A_line_has_the_shape_of_the_contract()
    {
        _whitelist.Add(
            new WhitelistLine(NetworkOf("10.0.0.0/8"), "default", WhitelistLineKind.Ban, Later, default, "alice", Made, "spam"),
            new WhitelistLine(
                NetworkOf("2001:db8::1"), "strict", WhitelistLineKind.Pass, Later, new PostscreenTimes(1, 2, 3, 4, 5), "mx1", Made, "ok",
                true, -3, "abc"));
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        Assert.Equal(
            """[{"address":"10.0.0.0/8","profile":"default","kind":"ban","expires":"2099-01-02T03:04:05Z","times":[0,0,0,0,0],"""
            + "\"by\":\"alice\",\"made\":\"2026-01-02T03:04:05.678Z\",\"reason\":\"spam\"},"
            + """{"address":"2001:db8::1","profile":"strict","kind":"pass","expires":"2099-01-02T03:04:05Z","times":[1,2,3,4,5],"""
            + "\"by\":\"mx1\",\"made\":\"2026-01-02T03:04:05.678Z\",\"reason\":\"ok\",\"allow\":true,\"score\":-3,\"policy\":\"abc\"}]",
            await http.GetStringAsync("api/v1/cache"));
    }

    [Fact]
    public async Task Pages_are_linked_until_the_last()
    {
        _whitelist.Add(Enumerable.Range(0, 5).Select(i => Pass($"192.0.2.{i}")).Append(Pass("198.51.100.1")));
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        var seen = new List<string>();
        for (var path = "api/v1/cache?prefix=192.0.2.0/24&limit=2"; path.Length > 0;)
        {
            using var response = await http.GetAsync(path);
            using var page = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            seen.Add(string.Join(' ', page.RootElement.EnumerateArray().Select(l => l.GetProperty("address").GetString())));
            path = response.Headers.TryGetValues("Link", out var links)
                ? links.Single()[1..].Replace(">; rel=\"next\"", "", StringComparison.Ordinal)
                : "";
        }

        Assert.Equal(["192.0.2.0 192.0.2.1", "192.0.2.2 192.0.2.3", "192.0.2.4"], seen);
    }

    [Fact]
    public async Task What_decides_of_a_client_comes_first_and_the_rest_beside_it()
    {
        _whitelist.Add(Pass("10.1.1.1"), Rule("10.0.0.0/8", WhitelistLineKind.Grant), Rule("10.1.0.0/16", WhitelistLineKind.Ban));
        await using var node = await RunningNode.StartWithAsync(_whitelist);
        using var http = node.Http();
        using var shown = JsonDocument.Parse(await http.GetStringAsync("api/v1/cache/10.1.1.1"));
        Assert.Equal("10.1.0.0/16", shown.RootElement.GetProperty("address").GetString());
        Assert.Equal(
            ["10.0.0.0/8", "10.1.1.1"],
            shown.RootElement.GetProperty("also").EnumerateArray().Select(l => l.GetProperty("address").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(http, HttpMethod.Get, "192.0.2.1"));
    }

    [Theory]
    [InlineData("10.0.0.0%2F8")]
    [InlineData("10.0.0.0%2f8")]
    [InlineData("10.0.0.0/8")]
    public async Task A_network_shows_its_own_rules_alone(string path)
    {
        _whitelist.Add(
            Pass("10.1.1.1"), Rule("10.0.0.0/8", WhitelistLineKind.Grant), Rule("10.0.0.0/8", WhitelistLineKind.Ban),
            Rule("10.0.0.0/9", WhitelistLineKind.Ban));
        await using var node = await RunningNode.StartWithAsync(_whitelist);
        using var http = node.Http();
        using var shown = JsonDocument.Parse(await http.GetStringAsync($"api/v1/cache/{path}"));
        Assert.Equal(
            ("10.0.0.0/8", "ban"),
            (shown.RootElement.GetProperty("address").GetString(), shown.RootElement.GetProperty("kind").GetString()));
        Assert.Equal("grant", shown.RootElement.GetProperty("also").EnumerateArray().Single().GetProperty("kind").GetString());
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(http, HttpMethod.Get, "10.0.0.0%2F10"));
    }

    [Fact]
    public async Task A_ban_is_set_and_forgotten_on_a_unix_socket_and_audited()
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        using var response = await http.PutAsync(
            "api/v1/cache/10.0.0.0%2F8", Json("""{"kind":"ban","ttl":"90m","reason":"sp\u00e4m\n"}"""));
        using var set = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(
            ("10.0.0.0/8", "ban", "sp?m?", true),
            (set.RootElement.GetProperty("address").GetString(), set.RootElement.GetProperty("kind").GetString(),
                set.RootElement.GetProperty("reason").GetString(), set.RootElement.GetProperty("durable").GetBoolean()));
        var line = Assert.Single(_whitelist.Lines);
        Assert.Equal(
            (NetworkOf("10.0.0.0/8"), Environment.UserName, TimeSpan.FromMinutes(90)), (line.Network, line.By, line.Expires - line.Made));

        _whitelist.Durable = false;
        Assert.Equal("""{"forgotten":1,"durable":false}""", await DeleteAsync(http, "10.0.0.0%2F8"));
        Assert.Equal("""{"forgotten":0,"durable":false}""", await DeleteAsync(http, "10.0.0.0%2F8"));

        var audit = AuditOf(node);
        Assert.Equal(
            [
                $"test {Environment.UserName} unix ban 10.0.0.0/8 90m sp?m? 1 True",
                $"test {Environment.UserName} unix forget 10.0.0.0/8   1 False",
                $"test {Environment.UserName} unix forget 10.0.0.0/8   0 False",
            ],
            audit);
        if (!OperatingSystem.IsWindows()) // The analyzer asks; it never is.
        {
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(node.Folder, "data/audit.jsonl")));
        }
    }

    [Theory]
    [InlineData(false, null, HttpStatusCode.Forbidden)]
    [InlineData(false, "Bearer " + Token, HttpStatusCode.Forbidden)]
    [InlineData(true, null, HttpStatusCode.Unauthorized)]
    [InlineData(true, "Bearer", HttpStatusCode.Unauthorized)]
    [InlineData(true, "Bearer 0123456789abcdeX", HttpStatusCode.Unauthorized)]
    [InlineData(true, "Basic " + Token, HttpStatusCode.Unauthorized)]
    [InlineData(true, Token, HttpStatusCode.Unauthorized)]
    [InlineData(true, "Bearer " + Token, HttpStatusCode.OK)]
    [InlineData(true, "bearer " + Token, HttpStatusCode.OK)]
    [Trait("Finding", "security-5")]
    public async Task Over_tcp_every_change_needs_the_token_and_lists_do_but_for_the_own_user(
        bool hasFile, string? authorization, HttpStatusCode expected)
    {
        using var token = new TokenFile($" {Token}\n");
        await using var node = await RunningNode.StartWithAsync(_whitelist, hasFile ? [token.Set] : []);
        using var http = node.Http();
        var listed = authorization is null ? HttpStatusCode.OK : expected; // These tests are run by the node's user.
        (HttpMethod Method, string Path, string? Body, HttpStatusCode Expected)[] requests =
        [
            (HttpMethod.Put, "api/v1/cache/192.0.2.1", Good, expected), (HttpMethod.Delete, "api/v1/cache/192.0.2.1", null, expected),
            (HttpMethod.Post, "api/v1/cache", "", expected), (HttpMethod.Get, "api/v1/cache", null, listed),
        ];
        foreach (var (method, path, body, status) in requests)
        {
            using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : Json(body) };
            if (authorization is not null)
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            using var response = await http.SendAsync(request);
            Assert.Equal(status, response.StatusCode);
            Assert.Equal(status == HttpStatusCode.Unauthorized, response.Headers.WwwAuthenticate.Count > 0);
            if (status != HttpStatusCode.OK)
                Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        }

        Assert.Equal(expected == HttpStatusCode.OK ? 3 : 0, AuditOf(node).Count);

        // Asking about one client is free.
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("api/v1/cache/192.0.2.7")).StatusCode);
    }

    [Fact]
    public async Task A_new_token_counts_at_once_and_an_empty_file_is_no_token()
    {
        using var token = new TokenFile("first");
        await using var node = await RunningNode.StartWithAsync(_whitelist, token.Set);
        using var http = node.Http();
        Assert.Equal(HttpStatusCode.OK, await DeleteStatusAsync(http, "Bearer first"));
        token.Write("second");
        Assert.Equal(HttpStatusCode.Unauthorized, await DeleteStatusAsync(http, "Bearer first"));
        Assert.Equal(HttpStatusCode.OK, await DeleteStatusAsync(http, "Bearer second"));
        token.Write(" \n");
        Assert.Equal(HttpStatusCode.Unauthorized, await DeleteStatusAsync(http, "Bearer second"));
        Assert.Equal(HttpStatusCode.Unauthorized, await DeleteStatusAsync(http, "Bearer "));
    }

    [Fact]
    public async Task The_author_over_tcp_is_who_the_caller_says()
    {
        using var token = new TokenFile(Token);
        await using var node = await RunningNode.StartWithAsync(_whitelist, token.Set);
        using var http = node.Http();
        http.DefaultRequestHeaders.Add("Authorization", "Bearer " + Token);
        Assert.Equal(HttpStatusCode.OK, (await http.PutAsync("api/v1/cache/192.0.2.1", Json(Good))).StatusCode);
        http.DefaultRequestHeaders.TryAddWithoutValidation("Screening-Author", "alice@mx1" + new string('x', 200));
        Assert.Equal(HttpStatusCode.OK, (await http.PutAsync("api/v1/cache/192.0.2.2", Json(Good))).StatusCode);
        Assert.Equal(["http", ("alice@mx1" + new string('x', 200))[..100]], _whitelist.Lines.Select(l => l.By));
    }

    [Theory]
    [InlineData("192.0.2.1", "{", "not JSON")]
    [InlineData("192.0.2.1", "", "not JSON")]
    [InlineData("192.0.2.1", "[]", "not a JSON object")]
    [InlineData("192.0.2.1", """{"ttl":"1h"}""", "kind is missing")]
    [InlineData("192.0.2.1", """{"kind":"pass","ttl":"1h"}""", "kind: 'pass' is none of grant, ban")]
    [InlineData("192.0.2.1", """{"kind":"ban"}""", "ttl is missing")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":3600}""", "ttl is not a text")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"999ms"}""", "ttl: '999ms' is not 1s to 2h (cache.max_life)")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"2.1h"}""", "ttl: '2.1h' is not 1s to 2h (cache.max_life)")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"soon"}""", "ttl: 'soon' is not 1s to 2h (cache.max_life)")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"1h","kind":"grant"}""", "not JSON")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"1h","why":"x"}""", "there is no 'why'; known are kind, ttl, reason")]
    [InlineData("192.0.2.1", """{"kind":"ban","ttl":"1h","reason":"\ud800"}""", "reason is not a text")]
    [InlineData("10.0.0.1%2F8", Good, "perhaps 10.0.0.0/8 is meant")]
    [InlineData("10.0.0.0%2F33", Good, "has no prefix length")]
    [InlineData("mx.example", Good, "'mx.example' is not an IP address or network")]
    public async Task A_bad_rule_gets_problem_details(string path, string body, string detail)
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, [.. Doors, "cache.max_life=2h"]);
        using var http = node.HttpUnix("http");
        using var response = await http.PutAsync($"api/v1/cache/{path}", Json(body));
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString());
        Assert.Empty(_whitelist.Lines);
    }

    [Theory]
    [InlineData("?limit=0", "limit: '0' is not 1 to 10000")]
    [InlineData("?limit=10001", "limit: '10001' is not 1 to 10000")]
    [InlineData("?limit=-1", "limit: '-1' is not 1 to 10000")]
    [InlineData("?prefix=10.0.0.1/8", "perhaps 10.0.0.0/8 is meant")]
    [InlineData("?prefix=x", "prefix: 'x' is not an IP address or network")]
    [InlineData("?after=nowhere", "after: 'nowhere' is not where a page ended")]
    [InlineData("/1.2.3", "'1.2.3' is not an IP address or network")]
    public async Task A_bad_question_gets_problem_details(string path, string detail)
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        using var response = await http.GetAsync("api/v1/cache" + path);
        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        using var problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Contains(detail, problem.RootElement.GetProperty("detail").GetString());
    }

    [Theory]
    [InlineData("0.0.0.0/7", "0.0.0.0/7 is larger than /8")]
    [InlineData("2000::/15", "2000::/15 is larger than /16")]
    [InlineData("203.0.113.0/24", "203.0.113.0/24 holds an address of this node, 203.0.113.200")]
    [InlineData("203.0.113.200", "203.0.113.200/32 holds an address of this node, 203.0.113.200")]
    [InlineData("127.0.0.53", "127.0.0.53/32 holds an address of this node, 127.0.0.0/8")]
    public async Task A_change_that_reaches_far_or_the_node_itself_has_to_be_confirmed(string network, string doubt)
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        var path = $"api/v1/cache/{Uri.EscapeDataString(network)}";
        var line = $$"""{"address":"{{network}}","kind":"grant","expires":"2099-01-01T00:00:00Z"}""";
        (HttpMethod Method, string Path, Func<HttpContent?> Body)[] changes =
        [
            (HttpMethod.Put, path, () => Json(Good)), (HttpMethod.Delete, path, () => null),
            (HttpMethod.Post, "api/v1/cache", () => Lines(line)),
        ];
        foreach (var (method, where, body) in changes)
        {
            var (refused, problem) = await SendAsync(http, method, where, body());
            Assert.Equal(HttpStatusCode.Conflict, refused);
            Assert.Equal(
                $"nothing was changed: {doubt}; confirm with --yes, or yes=true over HTTP", problem.GetProperty("detail").GetString());
            Assert.Equal(HttpStatusCode.Conflict, (await SendAsync(http, method, where + "?yes=false", body())).Status);
            Assert.Empty(_whitelist.Lines);

            var (counted, count) = await SendAsync(http, method, where + "?dry_run=true", body());
            Assert.Equal((HttpStatusCode.OK, doubt), (counted, count.GetProperty("needs_yes")[0].GetString()));
            Assert.Empty(_whitelist.Lines);
        }

        Assert.Empty(AuditOf(node));
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Put, path + "?yes=true", Json(Good))).Status);
        Assert.Single(_whitelist.Lines);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Delete, path + "?yes=true", null)).Status);
        Assert.Empty(_whitelist.Lines);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        _whitelist.Add(
            Pass("10.1.1.1"), Pass("10.1.1.2"), Rule("10.0.0.0/9", WhitelistLineKind.Ban), Rule("11.0.0.0/8", WhitelistLineKind.Ban));
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        foreach (var method in (HttpMethod[])[HttpMethod.Put, HttpMethod.Delete])
        {
            var (_, count) = await SendAsync(
                http, method, "api/v1/cache/10.0.0.0%2F8?dry_run=true", method == HttpMethod.Put ? Json(Good) : null);
            Assert.Equal("""{"dry_run":true,"grants":0,"bans":1,"entries":2,"needs_yes":[]}""", count.GetRawText());
        }

        var line = """{"address":"10.0.0.0/8","kind":"ban","expires":"2099-01-01T00:00:00Z"}""";
        var (_, import) = await SendAsync(http, HttpMethod.Post, "api/v1/cache?dry_run=true", Lines(line, line));
        Assert.Equal("""{"dry_run":true,"imported":2,"needs_yes":[]}""", import.GetRawText());
        Assert.Equal(4, _whitelist.Lines.Count);
        Assert.Empty(AuditOf(node));
    }

    [Fact]
    public async Task A_fleet_that_can_not_answer_is_503_and_a_full_one_507()
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        _whitelist.Fault = new WhitelistUnavailableException("no majority");
        (HttpMethod, string)[] requests =
            [(HttpMethod.Get, ""), (HttpMethod.Get, "/192.0.2.1"), (HttpMethod.Get, "/10.0.0.0%2F8"), (HttpMethod.Delete, "/192.0.2.1")];
        foreach (var (method, path) in requests)
        {
            using var response = await http.SendAsync(new HttpRequestMessage(method, "api/v1/cache" + path));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Contains("no majority", await response.Content.ReadAsStringAsync());
        }

        // It may hold in part, so it is on record.
        Assert.Equal("no majority", AuditLinesOf(node).Single().GetProperty("fault").GetString());

        _whitelist.Fault = new WhitelistFullException("10000 rules");
        using var full = await http.PutAsync("api/v1/cache/192.0.2.1", Json(Good));
        Assert.Equal(HttpStatusCode.InsufficientStorage, full.StatusCode);
        Assert.Contains("10000 rules", await full.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Without_a_fleet_the_answer_is_503()
    {
        await using var node = await RunningNode.StartAsync(
            [.. Doors, "cluster.seeds=[\"127.0.0.1:1\"]", "cluster.insecure=true", "cluster.expected=3"]);
        using var http = node.HttpUnix("http");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await http.GetAsync("api/v1/cache")).StatusCode);
    }

    [Fact]
    public async Task An_import_takes_all_lines_or_none()
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        const string good = """{"address":"10.0.0.0/8","kind":"ban","expires":"2099-01-01T00:00:00Z"}""";
        using var refused = await http.PostAsync("api/v1/cache", Lines(good, "", "{\"kind\":\"ban\"}", "x", good));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        using var problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
        var errors = problem.RootElement.GetProperty("errors").EnumerateArray().Select(e => e.GetString()).ToList();
        Assert.Equal(2, errors.Count);
        Assert.Equal("line 3: address is missing", errors[0]);
        Assert.StartsWith("line 4: not JSON", errors[1], StringComparison.Ordinal);
        Assert.Empty(_whitelist.Lines);

        using var many = await http.PostAsync("api/v1/cache", Lines([.. Enumerable.Repeat("x", 50)]));
        using var bounded = JsonDocument.Parse(await many.Content.ReadAsStringAsync());
        Assert.Equal(20, bounded.RootElement.GetProperty("errors").GetArrayLength());

        using var taken = await http.PostAsync(
            "api/v1/cache", Lines(good, good.Replace("10.0.0.0/8", "192.0.2.1", StringComparison.Ordinal)));
        Assert.Equal("""{"imported":2,"durable":true}""", await taken.Content.ReadAsStringAsync());
        Assert.All(_whitelist.Lines, l => Assert.Equal(Environment.UserName, l.By));
        Assert.All(_whitelist.Lines, l => Assert.InRange(l.Expires - l.Made, TimeSpan.FromDays(29), TimeSpan.FromDays(31)));
        Assert.Equal([$"test {Environment.UserName} unix import    2 True"], AuditOf(node));
    }

    [Fact]
    public async Task An_import_is_bounded()
    {
        await using var node = await RunningNode.StartWithAsync(_whitelist, Doors);
        using var http = node.HttpUnix("http");
        var line = """{"address":"10.0.0.0/8","kind":"ban","expires":"2099-01-01T00:00:00Z"}""";
        using var many = await http.PostAsync("api/v1/cache", Lines([.. Enumerable.Repeat(line, 100_001)]));
        Assert.Equal(HttpStatusCode.BadRequest, many.StatusCode);
        Assert.Contains("line 100001: more than 100000 lines", await many.Content.ReadAsStringAsync());
        using var most = await http.PostAsync("api/v1/cache", Lines([.. Enumerable.Repeat(line, 100_000)]));
        Assert.Equal(HttpStatusCode.OK, most.StatusCode);
        using var request = new HttpRequestMessage(HttpMethod.Post, "api/v1/cache")
        {
            Content = new StringContent(new string('\n', (16 * 1024 * 1024) + 1)),
        };
        request.Headers.ExpectContinue = true;
        using var big = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, big.StatusCode);
    }

    private static string[] Doors => ["endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]"];

    private static Network NetworkOf(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private static WhitelistLine Pass(string address) =>
        new(NetworkOf(address), "default", WhitelistLineKind.Pass, Later, default, "mx1", Made, "ok", Fingerprint: "abc");

    private static WhitelistLine Rule(string network, WhitelistLineKind kind) =>
        new(NetworkOf(network), "default", kind, Later, default, "alice", Made, "why");

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static StringContent Lines(params string[] lines) => new(string.Join('\n', lines), Encoding.UTF8, "application/x-ndjson");

    private static async Task<HttpStatusCode> StatusOfAsync(HttpClient http, HttpMethod method, string path)
    {
        using var response = await http.SendAsync(new HttpRequestMessage(method, "api/v1/cache/" + path));
        return response.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, JsonElement Answer)> SendAsync(
        HttpClient http, HttpMethod method, string path, HttpContent? body)
    {
        using var response = await http.SendAsync(new HttpRequestMessage(method, path) { Content = body });
        using var document = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, document.RootElement.Clone());
    }

    private static async Task<string> DeleteAsync(HttpClient http, string path)
    {
        using var response = await http.DeleteAsync("api/v1/cache/" + path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync();
    }

    private static async Task<HttpStatusCode> DeleteStatusAsync(HttpClient http, string authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "api/v1/cache/192.0.2.1");
        request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }

    private static List<JsonElement> AuditLinesOf(RunningNode node)
    {
        var file = Path.Combine(node.Folder, "data/audit.jsonl");
        return File.Exists(file) ? [.. File.ReadLines(file).Select(l => JsonDocument.Parse(l).RootElement)] : [];
    }

    private static List<string> AuditOf(RunningNode node)
    {
        string[] members = ["node", "author", "via", "action", "address", "ttl", "reason", "count", "durable"];
        return [.. AuditLinesOf(node).Select(line => string.Join(' ', members.Select(name => line.GetProperty(name).ToString())))];
    }

    private sealed class TokenFile : IDisposable
    {
        private readonly string _path = Path.GetTempFileName();

        public TokenFile(string text) => Write(text);

        public string Set => $"http.token_file={_path}";

        public void Write(string text) => File.WriteAllText(_path, text);

        public void Dispose() => File.Delete(_path);
    }
}
