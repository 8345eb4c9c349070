using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Screening.Testing.Lab;

/// <summary>
/// Two unpatched Postfix, mx1 and mx2, each with a node of one fleet beside it, set up by what <c>config to-postfix</c> prints; real lists
/// (<see cref="Bench"/>) and a real p0f behind the nodes.
/// </summary>
public sealed class MailLab : IAsyncDisposable
{
    /// <summary>So many routers away is worth 1, and <see cref="Bench.WeakList"/> 2: together they are enough to be refused.</summary>
    public const byte Far = 24;

    /// <summary>Where the first node answers as a DNSBL. What runs in the mail servers' namespace has it for its resolver.</summary>
    private const string ZoneAddress = "127.0.0.40";
    private static readonly string[] Names = ["mx1", "mx2"];
    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<PostfixInstance> _postfixes = [];
    private readonly List<NodeProcess> _nodes = [];

    private MailLab()
    {
    }

    public NetworkLab Network { get; private set; } = null!;

    public IReadOnlyList<NodeProcess> Nodes => _nodes;

    public IReadOnlyList<PostfixInstance> Postfixes => _postfixes;

    /// <summary>What both mail servers logged.</summary>
    public IEnumerable<string> Logs => _postfixes.SelectMany(p => p.LogLines);

    public string Transcript =>
        string.Join(Environment.NewLine, [.. _postfixes.Select(p => p.Transcript), .. _nodes.Select(n => n.Transcript)]);

    /// <param name="doors">Which of dnsblog, dnsbl, memcache and policy the mail servers use. The nodes open all of them.</param>
    /// <param name="dnsblAction">As <c>--dnsbl-action</c>.</param>
    /// <param name="mainCf">Further lines of both main.cf.</param>
    public static async Task<MailLab> StartAsync(string[] doors, string dnsblAction = "enforce", params string[] mainCf)
    {
        Requires.Root();
        Requires.Programs("postfix", "rbldnsd", "p0f", "ip", "setsid");
        var lab = new MailLab();
        try
        {
            await lab.BuildAsync(doors, dnsblAction, mainCf);
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }

        return lab;
    }

    /// <summary>A client sends one mail.</summary>
    /// <param name="mx">0 or 1.</param>
    public Task<SmtpDialogue> SendAsync(int mx, IPAddress client, byte hops = 0)
    {
        var (first, second) = client.AddressFamily == AddressFamily.InterNetworkV6
            ? (NetworkLab.MxAddress6, NetworkLab.SecondMxAddress6)
            : (NetworkLab.MxAddress, NetworkLab.SecondMxAddress);
        return SmtpSession.SendMailAsync(Network.Client, client, mx == 0 ? first : second, hops);
    }

    /// <summary>Where a node takes commands that change something.</summary>
    public string HttpSocket(int mx) => _folder[$"{Names[mx]}.http"];

    /// <summary>A command to a node that may change something.</summary>
    public Task<CommandResult> CommandAsync(int mx, params string[] arguments) =>
        NodeProcess.RunCommandAsync(Network.Mx, [.. arguments, "--node", $"unix://{HttpSocket(mx)}"]);

    public async ValueTask DisposeAsync()
    {
        foreach (var part in _parts)
            await part.DisposeAsync();
        _folder.Dispose();
    }

    private async Task BuildAsync(string[] doors, string dnsblAction, string[] mainCf)
    {
        _parts.Push(Network = await NetworkLab.StartAsync());
        await Network.UseResolverAsync(IPAddress.Parse(ZoneAddress));
        _parts.Push(await Bench.StartListsAsync(Network));
        var p0f = await P0fProcess.StartAsync(Network.Mx, NetworkLab.Interface, _folder["p0f.sock"]);
        _parts.Push(p0f);
        foreach (var mx in new[] { 0, 1 })
            await StartAsync(mx, p0f, doors, dnsblAction, mainCf);
        await Poll.UntilAsync(async () => await MembersUpAsync() == Names.Length, Waiting.Limit, "a fleet of two", () => Transcript);
    }

