using System.Globalization;
using System.Net;

namespace Screening.Testing.Lab.Pods;

/// <summary>
/// The names of a cluster: dnsmasq(8) knows the pods that there are, and unbound(8) in front of it keeps answers, as CoreDNS and
/// NodeLocal DNSCache do. A pod that asks again may therefore be told an address that is gone.
/// </summary>
public sealed class ClusterDns : IAsyncDisposable
{
    /// <summary>How long answers are kept: what kubeadm configures CoreDNS for (<c>ttl 30</c>).</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(30);

    private const string Zone = "cluster.local";
    private static readonly IPEndPoint Source = new(IPAddress.Loopback, 5300);

    private readonly TemporaryFolder _folder;
    private readonly RunningProcess _names;
    private readonly Unbound _cache;
    private readonly string _space;
    private readonly string _service;
    private readonly Dictionary<string, IPAddress> _pods = [];
    private readonly Lock _gate = new();

    private ClusterDns(TemporaryFolder folder, RunningProcess names, Unbound cache, string space, string service) =>
        (_folder, _names, _cache, _space, _service) = (folder, names, cache, space, service);

    /// <summary>What stands in a pod's /etc/resolv.conf.</summary>
    public string ResolvConf =>
        $"nameserver {_cache.EndPoint.Address}\nsearch {_space}.svc.{Zone} svc.{Zone} {Zone}\noptions ndots:5\n";

    /// <param name="inside">Where the resolver runs.</param>
    /// <param name="address">Its address there.</param>
    /// <param name="space">The namespace of the pods, in Kubernetes' sense.</param>
    /// <param name="service">The headless Service.</param>
    public static async Task<ClusterDns> StartAsync(NetworkNamespace inside, IPAddress address, string space, string service)
    {
        Requires.Programs("dnsmasq", "unbound");
        var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["hosts"], "");
        var names = RunningProcess.Start(new LaunchPlan(
            "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", $"--addn-hosts={folder["hosts"]}",
            $"--local=/{Zone}/", string.Create(CultureInfo.InvariantCulture, $"--local-ttl={Life.TotalSeconds}"),
            string.Create(CultureInfo.InvariantCulture, $"--port={Source.Port}"), $"--listen-address={Source.Address}",
            "--bind-interfaces", $"--pid-file={folder["pid"]}", "--user=root", "--log-facility=-")
        {
            Namespace = inside.Name,
        });
        try
        {
            var cache = await Unbound.StartAsync(
                inside, new IPEndPoint(address, 53), new Dictionary<string, IPEndPoint> { [Zone] = Source },
                "access-control: 10.88.0.0/16 allow", "cache-max-negative-ttl: 5", $"domain-insecure: \"{Zone}\"",
                "local-zone: \".\" static"); // The world's name servers know none of these names.
            return new ClusterDns(folder, names, cache, space, service);
        }
        catch
        {
            await names.DisposeAsync();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Gives a pod's name an address.</summary>
    public void Publish(string pod, IPAddress address) => Change(pods => pods[pod] = address);

    /// <summary>Ends a pod's name, if it still has this address.</summary>
    public void Withdraw(string pod, IPAddress address) => Change(pods =>
    {
        if (pods.TryGetValue(pod, out var now) && now.Equals(address))
            pods.Remove(pod);
    });

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        await _names.DisposeAsync();
        _folder.Dispose();
    }

    // Another file in its place, since dnsmasq may read at any time.
    private void Change(Action<Dictionary<string, IPAddress>> change)
    {
        lock (_gate)
        {
            change(_pods);
            var domain = $"{_service}.{_space}.svc.{Zone}";
            File.WriteAllLines(_folder["hosts.new"], _pods.Select(pod => $"{pod.Value} {pod.Key}.{domain} {domain}"));
            File.Move(_folder["hosts.new"], _folder["hosts"], overwrite: true);
        }

        _names.Signal(Signal.Hangup);
    }
}
