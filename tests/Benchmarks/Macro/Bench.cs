using System.Net;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Macro;

/// <summary>What every mode needs: options, a folder that is gone afterwards, and the servers, each in its own process.</summary>
internal sealed class Bench : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("screening-bench-");
    private int _started;

    public Bench(BenchmarkOptions options)
    {
        Options = options;
        Console.WriteLine(Checkout.Machine());
        Console.WriteLine();
    }

    public BenchmarkOptions Options { get; }

    /// <summary>A folder that is removed at the end.</summary>
    public string Folder => _folder.FullName;

    /// <summary>Starts a node with one TCP and one unix listener of the plug-in protocol.</summary>
    /// <param name="lists">Its resolver; null for a node without lists.</param>
    /// <param name="settings">More settings, as <c>--set</c> takes them.</param>
    public ServerProcess StartNode(ServerProcess? lists, params IEnumerable<string> settings) =>
        StartNodeIn([], [.. lists is null ? [] : (string[])[Resolver(lists.EndpointOf("dns", "udp"))], .. settings]);

    /// <summary>The same, with variables of its environment, each as <c>NAME=value</c>.</summary>
    public ServerProcess StartNodeIn(string[] environment, IEnumerable<string> settings)
    {
        var name = $"node{++_started}";
        string[] all =
        [
            $"node.data_dir=\"{_folder.FullName}/{name}\"",
            $"endpoints.plugin=[\"tcp://127.0.0.1:0\", \"unix://{_folder.FullName}/{name}.sock\"]",
            "endpoints.http=[\"tcp://127.0.0.1:0\"]",
            "endpoints.policy=[]",
            "endpoints.dnsbl=[]",
            "endpoints.memcache=[]",
            .. settings,
        ];
        var program = Checkout.NodeProgram(Options.Node);
        string[] start = program.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", program] : [program];
        return ServerProcess.Start(Log(name), "env", [.. environment, .. start, "run", .. all.SelectMany(s => new[] { "--set", s })]);
    }

    /// <summary>The setting that has a node ask this DNS server.</summary>
    public static string Resolver(EndPoint server) => $"dnsbl.resolver=[\"{server}\"]";

    /// <summary>Starts DNSBLs that answer after a delay.</summary>
    /// <param name="times">Where they note how long they took; empty: nowhere.</param>
    public ServerProcess StartLists(int delayMs, string times = "") =>
        ServerProcess.StartSelf(
            Log($"lists{++_started}"),
            ["fake-lists", "--delay", $"{delayMs}", .. times.Length > 0 ? ["--times", times] : (string[])[]]);

    /// <summary>Starts the limit.</summary>
    public ServerProcess StartEcho()
    {
        var name = $"echo{++_started}";
        return ServerProcess.StartSelf(Log(name), "echo-server", "--unix", $"{_folder.FullName}/{name}.sock");
    }

    /// <summary>Starts the limit of .NET's own sockets.</summary>
    public ServerProcess StartBare()
    {
        var name = $"bare{++_started}";
        return ServerProcess.StartSelf(Log(name), BareServer.Inline, "bare-server", "--unix", $"{_folder.FullName}/{name}.sock");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private string Log(string name) => Path.Combine(_folder.FullName, $"{name}.log");
}

/// <summary>The shape of a closed loop: connections, and queries in flight on each.</summary>
internal readonly record struct LoadShape(int Connections, int Depth)
{
    public override string ToString() => $"{Connections}x{Depth}";
}

/// <summary>The kinds of stream socket that the plug-in protocol is spoken over.</summary>
internal static class Sockets
{
    public static readonly string[] Both = ["tcp", "unix"];

    public static EndPoint PluginEndpoint(this ServerProcess server, string scheme) => server.EndpointOf("plugin", scheme);
}
