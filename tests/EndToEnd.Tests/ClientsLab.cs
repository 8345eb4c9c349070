using System.Net;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>
/// One node with one list in a network namespace of its own, with unbound as that namespace's resolver: what a mail server and its
/// filters find on their host. Started by the first test that needs it, so that tests whose needs are not met are skipped.
/// </summary>
public sealed class ClientsLab : IAsyncLifetime
{
    /// <summary>The zone of the node's verdicts.</summary>
    public const string Zone = "screening.internal";

    public const string Listed = "192.0.2.10";
    public const string Listed6 = "2001:db8::10";
    public const string Trusted = "192.0.2.11";
    public const string Clean = "192.0.2.30";

    /// <summary>The name of <see cref="Listed6"/> in the zone. Its end 1.0.0.2 is the name of an IPv4 client as well.</summary>
    public const string Listed6Name = "0.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2." + Zone;

    // BIND's static-stub zones have no port: it finds the node here.
    private static readonly IPEndPoint Server = new(IPAddress.Parse("127.0.0.2"), 53);
    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(60);

    private readonly List<IAsyncDisposable> _parts = [];
    private Task? _started;
    private NetworkLab? _lab;
    private string? _etc;

    public NetworkNamespace Inside => _lab!.Mx;

    public TemporaryFolder Folder { get; } = new();

    /// <summary>The node's HTTP API where it lists clients without a token.</summary>
    public string HttpSocket => Folder["http.sock"];

    public Task InitializeAsync() => Task.CompletedTask;

    /// <summary>Starts what is not running yet.</summary>
    public Task StartAsync() => _started ??= StartPartsAsync();

    /// <summary>Starts a server that lives as long as this laboratory.</summary>
    public RunningProcess Begin(string program, params string[] arguments)
    {
        var process = RunningProcess.Start(new LaunchPlan(program, arguments) { Namespace = Inside.Name, Folder = Folder.Root });
        _parts.Add(process);
        return process;
    }

    /// <summary>Starts a resolver of its own that minimises names strictly (RFC 9156).</summary>
    public async Task<Unbound> StartStrictUnboundAsync(IPEndPoint endPoint)
    {
        var resolver = await Unbound.StartAsync(Inside, endPoint, ServersOfZone, "qname-minimisation-strict: yes");
        _parts.Add(resolver);
        return resolver;
    }

    /// <summary>Runs a client to its end.</summary>
    public Task<CommandResult> RunAsync(string program, params string[] arguments) => RunAsync(program, arguments, input: "");

    /// <summary>Runs a client to its end.</summary>
    /// <param name="libraries">Where libraries are that are not installed.</param>
    public Task<CommandResult> RunAsync(string program, string[] arguments, string input, string libraries = "") => RunningProcess.RunAsync(
        new LaunchPlan(program, arguments)
        {
            Namespace = Inside.Name,
            Folder = Folder.Root,
            Environment = new Dictionary<string, string?>
            {
                ["HOME"] = Folder.Root,
                ["LD_LIBRARY_PATH"] = libraries.Length > 0 ? libraries : null,
            },
        },
        CommandLimit, input);

    /// <summary>Writes a file into the laboratory's folder.</summary>
    public string Write(string name, string text)
    {
        File.WriteAllText(Folder[name], text);
        return Folder[name];
    }

    public async Task DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(_parts))
            await part.DisposeAsync();
        if (Directory.Exists(_etc))
            Directory.Delete(_etc, recursive: true);
        Folder.Dispose();
    }

    private static Dictionary<string, IPEndPoint> ServersOfZone => new() { [Zone] = new IPEndPoint(IPAddress.Loopback, 10053) };

    private async Task StartPartsAsync()
    {
        Requires.Root();
        Requires.Programs("ip", "rbldnsd", "unbound", "dig", "curl");
        _lab = await NetworkLab.StartAsync();
        _parts.Add(_lab);
        WriteEtc();
        _parts.Add(await RblDnsd.StartAsync(Inside, Bench.Resolver, new Dictionary<string, Listing[]>
        {
            [Bench.Blocklist] = [new(Listed, "127.0.0.2", "seen sending spam"), new(Listed6, "127.0.0.2", "seen sending spam")],
            [Bench.Allowlist] = [new(Trusted, "127.0.5.2", "a well-known sender")],
        }));
        _parts.Add(await NodeProcess.StartAsync(
            Inside,
            [
                .. Bench.ListSettings, "dnsbl.skip=[]", "verdict.dnsbl_deadline=60s", "dnsbl.timeout=20s",
                $"endpoints.dnsbl=[\"udp://127.0.0.1:10053\",\"tcp://127.0.0.1:10053\",\"udp://{Server}\",\"tcp://{Server}\"]",
                "endpoints.memcache=[\"tcp://127.0.0.1:10211\"]",
                $"endpoints.http=[\"tcp://127.0.0.1:10080\",\"unix://{HttpSocket}\"]",
            ]));
        _parts.Add(await Unbound.StartAsync(Inside, new IPEndPoint(IPAddress.Loopback, 53), ServersOfZone));
    }

    // ip-netns(8): files here stand in for those of /etc in the namespace. Exim insists on the user that its package would make.
    private void WriteEtc()
    {
        _etc = Path.Combine("/etc/netns", Inside.Name);
        Directory.CreateDirectory(_etc);
        File.WriteAllText(Path.Combine(_etc, "resolv.conf"), "nameserver 127.0.0.1\n");
        File.WriteAllText(
            Path.Combine(_etc, "passwd"), File.ReadAllText("/etc/passwd") + "Debian-exim:x:65533:65533::/nonexistent:/bin/false\n");
        File.WriteAllText(Path.Combine(_etc, "group"), File.ReadAllText("/etc/group") + "Debian-exim:x:65533:\n");
    }
}
