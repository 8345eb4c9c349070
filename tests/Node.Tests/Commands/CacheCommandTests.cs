using System.CommandLine;
using System.Text.Json;
using Screening.Actors.Fleet;
using Screening.Node.Commands;
using Screening.Node.Tests.Endpoints;
using Screening.Protocol.Vocabulary;
using Screening.Testing.Whitelist;

namespace Screening.Node.Tests.Commands;

public sealed class CacheCommandTests : IAsyncLifetime
{
    private const string Doors = "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]";

    private static readonly DateTimeOffset Later = new(2099, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly DateTimeOffset Made = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly FakeFleetWhitelist _whitelist = new();
    private RunningNode _node = null!;

    public async Task InitializeAsync() => _node = await RunningNode.StartWithAsync(_whitelist, Doors);

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task A_grant_is_set_shown_listed_and_forgotten()
    {
        var (status, output, error) = await RunAsync("grant", "192.0.2.0/24", "--ttl", "2h", "--reason", "a \"partner\"");
        Assert.Equal((0, "192.0.2.0/24: grant, 2h left\n", ""), (status, output.Replace("1h59m", "2h", StringComparison.Ordinal), error));
        Assert.Equal("a \"partner\"", Assert.Single(_whitelist.Lines).Reason);

        (status, output, _) = await RunAsync("show", "192.0.2.7");
        Assert.Equal(0, status);
        Assert.Matches("^192\\.0\\.2\\.0/24: grant, (2h|1h59m) left\n  by .*, [0-9]+ s ago: a \"partner\"\n$", output);

        (status, output, _) = await RunAsync("list", "192.0.0.0/16");
        Assert.Equal(0, status);
        Assert.Matches(
            "^KIND   ADDRESS       PROFILE  LEFT +BY +REASON\ngrant  192.0.2.0/24  default  (2h|1h59m) +[^ ]+ +a \"partner\"\n$", output);

        Assert.Equal((0, "192.0.2.0/24: 1 forgotten\n", ""), await RunAsync("forget", "192.0.2.0/24"));
        Assert.Equal((0, "192.0.2.0/24: 0 forgotten\n", ""), await RunAsync("forget", "192.0.2.0/24"));
        Assert.Equal((1, "", "screening: nothing is known of 192.0.2.7\n"), await RunAsync("show", "192.0.2.7"));
        Assert.Equal((0, "", "the whitelist is empty\n"), await RunAsync("list"));
        Assert.Equal((0, "", "nothing in the whitelist is inside 10.0.0.0/8\n"), await RunAsync("list", "10.0.0.0/8"));
        Assert.Equal((0, "", ""), await RunAsync("list", "--json"));
    }

    [Fact]
    public async Task What_holds_but_is_not_durable_exits_1_and_says_so()
    {
        _whitelist.Durable = false;
        await File.WriteAllTextAsync(InFolder("in"), """{"address":"10.0.0.0/8","kind":"ban","expires":"2099-01-01T00:00:00Z"}""");
        string[][] changes =
        [
            ["grant", "::1", "--ttl", "1h", "--reason", "r"], ["ban", "::1", "--ttl", "1h", "--reason", "r"], ["forget", "::1"],
            ["import", InFolder("in")],
        ];
        foreach (var change in changes)
        {
            var (status, output, error) = await RunAsync(change);
            Assert.Equal(1, status);
            Assert.NotEmpty(output);
            Assert.StartsWith("screening: applied, but not durable", error, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("'10.0.0.1/8' has host bits set; perhaps 10.0.0.0/8 is meant", "ban", "10.0.0.1/8", "--ttl", "1h", "--reason", "r")]
    [InlineData("'mx1' is not an IP address or network", "forget", "mx1")]
    [InlineData("'mx1' is not an IP address or network", "show", "mx1")]
    [InlineData("'mx1' is not an IP address or network", "list", "mx1")]
    [InlineData("--ttl: 'soon' is not a duration", "grant", "::1", "--ttl", "soon", "--reason", "r")]
    [InlineData("--ttl: '500ms' is not a duration", "grant", "::1", "--ttl", "500ms", "--reason", "r")]
    [InlineData("--reason: it must not be empty", "grant", "::1", "--ttl", "1h", "--reason", " ")]
    [InlineData("--reason", "grant", "::1", "--ttl", "1h")]
    [InlineData("--ttl", "ban", "::1", "--reason", "r")]
    [InlineData("cannot read", "import", "/nowhere/to/be/found")]
    public async Task Wrong_usage_exits_2_before_any_node_is_asked(string expected, params string[] arguments)
    {
        // Nobody listens there, which would be status 3.
        var (status, output, error) = await RunAtAsync("http://127.0.0.1:1", arguments);
        Assert.Equal((2, ""), (status, output));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("list")]
    [InlineData("export")]
    [InlineData("show", "::1")]
    [InlineData("forget", "::1")]
    [InlineData("ban", "::1", "--ttl", "1h", "--reason", "r")]
    public async Task A_node_or_a_fleet_out_of_reach_exits_3(params string[] arguments)
    {
        var (status, output, error) = await RunAtAsync("http://127.0.0.1:1", arguments);
        Assert.Equal((3, ""), (status, output));
        Assert.Contains("cannot reach the node", error, StringComparison.Ordinal);

        _whitelist.Fault = new WhitelistUnavailableException("no majority here");
        Assert.Equal((3, "", "screening: no majority here\n"), await RunAsync(arguments));
    }

    [Fact]
    public async Task What_reaches_far_exits_2_without_yes_and_a_dry_run_counts()
    {
        const string doubt = "0.0.0.0/1 is larger than /8";
        await File.WriteAllLinesAsync(
            InFolder("in"),
            [
                .. Enumerable.Range(0, 10_500).Select(
                    i => $$"""{"address":"10.1.{{i / 250}}.{{i % 250}}","kind":"ban","expires":"2099-01-01T00:00:00Z"}"""),
                """{"address":"0.0.0.0/1","kind":"ban","expires":"2099-01-01T00:00:00Z"}""",
            ]);
        var refusal = $"screening: nothing was changed: {doubt}; confirm with --yes, or yes=true over HTTP\nscreening: {doubt}\n";
        Assert.Equal((2, "", refusal), await RunAsync("ban", "0.0.0.0/1", "--ttl", "1h", "--reason", "r"));
        Assert.Equal((2, "", refusal), await RunAsync("forget", "0.0.0.0/1"));
        Assert.Equal(
            (2, "", $"screening: {doubt}: needs --yes\nscreening: nothing was imported; confirm with --yes\n"),
            await RunAsync("import", InFolder("in")));
        Assert.Empty(_whitelist.Lines);

        var counted = $"0.0.0.0/1: 0 grants, 0 bans, 0 passes and times inside; nothing was changed\n{doubt}: needs --yes\n";
        Assert.Equal((0, counted, ""), await RunAsync("grant", "0.0.0.0/1", "--ttl", "1h", "--reason", "r", "--dry-run"));
        Assert.Equal((0, counted, ""), await RunAsync("forget", "0.0.0.0/1", "--dry-run"));
        Assert.Equal(
            (0, $"10501 of 10501 lines would be imported; nothing was changed\n{doubt}: needs --yes\n", ""),
            await RunAsync("import", InFolder("in"), "--dry-run"));
        Assert.Empty(_whitelist.Lines);

        Assert.Equal(0, (await RunAsync("ban", "0.0.0.0/1", "--ttl", "1h", "--reason", "r", "--yes")).Status);
        Assert.Equal(0, (await RunAsync("import", InFolder("in"), "--yes")).Status);
        Assert.Equal([10_000, 501], _whitelist.Imports);
    }

    [Fact]
    public async Task A_life_over_the_nodes_limit_exits_2()
    {
        var (status, _, error) = await RunAsync("ban", "::1", "--ttl", "31d", "--reason", "r");
        Assert.Equal((2, "screening: ttl: '31d' is not 1s to 30d (cache.max_life)\n"), (status, error));
    }

    [Fact]
    public async Task Over_tcp_a_change_without_token_exits_2_and_hints()
    {
        var (status, _, error) = await RunAtAsync(_node.Url, "forget", "::1");
        Assert.Equal(2, status);
        Assert.Contains("unix sockets only", error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(InFolder("token"), "geheim\n");
        await File.WriteAllTextAsync(InFolder("other"), "falsch");
        await File.WriteAllTextAsync(InFolder("empty"), "\n");
        await using var node = await RunningNode.StartWithAsync(_whitelist, $"http.token_file={InFolder("token")}");
        (status, _, error) = await RunAtAsync(node.Url, "forget", "::1");
        const string refusal = "screening: changes over TCP need a token\nscreening: use --node unix:///PATH with the node's unix socket"
            + " (endpoints.http), or --token-file FILE with its token (http.token_file)\n";
        Assert.Equal((2, refusal), (status, error));
        Assert.Equal(2, (await RunAtAsync(node.Url, "forget", "::1", "--token-file", InFolder("other"))).Status);
        Assert.Equal(2, (await RunAtAsync(node.Url, "forget", "::1", "--token-file", InFolder("empty"))).Status);
        Assert.Equal(2, (await RunAtAsync(node.Url, "forget", "::1", "--token-file", InFolder("none"))).Status);
        Assert.Equal((0, "::1: 0 forgotten\n", ""), await RunAtAsync(node.Url, "forget", "::1", "--token-file", InFolder("token")));
        Assert.Equal(
            0, (await RunAtAsync(node.Url, "ban", "::1", "--ttl", "1h", "--reason", "r", "--token-file", InFolder("token"))).Status);
        Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", Assert.Single(_whitelist.Lines).By);
    }

    [Fact]
    public async Task What_export_prints_imports_as_the_same_lines()
    {
        var soon = TimeProvider.System.GetUtcNow().AddDays(1);
        _whitelist.Add(
            new WhitelistLine(NetworkOf("10.0.0.0/8"), "default", WhitelistLineKind.Ban, soon, default, "alice", Made, "\"quoted\" <&>"),
            new WhitelistLine(
                NetworkOf("2001:db8::1"), "strict", WhitelistLineKind.Pass, soon, new PostscreenTimes(1, 0, 3, 4, 5), "mx1", Made, "ok",
                true, -4, "abc"));
        _whitelist.Add(Enumerable.Range(0, 6000).Select(i => Pass($"198.51.{i / 250}.{i % 250}") with { Expires = soon }));
        var (status, output, error) = await RunAsync("export");
        Assert.Equal((0, "", 6002), (status, error, output.Count(c => c == '\n')));
        Assert.Equal(output, (await RunAsync("list", "--json")).Output);

        await File.WriteAllTextAsync(InFolder("export"), output);
        var other = new FakeFleetWhitelist();
        await using var node = await RunningNode.StartWithAsync(other, Doors);
        Assert.Equal(
            (0, "6002 of 6002 lines imported\n", ""), await RunAtAsync($"unix://{node.Folder}/http", "import", InFolder("export")));
        Assert.Equal(_whitelist.Lines, other.Lines);
        Assert.Equal([6002], other.Imports);
    }

    [Fact]
    public async Task A_faulty_line_keeps_the_whole_file_out()
    {
        var good = """{"address":"10.0.0.0/8","kind":"ban","expires":"2099-01-01T00:00:00Z"}""";
        await File.WriteAllLinesAsync(InFolder("in"), [.. Enumerable.Repeat(good, 6000), "x", "{}"]);
        var (status, output, error) = await RunAsync("import", InFolder("in"));
        Assert.Equal((2, ""), (status, output));
        Assert.Contains("screening: line 6001: not JSON", error, StringComparison.Ordinal);
        Assert.Contains("screening: line 6002: address is missing\nscreening: nothing was imported\n", error, StringComparison.Ordinal);
        Assert.Empty(_whitelist.Imports);
    }

    [Fact]
    public async Task An_export_that_is_cut_off_says_so()
    {
        _whitelist.Add(Enumerable.Range(0, 1500).Select(i => Pass($"198.51.{i / 250}.{i % 250}")));
        _whitelist.GoodPages = 1;
        _whitelist.Fault = new WhitelistUnavailableException("gone");
        var (status, output, error) = await RunAsync("export");
        Assert.Equal((3, 1000), (status, output.Count(c => c == '\n')));
        Assert.Equal("screening: gone\nscreening: the export is incomplete: it ended after 1000 lines\n", error);
    }

    [Fact]
    public async Task Json_is_what_the_node_answers()
    {
        Assert.Equal((0, "{\"forgotten\":0,\"durable\":true}\n", ""), await RunAsync("forget", "::1", "--json"));
        var (_, output, _) = await RunAsync("ban", "::1", "--ttl", "1h", "--reason", "r", "--json");
        using var ban = JsonDocument.Parse(output);
        Assert.True(ban.RootElement.GetProperty("durable").GetBoolean());
        (_, output, _) = await RunAsync("show", "::1", "--json");
        using var shown = JsonDocument.Parse(output);
        Assert.Equal(0, shown.RootElement.GetProperty("also").GetArrayLength());
    }

    [Fact]
    public async Task Show_tells_of_a_pass_all_there_is()
    {
        _whitelist.Add(
            new WhitelistLine(
                NetworkOf("192.0.2.1"), "strict", WhitelistLineKind.Pass, Later, new PostscreenTimes(0, 4070908800, 1, 1000, 0), "mx1",
                Made, "listed by good", true, -4, "abc"),
            new WhitelistLine(
                NetworkOf("192.0.2.1"), "default", WhitelistLineKind.Pass, Later, new PostscreenTimes(4070908800, 0, 0, 0, 0), "mx2", Made,
                ""));
        var (_, output, _) = await RunAsync("show", "192.0.2.1");
        Assert.Matches(
            "^192.0.2.1: allow, [0-9]+d([0-9]+h)? left; profile strict\n  by mx1, [0-9]+ d ago: listed by good\n  score -4, policy abc\n"
            + "  postscreen: dnsbl passed, [0-9]+d([0-9]+h)? left\n  postscreen: pipelining disabled\n"
            + "  postscreen: non-SMTP command passed, expired [0-9]+ d ago\n"
            + "also 192.0.2.1: times, [0-9]+d([0-9]+h)? left; profile default\n  by mx2, [0-9]+ d ago\n"
            + "  postscreen: pregreet passed, [0-9]+d([0-9]+h)? left\n$",
            output);
    }

    private string InFolder(string name) => Path.Combine(_node.Folder, name);

    private Task<(int Status, string Output, string Error)> RunAsync(params string[] arguments) =>
        RunAtAsync($"unix://{_node.Folder}/http", arguments);

    private static async Task<(int Status, string Output, string Error)> RunAtAsync(string node, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var status = await ScreeningProgram.RunAsync(
            ["cache", .. arguments, "--node", node], new InvocationConfiguration { Output = output, Error = error });
        return (status, output.ToString(), error.ToString());
    }

    private static Network NetworkOf(string text) =>
        Network.TryParse(text, out var network, out var error) ? network : throw new FormatException(error);

    private static WhitelistLine Pass(string address) =>
        new(NetworkOf(address), "default", WhitelistLineKind.Pass, Later, default, "mx1", Made, "ok", Fingerprint: "abc");
}
