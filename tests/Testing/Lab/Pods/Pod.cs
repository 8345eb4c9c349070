using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Screening.Testing.Lab.Fleet;

namespace Screening.Testing.Lab.Pods;

/// <summary>
/// One life of a pod, as a kubelet runs it: a process in a network of its own that sees the manifests' environment and mounts and nothing
/// else of the host's /etc, /run and /var/lib; probes, preStop, SIGTERM, and SIGKILL when the grace is over.
/// </summary>
public sealed class Pod : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly string[] Covered = ["/etc", "/run", "/var/lib"];

    // What a container's image has of its own in /etc.
    private static readonly string[] FromHost = ["passwd", "group", "nsswitch.conf", "ld.so.cache", "localtime"];

    private readonly PodTemplate _template;
    private readonly TemporaryFolder _folder = new();
    private readonly string _program;
    private readonly string _script;
    private readonly IReadOnlyDictionary<string, string> _environment;
    private readonly HttpClient _http;
    private readonly CancellationTokenSource _ending = new();
    private readonly Stopwatch _age = Stopwatch.StartNew();
    private NodeProcess? _process;
    private Task _probing = Task.CompletedTask;
    private volatile bool _isReady;

    /// <param name="probes">Where the kubelet and whoever asks over HTTP are.</param>
    /// <param name="claim">The folder of the pod's claim, which is kept.</param>
    /// <param name="program">The node's program, or its assembly.</param>
    /// <param name="more">Environment beside the manifests', and stronger.</param>
    internal Pod(
        PodTemplate template, int ordinal, IPAddress address, NetworkNamespace inside, NetworkNamespace probes, string claim,
        string program, string resolvConf, IReadOnlyDictionary<string, string> more)
    {
        _template = template;
        (Ordinal, Address, Inside, _program) = (ordinal, address, inside, program);
        Name = FormattableString.Invariant($"{template.Name}-{ordinal}");
        _environment = new Dictionary<string, string>([.. Merged(template.EnvironmentOf(Name, $"{address}"), more)]);
        _script = Prepare(claim, resolvConf);
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = probes.CreateSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(Address, context.DnsEndPoint.Port), cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
            PooledConnectionLifetime = TimeSpan.FromSeconds(5),
        })
        { BaseAddress = new UriBuilder("http", $"{address}", template.PortOf("http")).Uri, Timeout = TimeSpan.FromSeconds(30) };
    }

    public int Ordinal { get; }

    public string Name { get; }

    public IPAddress Address { get; }

    public NetworkNamespace Inside { get; }

    /// <summary>It answers its readiness probe, and nobody has asked for its end.</summary>
    public bool IsReady => _isReady && !IsEnding;

    /// <summary>Its end was asked for.</summary>
    public bool IsEnding { get; private set; }

    /// <summary>From the start of the process to the first successful readiness probe; null: not yet.</summary>
    public TimeSpan? ReadyAfter { get; private set; }

    public bool HasExited => _process?.HasExited == true;

    /// <summary>What the process wrote.</summary>
    public string Transcript => _process?.Transcript ?? "not started";

    public IReadOnlyList<string> Lines => _process?.Lines ?? [];

    /// <summary>Called when <see cref="IsReady"/> changes.</summary>
    internal Action<Pod> ReadinessChanged { get; init; } = _ => { };

    /// <summary>Starts the process and the probes.</summary>
    internal void Start()
    {
        _age.Restart();
        _process = NodeProcess.Begin(new LaunchPlan("unshare", "--uts", "/bin/sh", "-c", _script) { Namespace = Inside.Name });
        _probing = ProbeAsync();
    }

    /// <summary>Runs preStop and SIGTERM within the grace; SIGKILL at its end.</summary>
    /// <returns>How long it took, and what did not go well.</returns>
    internal async Task<(TimeSpan Took, string Trouble)> EndAsync()
    {
        BeginEnding();
        var clock = Stopwatch.StartNew();
        var trouble = "";
        if (_template.PreStop.Count > 0 && await RunAsync([.. _template.PreStop.Skip(1)]) is { ExitCode: not 0 } failed)
            trouble = $"; preStop failed: {failed.Error.Trim()}"; // Which is no reason to stop here.
        _process!.Signal(Signal.Terminate);
        var left = _template.Grace - clock.Elapsed;
        try
        {
            await _process.WaitForExitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero);
            return (clock.Elapsed, trouble);
        }
        catch (TimeoutException)
        {
            await _process.KillAsync();
            return (clock.Elapsed, $"{trouble}; by SIGKILL");
        }
    }

    /// <summary>SIGKILL, without a word.</summary>
    internal async Task KillAsync()
    {
        await _process!.KillAsync();
        BeginEnding();
    }

    /// <summary>Runs a command of the program inside, as <c>kubectl exec</c> does.</summary>
    public Task<CommandResult> RunAsync(params string[] arguments) => RunningProcess.RunAsync(
        new LaunchPlan(
            "nsenter", "--target", FormattableString.Invariant($"{_process!.Pid}"), "--mount", "--net", "--uts", "/bin/sh", "-c",
            CommandLine(arguments)),
        Patience);

    /// <summary>What the node says of itself; null while it does not answer.</summary>
    public async Task<FleetNodeStatus?> TryStatusAsync()
    {
        try
        {
            return FleetNodeStatus.Parse(await _http.GetStringAsync("api/v1/status"));
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    public Task<string> GetAsync(string path) => _http.GetStringAsync(path);

    public async ValueTask DisposeAsync()
    {
        BeginEnding();
        await _probing;
        if (_process is not null)
            await _process.DisposeAsync();
        _http.Dispose();
        _ending.Dispose();
        _folder.Dispose();
    }

    private void BeginEnding()
    {
        IsEnding = true;
        if (!_ending.IsCancellationRequested)
            _ending.Cancel();
        ReadinessChanged(this);
    }

    private async Task ProbeAsync()
    {
        var failures = 0;
        try
        {
            while (_template.Startup is { } startup && !await AnswersAsync(startup))
                await Task.Delay(startup.Period, _ending.Token);
            while (_template.Readiness is { } readiness)
            {
                failures = await AnswersAsync(readiness) ? 0 : failures + 1;
                var ready = failures == 0 || (_isReady && failures < readiness.Failures);
                if (ready && ReadyAfter is null)
                    ReadyAfter = _age.Elapsed;
                if (ready != _isReady)
                {
                    _isReady = ready;
                    ReadinessChanged(this);
                }

                await Task.Delay(readiness.Period, _ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Its end was asked for.
        }
    }

    private async Task<bool> AnswersAsync(PodProbe probe)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
        limit.CancelAfter(probe.Timeout);
        try
        {
            using var answer = await _http.GetAsync(probe.Path, limit.Token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            _ending.Token.ThrowIfCancellationRequested();
            return false;
        }
    }

    // ip-netns(8) has given the process a mount namespace of its own by then.
    private string Prepare(string claim, string resolvConf)
    {
        foreach (var path in Covered)
            Directory.CreateDirectory(Under(path));
        foreach (var file in FromHost.Where(file => File.Exists($"/etc/{file}")))
            File.Copy($"/etc/{file}", Path.Combine(Under("/etc"), file));
        Directory.CreateDirectory(Path.Combine(Under("/etc"), "ssl"));
        if (File.Exists("/etc/ssl/openssl.cnf"))
            File.Copy("/etc/ssl/openssl.cnf", Path.Combine(Under("/etc"), "ssl", "openssl.cnf"));
        File.WriteAllText(Path.Combine(Under("/etc"), "resolv.conf"), resolvConf);
        File.WriteAllText(Path.Combine(Under("/etc"), "hosts"), $"127.0.0.1 localhost\n{Address} {Name}\n");
        var script = new StringBuilder("set -e\n").Append(FormattableString.Invariant($"hostname {Name}\n"));
        foreach (var path in Covered)
            script.Append(FormattableString.Invariant($"mount --bind {Under(path)} {path}\n"));
        foreach (var mount in _template.Mounts)
            script.Append(FormattableString.Invariant($"mount --bind {SourceOf(mount, claim)} {mount.Path}\n"));
        return script.Append(CommandLine(_template.Arguments is [] ? ["run"] : _template.Arguments)).ToString();
    }

    private string Under(string path) => _folder[path[1..].Replace('/', '-')];

    // The place to mount on is made in what covers the host's.
    private string SourceOf(PodMount mount, string claim)
    {
        if (Covered.FirstOrDefault(c => mount.Path.StartsWith($"{c}/", StringComparison.Ordinal)) is { } cover)
            Directory.CreateDirectory(Path.Combine(Under(cover), mount.Path[(cover.Length + 1)..]));
        else if (!Directory.Exists(mount.Path))
            throw new NotSupportedException($"the laboratory cannot mount on {mount.Path}");
        if (mount.IsKept)
            return claim;
        var source = _folder.MakeFolder(mount.Path[1..].Replace('/', '.'));
        foreach (var (name, content) in mount.Files ?? new Dictionary<string, string>())
            File.WriteAllText(Path.Combine(source, name), content);
        return source;
    }

    // As a container has it: nothing of this process's environment but where .NET is.
    private string CommandLine(IReadOnlyList<string> arguments)
    {
        var line = new StringBuilder("exec env -i ");
        foreach (var (name, value) in _environment)
            line.Append(Quote($"{name}={value}")).Append(' ');
        var command = NodeProcess.LaunchOf(_program, null, [.. arguments]);
        return line.AppendJoin(' ', command.Arguments.Prepend(Requires.Find(command.Program) ?? command.Program).Select(Quote)).ToString();
    }

    private static IEnumerable<KeyValuePair<string, string>> Merged(
        IReadOnlyDictionary<string, string> manifests, IReadOnlyDictionary<string, string> more) =>
        new Dictionary<string, string> { ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin", ["NO_COLOR"] = "1", ["HOME"] = "/" }
            .Where(own => !manifests.ContainsKey(own.Key)).Concat(manifests.Where(given => !more.ContainsKey(given.Key))).Concat(more);

    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
