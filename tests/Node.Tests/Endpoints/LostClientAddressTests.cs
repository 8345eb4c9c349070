using System.Text;
using System.Text.Json;
using Screening.Actors.Hosting;
using Screening.Node.Supervision;
using Screening.Protocol.Vocabulary;
using Screening.Testing;
using Screening.Testing.Dns;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints;

/// <summary>A node whose clients all come from the address of a load balancer.</summary>
public sealed class LostClientAddressTests : IAsyncLifetime
{
    private const string Balancer = "10.0.0.7";

    private readonly FakeDnsServer _dns = new();
    private RunningNode _node = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        // The lists are asked about private addresses too, so that a refusal could come.
        _dns.List(Balancer, "bad.test", 120, "127.0.0.4");
        _node = await RunningNode.StartAsync(
            "clients.suspend_window=1s", "clients.suspend_min=60", $"dnsbl.resolver=[\"{_dns.EndPoint}\"]", "dnsbl.sites=bad.test*3",
            "dnsbl.skip=[]", "endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{folder}/http\"]",
            "endpoints.policy=[\"unix://{folder}/policy\"]",
            "endpoints.memcache=[\"unix://{folder}/memcache\"]", "endpoints.dnsblog=[\"unix://{folder}/dnsblog\"]",
            "access.reject=[\"10.0.0.9/32\"]", "verdict.default_ttl=7s");
        _http = _node.Http();
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _node.DisposeAsync();
        _dns.Dispose();
    }

    [Fact]
    public async Task Nobody_is_refused_or_kept_for_an_address_that_all_share()
    {
        Assert.Equal("action=enforce", await AskAsync(Balancer));
        await FloodUntilAsync(Balancer, isSuspended: true);

        // Every door.
        Assert.Equal("action=pass\nttl=7", await AskAsync(Balancer));
        Assert.Equal("action=pass\nttl=7", await AskAsync("192.168.1.1"));
        Assert.Contains("DUNNO", await TalkAsync("policy", $"request=smtpd_access_policy\nclient_address={Balancer}\n\n"));
        using (var dnsblog = await _node.ConnectUnixAsync("dnsblog"))
        {
            await dnsblog.Socket.SendAsync(DnsblogAsker.Request("screening.internal", Balancer));
            Assert.DoesNotContain("127.0.0.", await dnsblog.ReadToEndAsync());
        }

        // postscreen's times of the address stand for anybody, too.
        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 3600;
        var times = $"{now};{now};{now};{now};{now}";
        Assert.StartsWith("STORED", await TalkAsync("memcache", $"set postscreen:{Balancer} 0 0 {times.Length}\r\n{times}\r\n"));
        Assert.StartsWith("END", await TalkAsync("memcache", $"get postscreen:{Balancer}\r\n"));

        // Nothing is asked and nothing kept.
        var asked = _dns.Total;
        await AskAsync(Balancer);
        Assert.Equal(asked, _dns.Total);
        Assert.Equal(0, _node.Service<ScreeningHandle>().NearCache.Count);

        // Other clients are screened, and what operators said holds.
        Assert.StartsWith("action=pass", await AskAsync("192.0.2.1"));
        Assert.Equal(asked + 1, _dns.Total);
        Assert.Equal("action=drop", await AskAsync("10.0.0.9"));

        // The alarm.
        Assert.Contains("screening_clients_concentrated 1", await _http.GetStringAsync("metrics"));
        using (var status = JsonDocument.Parse(await _http.GetStringAsync("api/v1/status")))
        {
            Assert.Equal(5, status.RootElement.GetProperty("rung").GetInt32());
            var what = status.RootElement.GetProperty("degraded")[0].GetProperty("what").GetString();
            Assert.Contains($"name 1 private or proxy addresses, most often {Balancer}", what);
        }

        var check = await _http.GetStringAsync($"api/v1/check/{Balancer}");
        Assert.Contains("\"source\":\"default\"", check);
        Assert.Contains("suspended", check);

        // The load balancer passes on addresses again.
        await FloodUntilAsync("192.0.2.1", isSuspended: false);
        Assert.Equal("action=enforce", await AskAsync(Balancer));
    }

    [Fact]
    public async Task A_pass_from_before_does_not_count()
    {
        const string Other = "10.0.0.8";
        Assert.Matches("^action=pass\nttl=[0-9]{2,}$", await AskAsync(Other));
        Assert.Equal(1, _node.Service<ScreeningHandle>().NearCache.Count);
        await FloodUntilAsync(Other, isSuspended: true);
        Assert.Equal("action=pass\nttl=7", await AskAsync(Other));
    }

    [Fact]
    public async Task A_relay_that_is_granted_may_come_as_often_as_it_likes()
    {
        using (var http = _node.HttpUnix("http"))
        using (var grant = new StringContent("""{"kind":"grant","ttl":"1h","reason":"relay"}""", Encoding.UTF8, "application/json"))
            (await http.PutAsync($"api/v1/cache/{Balancer}", grant)).EnsureSuccessStatusCode();
        for (var second = 0; second < 3; second++)
        {
            await FloodAsync(Balancer);
            await Task.Delay(500);
        }

        Assert.Equal(default, _node.Service<ScreeningHandle>().Screener.Clients.Share);
        Assert.Contains("screening_clients_concentrated 0", await _http.GetStringAsync("metrics"));
        Assert.Equal(VerdictSource.Grant.Word(), JsonDocument.Parse(await _http.GetStringAsync($"api/v1/check/{Balancer}"))
            .RootElement.GetProperty("source").GetString());
    }

    // Again and again: on a busy machine one flood may be spread over more than a window.
    private Task FloodUntilAsync(string client, bool isSuspended) => Poll.UntilAsync(
        async () =>
        {
            await FloodAsync(client);
            return _node.Service<Troubles>().Find("clients") is not null == isSuspended;
        },
        Waiting.Limit, isSuspended ? "verdicts are suspended" : "verdicts are made again");

    private async Task<string> AskAsync(string client)
    {
        using var peer = await _node.ConnectAsync();
        await peer.SendAsync($"remote_address={client}\n\n");
        return Assert.Single(await peer.ReadAsync(1));
    }

    private async Task FloodAsync(string client)
    {
        const int Queries = 100;
        using var peer = await _node.ConnectAsync();
        await peer.SendAsync(string.Concat(Enumerable.Repeat($"remote_address={client}\n\n", Queries)));
        await peer.ReadAsync(Queries);
    }

    private async Task<string> TalkAsync(string door, string request)
    {
        using var peer = await _node.ConnectUnixAsync(door);
        await peer.SendAsync(request);
        var buffer = new byte[1024];
        var read = await peer.Socket.ReceiveAsync(buffer.AsMemory()).AsTask().Within(door);
        return Encoding.ASCII.GetString(buffer, 0, read);
    }
}
