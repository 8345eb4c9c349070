using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>The program behind a load balancer that puts its own address in the place of its clients'.</summary>
public sealed partial class LostClientsTests
{
    private static readonly IPAddress Balancer = IPAddress.Parse("10.244.1.1");

    [SkippableFact]
    public async Task A_burst_of_one_private_address_suspends_verdicts_until_other_clients_come()
    {
        Requires.Programs("setsid");
        await using var node = await NodeProcess.StartAsync(null, "clients.suspend_window=3s", "verdict.default_ttl=7s");
        using var postscreen = await PluginClient.ConnectAsync(node.Plugin);
        var warnings = new HashSet<string>(); // The transcript is bounded, and each of the many queries has a line in it.
        bool WarnedBy(NodeProcess node)
        {
            warnings.UnionWith(node.Lines.Where(line => Lost().IsMatch(line)));
            return warnings.Count > 0;
        }

        await Poll.UntilAsync(
            async () =>
            {
                await AskAsync(postscreen, _ => Balancer);
                return WarnedBy(node);
            },
            Waiting.Limit, "verdicts are suspended");
        Assert.Equal("7", (await AskAsync(postscreen, _ => Balancer))["ttl"]);
        using (var status = JsonDocument.Parse((await node.RunCommandAsync("status", "--json")).Output))
        {
            Assert.Equal(5, status.RootElement.GetProperty("rung").GetInt32());
            Assert.Contains("10.244.1.1", status.RootElement.GetProperty("degraded")[0].GetProperty("what").GetString());
        }

        // The PROXY protocol is on.
        await Poll.UntilAsync(
            async () =>
            {
                await AskAsync(postscreen, i => new IPAddress([192, 0, 2, (byte)(1 + i)]));
                WarnedBy(node);
                return Found().IsMatch(node.Transcript);
            },
            Waiting.Limit, "verdicts are made again");
        Assert.Single(warnings);
    }

    private static async Task<IReadOnlyDictionary<string, string>> AskAsync(PluginClient postscreen, Func<int, IPAddress> client)
    {
        const int Connections = 100;
        await postscreen.SendAsync(string.Concat(Enumerable.Range(0, Connections).Select(i => PluginClient.Request2016(client(i)))));
        IReadOnlyDictionary<string, string>? reply = null;
        for (var i = 0; i < Connections; i++)
            reply = await postscreen.ReadReplyAsync() ?? throw new EndOfStreamException();
        return reply!;
    }

    [GeneratedRegex("WRN Clients' addresses do not arrive: 100 % of [0-9]+ queries name 1 .* most often 10\\.244\\.1\\.1")]
    private static partial Regex Lost();

    [GeneratedRegex("INF Clients' addresses arrive again")]
    private static partial Regex Found();
}
