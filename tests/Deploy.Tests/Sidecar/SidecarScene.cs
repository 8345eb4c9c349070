using System.Globalization;
using System.Net;
using System.Text.Json;
using Screening.Testing;
using Screening.Testing.Lab;
using Screening.Testing.Lab.Fleet;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>
/// Two mail pods of <c>overlays/edge-sidecar</c> and a cache node of <c>overlays/production</c>, as they are rendered for an operator who
/// names his lists, in one network with clients and rbldnsd. The containers of the two pods are started in different orders.
/// </summary>
public sealed class SidecarScene : IAsyncLifetime
{
    /// <summary>So many routers away is worth 1, and <see cref="Bench.WeakList"/> 2: together they are enough to be refused.</summary>
    public const byte Far = 24;

    public static readonly TimeSpan GreetWait = TimeSpan.FromSeconds(3);

    private static readonly IPAddress Resolver = NetworkLab.ClientAddress(59);

    // What an operator writes: lists and a resolver; and longer times than the defaults, for a busy machine.
    private static readonly string Judging = $"""
        [verdict]
        dnsbl_deadline = "2.7s"

        [dnsbl]
        resolver = ["{Resolver}:53"]
        sites    = "{Bench.Blocklist}=127.0.0.2*3, {Bench.WeakList}*2"
        timeout  = "2s"

        [p0f]
        timeout = "1s"

        [[p0f.rule]]
        distance = {Far}
        weight   = 1
        """;

    // The hub is not played: mail that is taken is thrown away. Nobody answers for the names of clients here.
    private static readonly string[] Postfix =
        ["relay_transport = discard:", "smtpd_peername_lookup = no", $"postscreen_greet_wait = {GreetWait.TotalSeconds}s"];

    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly TemporaryFolder _folder = new();
    private Task? _started;
    private PodWire _wire = null!;

    /// <summary>The cache node.</summary>
    internal PodmanPod Cache { get; private set; } = null!;

    /// <summary>The two mail pods.</summary>
    internal IReadOnlyList<PodmanPod> Mx { get; private set; } = [];

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Starts everything, once; skips the test where that cannot be.</summary>
    public Task StartedAsync() => _started ??= StartAsync();

    /// <summary>A client sends one mail to a pod.</summary>
    public Task<SmtpDialogue> SendAsync(int mx, IPAddress client, byte hops = 0) =>
        SmtpSession.SendMailAsync(_wire.Client, client, Mx[mx].Address, hops);

    /// <summary>What a command of a pod's node prints as JSON.</summary>
    public async Task<JsonElement> AskAsync(int mx, params string[] command)
    {
        var result = await Mx[mx].ExecuteAsync("screening", ["screening", .. command, "--json"]);
        if (result.Output.Length == 0)
            throw new InvalidOperationException($"{string.Join(' ', command)}: {result}");
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }

    /// <summary>How many verdicts of a pod's node were made by asking lists and p0f, and not known before.</summary>
    public async Task<long> ScreenedAsync(int mx)
    {
        var metrics = await Mx[mx].GetAsync(_wire, "/metrics") ?? throw new InvalidOperationException($"no metrics of {Mx[mx].Name}");
        return metrics.Split('\n').Where(line => line.StartsWith("screening_verdicts_total{", StringComparison.Ordinal)
                && line.Contains("source=\"screened\"", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split(' ')[^1], CultureInfo.InvariantCulture));
    }

    /// <summary>Waits for a line of Postfix's log.</summary>
    public Task<string> PostfixLogAsync(int mx, string pattern) => Mx[mx].WaitForLineAsync("postfix", pattern);

    public Task WaitForAsync(int mx, string container, string probe) => Mx[mx].WaitForAsync(container, probe, _wire);

    public async Task<string> TranscriptAsync() =>
        string.Join(Environment.NewLine, await Mx[0].TranscriptAsync(), await Mx[1].TranscriptAsync(), await Cache.TranscriptAsync());

