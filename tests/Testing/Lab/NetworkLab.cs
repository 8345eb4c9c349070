using System.Globalization;
using System.Net;
using Xunit;

namespace Screening.Testing.Lab;

/// <summary>
/// Two hosts made of network namespaces, joined by one cable: "mx", where the mail server and the node run, and "client", which has many
/// addresses. All are documentation addresses (RFC 5737, RFC 3849), and no packet leaves the two.
/// </summary>
/// <remarks>
/// The names hold this process's id. Each start also removes what a killed run of the tests left behind: namespaces with our prefix
/// whose process is gone.
/// </remarks>
public sealed class NetworkLab : IAsyncDisposable
{
    private const string Prefix = "screening-lab-";
    private const string Cable = "wire0";
    private static int _count;

    private NetworkLab(string tag) => (Mx, Client) = (new NetworkNamespace($"{tag}-mx"), new NetworkNamespace($"{tag}-cl"));

    public static IPAddress MxAddress { get; } = IPAddress.Parse("192.0.2.1");

    /// <summary>Where a second mail server listens in the same namespace.</summary>
    public static IPAddress SecondMxAddress { get; } = IPAddress.Parse("192.0.2.2");

    public static IPAddress MxAddress6 { get; } = IPAddress.Parse("2001:db8::1");

    public static IPAddress SecondMxAddress6 { get; } = IPAddress.Parse("2001:db8::2");

    /// <summary>Client addresses 192.0.2.10 to 192.0.2.59 and 2001:db8::10 to 2001:db8::19 are all there.</summary>
    public static IPAddress ClientAddress(int last) => IPAddress.Parse(string.Create(CultureInfo.InvariantCulture, $"192.0.2.{last}"));

    public NetworkNamespace Mx { get; }

    public NetworkNamespace Client { get; }

    /// <summary>The name of the network interface in both namespaces.</summary>
    public static string Interface => Cable;

    /// <summary>Builds it, or skips the test where that is not possible.</summary>
    public static async Task<NetworkLab> StartAsync()
    {
        Requires.Root();
        Requires.Programs("ip", "setsid");
        await RemoveLeftoversAsync();
        var lab = new NetworkLab(
            string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{Interlocked.Increment(ref _count)}"));
        try
        {
            await lab.BuildAsync();
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }

        return lab;
    }

    /// <summary>Gives a resolver to what is started in the mail server's namespace from now on, in /etc/resolv.conf's place.</summary>
    public async Task UseResolverAsync(IPAddress address)
    {
        // ip-netns(8) shows this folder's files in those of /etc, in a mount namespace of its own.
        Directory.CreateDirectory(EtcOf(Mx.Name));
        await File.WriteAllTextAsync(Path.Combine(EtcOf(Mx.Name), "resolv.conf"), $"nameserver {address}\n");
    }

    public async ValueTask DisposeAsync()
    {
        await RemoveAsync(Mx.Name);
        await RemoveAsync(Client.Name);
    }

    private static string EtcOf(string name) => $"/etc/netns/{name}";

    private async Task BuildAsync()
    {
        var first = await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "add", Mx.Name), Waiting.Limit);
        Skip.If(first.ExitCode != 0, $"needs network namespaces: {first.Error.Trim()}");
        await IpAsync("netns", "add", Client.Name);
        await IpAsync("link", "add", Cable, "netns", Mx.Name, "type", "veth", "peer", "name", Cable, "netns", Client.Name);
        await BatchAsync(Mx, ["192.0.2.1/24", "192.0.2.2/24"], ["2001:db8::1/64", "2001:db8::2/64"]);
        await BatchAsync(Client,
            Enumerable.Range(10, 50).Select(last => $"192.0.2.{last}/24"),
            Enumerable.Range(10, 10).Select(last => $"2001:db8::{last}/64"));
    }

    private static Task BatchAsync(NetworkNamespace inside, IEnumerable<string> addresses4, IEnumerable<string> addresses6)
    {
        string[] lines =
        [
            "link set lo up",
            $"link set {Cable} up",
            .. addresses4.Select(address => $"addr add {address} dev {Cable}"),
            // nodad: without it an IPv6 address can't be used for its first seconds.
            .. addresses6.Select(address => $"addr add {address} dev {Cable} nodad"),
        ];
        return RunAsync(new LaunchPlan("ip", "-n", inside.Name, "-batch", "-"), string.Join('\n', lines) + "\n");
    }

    private static Task IpAsync(params string[] arguments) => RunAsync(new LaunchPlan("ip", arguments), string.Empty);

    private static async Task RunAsync(LaunchPlan plan, string input)
    {
        var result = await RunningProcess.RunAsync(plan, Waiting.Limit, input);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"{plan}: {result}");
    }

    private static async Task RemoveLeftoversAsync()
    {
        var folder = new DirectoryInfo("/run/netns");
        foreach (var file in folder.Exists ? folder.GetFiles($"{Prefix}*") : [])
        {
            var owner = file.Name[Prefix.Length..].Split('-')[0];
            if (int.TryParse(owner, CultureInfo.InvariantCulture, out var pid) && !Native.IsRunning(pid))
                await RemoveAsync(file.Name);
        }
    }

    /// <summary>Ends what still runs inside, for a namespace lives as long as a process in it, and removes the name.</summary>
    private static async Task RemoveAsync(string name)
    {
        var inside = await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "pids", name), Waiting.Limit);
        foreach (var line in inside.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Native.SendSignal(int.Parse(line, CultureInfo.InvariantCulture), Signal.Kill);

        await RunningProcess.RunAsync(new LaunchPlan("ip", "netns", "del", name), Waiting.Limit);
        if (Directory.Exists(EtcOf(name)))
            Directory.Delete(EtcOf(name), recursive: true);
    }
}
