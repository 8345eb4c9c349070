using System.Collections.Concurrent;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Screening.Testing.Lab;

/// <summary>The built node as an operator starts it, with each endpoint on a free port unless the test says otherwise.</summary>
public sealed partial class NodeProcess : RunningProcess
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan CommandPatience = TimeSpan.FromSeconds(120);

    /// <summary>Signals reach the node only when it has the process's id to itself: no wrapper stays in between.</summary>
    private static readonly string Dotnet = Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path : "dotnet";

    private static readonly string[] Quiet =
    [
        "endpoints.plugin=[\"tcp://127.0.0.1:0\"]",
        "endpoints.policy=[]",
        "endpoints.dnsbl=[]",
        "endpoints.memcache=[]",
        "endpoints.http=[\"tcp://127.0.0.1:0\"]",
        "cluster.listen=127.0.0.1:0",
        "store.provider=memory",
    ];

    private readonly ConcurrentDictionary<string, Uri> _listening = new();
    private readonly TemporaryFolder? _folder;

    private NodeProcess(LaunchPlan plan, TemporaryFolder? folder)
        : base(plan) => _folder = folder;

    /// <summary>Path of the program.</summary>
    public static string Assembly { get; } = Path.Combine(AppContext.BaseDirectory, "screening.dll");

    /// <summary>Kind of endpoint to where it listens; the first, where there are several of a kind.</summary>
    public IReadOnlyDictionary<string, Uri> Listening => _listening;

    public Uri Plugin => Endpoint("plugin");

    public Uri Http => Endpoint("http");

    /// <summary>Starts a node and waits until it is ready.</summary>
    /// <param name="settings">What follows <c>--set</c>; stronger than the quiet defaults of these tests.</param>
    public static async Task<NodeProcess> StartAsync(NetworkNamespace? inside, params string[] settings)
    {
        var folder = new TemporaryFolder();
        string[] own = [$"node.data_dir={folder.MakeFolder("data")}", .. Quiet];
        var arguments = own.Concat(settings).SelectMany(setting => (string[])["--set", setting]);
        var node = new NodeProcess(Launch(inside, ["run", .. arguments]) with { Folder = folder.Root }, folder);
        try
        {
            await node.WaitForReadyAsync();
        }
        catch
        {
            await node.DisposeAsync();
            throw;
        }

        return node;
    }

    /// <summary>Starts the program as planned, and waits for nothing.</summary>
    public static NodeProcess Begin(LaunchPlan plan) => new(plan, folder: null);

    public static LaunchPlan Launch(NetworkNamespace? inside, params string[] arguments) => LaunchOf(Assembly, inside, arguments);

    /// <summary>Plans a start of another build of the program.</summary>
    /// <param name="program">Its assembly or its executable; empty: the one built with the tests.</param>
    public static LaunchPlan LaunchOf(string program, NetworkNamespace? inside, params string[] arguments)
        => Command(program.Length > 0 ? program : Assembly, arguments) with
        {
            Namespace = inside?.Name,
            Environment = new Dictionary<string, string?> { ["NO_COLOR"] = "1", ["DOTNET_ENVIRONMENT"] = null, ["ASPNETCORE_URLS"] = null },
        };

    public Task WaitForReadyAsync() => WaitForLineAsync(ReadyLine(), StartPatience);

    /// <summary>Runs a command of the program that needs no node, or names its own.</summary>
    public static Task<CommandResult> RunCommandAsync(NetworkNamespace? inside, params string[] arguments)
        => RunAsync(Launch(inside, arguments), CommandPatience);

    /// <summary>Runs a command against this node, in its namespace.</summary>
    public Task<CommandResult> RunCommandAsync(params string[] arguments)
        => RunAsync(new LaunchPlan(Plan.Program, [Assembly, .. arguments, "--node", NodeOption])
        {
            Namespace = Plan.Namespace,
            Environment = Plan.Environment
        },
            CommandPatience);

    /// <summary>SIGTERM, and the end that the contract promises: status 0 within 5 s.</summary>
    public async Task StopAsync()
    {
        Signal(Lab.Signal.Terminate);
        var status = await WaitForExitAsync(TimeSpan.FromSeconds(5));
        if (status != 0)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"exit status {status}, wanted 0.{Environment.NewLine}{Transcript}"));
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder?.Dispose();
    }

    protected override void OnOutputLine(string line)
    {
        if (ListeningLine().Match(line) is { Success: true } match)
            _listening.TryAdd(match.Groups["kind"].Value, new Uri(match.Groups["uri"].Value));
    }

    private static LaunchPlan Command(string program, string[] arguments)
        => program.EndsWith(".dll", StringComparison.Ordinal) ? new(Dotnet, [program, .. arguments]) : new(program, arguments);

    /// <summary>The form of <c>--node</c>: http://HOST:PORT or unix:///PATH.</summary>
    private string NodeOption => Http.Scheme == "unix" ? $"unix://{Http.AbsolutePath}" : $"http://{Http.Authority}";

    private Uri Endpoint(string kind)
        => _listening.TryGetValue(kind, out var uri) ? uri : throw new InvalidOperationException(
            $"no line 'listening {kind}'.{Environment.NewLine}{Transcript}");

    [GeneratedRegex("^ready$")]
    private static partial Regex ReadyLine();

    [GeneratedRegex(@"^listening (?<kind>\S+) (?<uri>\S+)$")]
    private static partial Regex ListeningLine();
}