    public async Task DisposeAsync()
    {
        foreach (var part in _parts)
            await part.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        Requires.Root();
        Requires.Programs("podman", "catatonit", "rbldnsd", "ip", "setsid");
        await MailImages.NeedAsync();
        await PodmanPod.RemoveLeftoversAsync();
        _parts.Push(_wire = await PodWire.StartAsync());
        _parts.Push(await RblDnsd.StartAsync(_wire.Client, new IPEndPoint(Resolver, 53), new Dictionary<string, Listing[]>
        {
            [Bench.Blocklist] = [new($"{Bench.Listed}", "127.0.0.2", "seen sending spam")],
            [Bench.WeakList] = [new($"{Bench.ListedWeakly}", "127.0.0.2", "in a network of doubtful fame")],
        }));

        using var authority = new FleetAuthority(_folder.Root);
        var cache = await PodManifest.RenderAsync(
            await WriteAsync("production", "mail", "screening", ["SCREENING__STORE__PROVIDER=memory"], ""), "screening",
            new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["screening-store"] = new Dictionary<string, string> { ["connection"] = "" },
                ["screening-tls"] = authority.IssueSecret("cache", ["*.screening"]),
            });
        var mx = await PodManifest.RenderAsync(
            await WriteAsync("edge-sidecar", "mail-edge", "mx", [], $"""
                  - name: mx-postfix
                    namespace: mail-edge
                    behavior: merge
                    files: [main.cf]
                """),
            "mx",
            new Dictionary<string, IReadOnlyDictionary<string, string>>
            {
                ["screening-tls"] = authority.IssueSecret("edge", ["screening-edge"]),
            });

        var hosts = new Dictionary<string, IPAddress>
        {
            ["screening-0.screening"] = IPAddress.Parse("192.0.2.3"),
            ["mx-0.mx.mail-edge"] = IPAddress.Parse("192.0.2.1"),
            ["mx-1.mx.mail-edge"] = IPAddress.Parse("192.0.2.2"),
        };
        var pods = new List<PodmanPod>();
        foreach (var (name, address) in hosts)
        {
            var pod = await PodmanPod.StartAsync(name[0] == 'm' ? mx : cache, name.Split('.')[0], address, _wire, hosts);
            _parts.Push(pod);
            pods.Add(pod);
        }

        (Cache, Mx) = (pods[0], [pods[1], pods[2]]);
        await Cache.StartAsync("screening");
        await Mx[0].StartAsync("screening");
        await Mx[1].StartAsync("postfix");
        await WaitForAsync(1, "postfix", "startupProbe");
        await Mx[1].StartAsync("p0f");
        await WaitForAsync(0, "screening", "startupProbe");
        await Mx[0].StartAsync("postfix");
        await Mx[1].StartAsync("screening");
        await WaitForAsync(0, "postfix", "readinessProbe");
        await WaitForAsync(1, "screening", "startupProbe");
        await Mx[0].StartAsync("p0f");
        await WaitForAsync(0, "p0f", "startupProbe");
        await WaitForAsync(1, "p0f", "startupProbe");
        // p0f came after the node in one pod and before it in the other. A node tries again, and the longer p0f was away the more seldom.
        await Poll.UntilAsync(
            async () => await P0fAnswersAsync(0) && await P0fAnswersAsync(1), Waiting.Limit, "p0f's answers at both nodes");
        var transcript = "";
        await Poll.UntilAsync(
            async () =>
            {
                var members = (await AskAsync(1, "status")).GetProperty("cluster").GetProperty("members").EnumerateArray()
                    .Count(member => member.GetProperty("state").GetString() == "up");
                transcript = members < hosts.Count ? await TranscriptAsync() : "";
                return members == hosts.Count;
            },
            Waiting.Limit, "a fleet of three", () => transcript);
    }

    private async Task<bool> P0fAnswersAsync(int mx) =>
        (await AskAsync(mx, "check", $"{NetworkLab.ClientAddress(58)}", "--explain", "--fresh")).GetProperty("checks").EnumerateArray()
        .Any(check => check.GetProperty("kind").GetString() == "p0f" && check.GetProperty("result").GetString() is "nothing" or "evidence");

    /// <summary>What an operator has on top of an overlay: his lists, and the number of his cache nodes.</summary>
    private async Task<string> WriteAsync(string overlay, string inside, string prefix, string[] settings, string more)
    {
        var folder = _folder.MakeFolder(overlay);
        var shipped = Repository.File($"deploy/k8s/overlays/{overlay}");
        string[] all = ["SCREENING__CLUSTER__SEEDS=[\"screening-0.screening:4053\"]", .. settings];
        await File.WriteAllTextAsync(Path.Combine(folder, "screening.toml"), Judging);
        if (File.Exists(Path.Combine(shipped, "main.cf")))
        {
            await File.WriteAllLinesAsync(
                Path.Combine(folder, "main.cf"), [.. await File.ReadAllLinesAsync(Path.Combine(shipped, "main.cf")), .. Postfix]);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "kustomization.yaml"), $"""
            resources:
              - {Path.GetRelativePath(folder, shipped)}
            configMapGenerator:
              - name: {prefix}-settings
                namespace: {inside}
                behavior: merge
                literals:
            {string.Join('\n', all.Select(line => $"      - '{line}'"))}
              - name: {prefix}-policy
                namespace: {inside}
                behavior: merge
                files: [screening.toml]
            {more}
            {MailImages.Names}
            """);
        return folder;
    }
}