    private async Task<int> MembersUpAsync()
    {
        using var status = JsonDocument.Parse((await _nodes[0].RunCommandAsync("status", "--json")).Output);
        return status.RootElement.GetProperty("cluster").GetProperty("members").EnumerateArray()
            .Count(m => m.GetProperty("state").GetString() == "up");
    }

    private async Task StartAsync(int mx, P0fProcess p0f, string[] doors, string dnsblAction, string[] mainCf)
    {
        string[] open =
        [
            FormattableString.Invariant($"endpoints.memcache=[\"tcp://127.0.0.1:{10211 + mx}\"]"),
            FormattableString.Invariant($"endpoints.policy=[\"tcp://127.0.0.1:{10026 + mx}\"]"),
            mx == 0 ? $"endpoints.dnsbl=[\"udp://{ZoneAddress}:53\",\"tcp://{ZoneAddress}:53\"]" : "endpoints.dnsbl=[]",
        ];
        string[] judge =
        [
            $"dnsbl.sites={Bench.Blocklist}=127.0.0.2*3, {Bench.Allowlist}=127.0.[2..9].[1..3]*-4, {Bench.WeakList}*2",
            Bench.ResolverSetting,
            $"p0f.socket={p0f.SocketPath}", FormattableString.Invariant($"p0f.rule=[{{ distance = {Far}, weight = 1 }}]"),
            $"node.name={Names[mx]}", "access.permit=[]",
            FormattableString.Invariant($"cluster.listen=127.0.0.1:{4053 + mx}"), "cluster.seeds=[\"127.0.0.1:4053\",\"127.0.0.1:4054\"]",
            "cluster.insecure=true",
        ];
        var (address, address6) = mx == 0
            ? (NetworkLab.MxAddress, NetworkLab.MxAddress6) : (NetworkLab.SecondMxAddress, NetworkLab.SecondMxAddress6);
        var lines = new List<string> { $"inet_interfaces = {address}, {address6}" };
        foreach (var door in doors)
            lines.AddRange(await LinesOfAsync(mx, door, dnsblAction, open));
        _postfixes.Add(await PostfixInstance.StartAsync(
            Network.Mx,
            async postfix =>
            {
                _parts.Push(postfix);
                _nodes.Add(await NodeProcess.StartAsync(
                    Network.Mx,
                    [
                        .. open, .. judge, $"endpoints.dnsblog=[\"unix://{postfix.DnsblogSocket}?mode=0660\"]",
                        $"endpoints.http=[\"tcp://127.0.0.1:0\",\"unix://{HttpSocket(mx)}\"]",
                    ]));
                _parts.Push(_nodes[^1]);
            },
            [.. lines, .. mainCf]));
    }

    // What the product tells an operator to write, but for the place of the table.
    private async Task<IEnumerable<string>> LinesOfAsync(int mx, string door, string dnsblAction, string[] open)
    {
        var told = await NodeProcess.RunCommandAsync(
            null, ["config", "to-postfix", "--door", door, "--dnsbl-action", dnsblAction, "--json",
                .. open.SelectMany(s => (string[])["--set", s])]);
        if (told.ExitCode != 0)
            throw new InvalidOperationException($"config to-postfix: {told}");
        using var document = JsonDocument.Parse(told.Output);
        var said = document.RootElement.GetProperty("doors")[0];
        var lines = said.GetProperty("main_cf").EnumerateArray().Select(l => l.GetString()!).ToList();
        if (door != "memcache")
            return lines;
        var table = said.GetProperty("files").EnumerateObject().Single();
        await File.WriteAllLinesAsync(_folder[$"{Names[mx]}.cf"], table.Value.EnumerateArray().Select(l => l.GetString()!));
        return [.. lines.Select(l => l.Replace(table.Name, _folder[$"{Names[mx]}.cf"], StringComparison.Ordinal))];
    }
}
