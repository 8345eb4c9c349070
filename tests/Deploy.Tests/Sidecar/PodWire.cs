using System.Globalization;
using System.Net;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Sidecar;

/// <summary>
/// The network of pods: a bridge in a namespace of its own, to which each pod's namespace is joined by a cable. The bridge has the
/// addresses of <see cref="NetworkLab.ClientAddress"/> and is where clients and lists are; no packet leaves it.
/// </summary>
internal sealed class PodWire : IAsyncDisposable
{
    private const string Bridge = "wire0";
    private readonly NetworkLab _lab;
    private int _pods;

    private PodWire(NetworkLab lab) => _lab = lab;

    /// <summary>Where clients connect from.</summary>
    public NetworkNamespace Client => _lab.Client;

    public static async Task<PodWire> StartAsync()
    {
        var wire = new PodWire(await NetworkLab.StartAsync());
        // The laboratory's one cable leaves room for a bridge of that name.
        await IpAsync("-n", wire.Client.Name, "link", "del", Bridge);
        var made = await RunningProcess.RunAsync(
            new LaunchPlan("ip", "-n", wire.Client.Name, "link", "add", Bridge, "type", "bridge"), Waiting.Limit);
        if (made.ExitCode != 0)
            await wire.DisposeAsync();
        Skip.If(made.ExitCode != 0, $"needs bridges: {made.Error.Trim()}");
        string[] lines =
        [
            $"link set {Bridge} up",
            .. Enumerable.Range(10, 50).Select(last => $"addr add {NetworkLab.ClientAddress(last)}/24 dev {Bridge}"),
        ];
        var result = await RunningProcess.RunAsync(
            new LaunchPlan("ip", "-n", wire.Client.Name, "-batch", "-"), Waiting.Limit, string.Join('\n', lines) + "\n");
        if (result.ExitCode == 0)
            return wire;
        await wire.DisposeAsync();
        throw new InvalidOperationException($"{result}");
    }

    /// <summary>Gives the namespace of a process an interface eth0 on the bridge, as a network plug-in does for a pod.</summary>
    public async Task JoinAsync(int pid, IPAddress address)
    {
        var cable = string.Create(CultureInfo.InvariantCulture, $"pod{Interlocked.Increment(ref _pods)}");
        var inside = string.Create(CultureInfo.InvariantCulture, $"{Client.Name}-{cable}");
        await IpAsync("netns", "attach", inside, pid.ToString(CultureInfo.InvariantCulture));
        try
        {
            await IpAsync(
                "-n", Client.Name, "link", "add", cable, "master", Bridge, "type", "veth", "peer", "name", "eth0", "netns", inside);
            await IpAsync("-n", Client.Name, "link", "set", cable, "up");
            await IpAsync("-n", inside, "addr", "add", $"{address}/24", "dev", "eth0");
            await IpAsync("-n", inside, "link", "set", "eth0", "up");
            await IpAsync("-n", inside, "link", "set", "lo", "up");
        }
        finally
        {
            // The name only: the namespace is the pod's.
            await IpAsync("netns", "del", inside);
        }
    }

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    private static async Task IpAsync(params string[] arguments)
    {
        var result = await RunningProcess.RunAsync(new LaunchPlan("ip", arguments), Waiting.Limit);
        if (result.ExitCode != 0)
            throw new InvalidOperationException($"ip {string.Join(' ', arguments)}: {result}");
    }
}
