using Screening.Node.Tests.Endpoints;
using Screening.Testing;
using Screening.Testing.Dns;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Hosting;

public sealed class ReloadTests
{
    [Fact]
    public async Task A_permanent_list_is_read_again_when_its_file_changes_and_a_faulty_one_is_not_used()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "192.0.2.0/24 reject\n");
        await using var node = await RunningNode.StartAsync($"access.permit=[\"file://{file}\"]");
        using var peer = await node.ConnectAsync();
        Assert.Equal("action=drop", await AskAsync(peer));
        await File.WriteAllTextAsync(file, "192.0.2.0/24 permit\n");
        await UntilAsync(async () => (await AskAsync(peer)).StartsWith("action=pass\nttl=3600", StringComparison.Ordinal));
        await File.WriteAllTextAsync(file, "192.0.2.0/24 reject\n192.0.2.300 reject\n");
        await Task.Delay(TimeSpan.FromSeconds(2.5)); // Two looks at the file: nothing may change, so there is nothing to wait for.
        Assert.StartsWith("action=pass\nttl=3600", await AskAsync(peer));
        File.Delete(file);
    }

    [Fact]
    public async Task A_changed_configuration_judges_anew_and_a_faulty_one_is_not_used()
    {
        using var dns = new FakeDnsServer();
        dns.List("192.0.2.1", "bad.test", 120, "127.0.0.4");
        var file = Path.Combine(Directory.CreateTempSubdirectory("screening-").FullName, "screening.toml");
        await File.WriteAllTextAsync(file, "[dnsbl]\nsites = \"bad.test*1\"\n");
        await using var node = await RunningNode.StartFromAsync(file, $"dnsbl.resolver=[\"{dns.EndPoint}\"]");
        using var peer = await node.ConnectAsync();
        Assert.Equal("action=ignore", await AskAsync(peer));
        await File.WriteAllTextAsync(file, "[dnsbl]\nsites = \"bad.test*9 other.test*1\"\n");
        await UntilAsync(async () => await AskAsync(peer) == "action=drop");
        await File.WriteAllTextAsync(file, "[dnsbl]\nsites = \"bad.test*x\"\n");
        await Task.Delay(TimeSpan.FromSeconds(2.5)); // As above.
        Assert.Equal("action=drop", await AskAsync(peer));
    }

    private static async Task<string> AskAsync(PluginPeer peer)
    {
        await peer.SendAsync("remote_address=192.0.2.1\n\n");
        return (await peer.ReadAsync(1)).Single();
    }

    private static Task UntilAsync(Func<Task<bool>> condition) =>
        Poll.UntilAsync(condition, Waiting.Limit, "an answer by the file as it is now");
}
