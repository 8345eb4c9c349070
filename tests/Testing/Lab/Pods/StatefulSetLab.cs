using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Screening.Testing.Lab.Fleet;
using Screening.Testing.Postgres;

namespace Screening.Testing.Lab.Pods;

/// <summary>
/// Plays what Kubernetes does with a StatefulSet of nodes: pods with the names, environment, mounts and probes of the rendered manifests,
/// each in a network namespace and with another address in each life; DNS whose records come and go; a client Service that sends to ready
/// pods; claims that are kept. Real PostgreSQL, TLS between the nodes, a real DNSBL that lists nobody.
/// </summary>
/// <remarks>
/// What happens a moment later in a cluster does so here: <see cref="Spread"/> passes until the client Service and DNS have followed.
/// </remarks>
public sealed class StatefulSetLab : IAsyncDisposable
{
    /// <summary>How long endpoints and records take to follow a pod.</summary>
    public static readonly TimeSpan Spread = TimeSpan.FromSeconds(1);

    /// <summary>The DNSBL of all pods.</summary>
    public const string ListZone = "list.lab";

    private const int ListPort = 5053;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly IPAddress DnsAddress = IPAddress.Parse("10.88.0.10");
    private static readonly IPAddress DatabaseAddress = IPAddress.Parse("10.88.0.20");
    private static readonly IPAddress ClientAddress = IPAddress.Parse("10.88.0.30");

    private readonly Stack<IAsyncDisposable> _parts = new();
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<int, string> _claims = new();
    private readonly SortedDictionary<int, Pod> _pods = [];
    private readonly Lock _gate = new();
    private readonly Action<string> _say;
    private int _lives;
    private PodNetwork _network = null!;
    private ClusterDns _dns = null!;
    private ImmutableArray<Pod> _endpoints = [];

    private StatefulSetLab(PodTemplate template, string program, Action<string> say) =>
        (Template, Program, _say) = (template, program, say);

    /// <summary>What new pods are made of.</summary>
    public PodTemplate Template { get; private set; }

    /// <summary>The program of new pods; empty: the one built with the tests.</summary>
    public string Program { get; set; }

    /// <summary>Environment of new pods beside the manifests', and stronger.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>A folder for what each pod wrote in its life; null: nobody wants it.</summary>
    public string? LogFolder { get; set; }

    public PostgresServer Database { get; private set; } = null!;

    /// <summary>Where the clients of the Service are.</summary>
    public NetworkNamespace Clients { get; private set; } = null!;

    /// <summary>The longest time that a pod took to become ready.</summary>
    public TimeSpan LongestStart { get; private set; }

    /// <summary>All pods that there are.</summary>
    public IReadOnlyList<Pod> Pods
    {
        get
        {
            lock (_gate)
                return [.. _pods.Values];
        }
    }

    /// <summary>The pods that the client Service sends to.</summary>
    public IReadOnlyList<Pod> Endpoints => _endpoints;

    public Pod this[int ordinal]
    {
        get
        {
            lock (_gate)
                return _pods[ordinal];
        }
    }

    /// <summary>Prepares everything, and starts no pod.</summary>
    /// <param name="manifests">The folder to render.</param>
    /// <param name="say">Gets a line for each thing that is done.</param>
    public static async Task<StatefulSetLab> BuildAsync(string manifests, string program = "", Action<string>? say = null)
    {
        Requires.Root();
        Requires.Programs("ip", "setsid", "unshare", "nsenter", "dnsmasq", "unbound", "rbldnsd");
        Xunit.Skip.IfNot(PostgresServer.IsInstalled, "needs PostgreSQL");
        var noSecrets = new Dictionary<string, IReadOnlyDictionary<string, string>>(); // They are made in PrepareAsync.
        var lab = new StatefulSetLab(await PodTemplate.RenderAsync(manifests, noSecrets), program, say ?? (_ => { }));
        try
        {
            await lab.PrepareAsync();
            return lab;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sets the number of pods: from the lowest up, from the highest down.</summary>
    public async Task ScaleAsync(int replicas)
    {
        var now = Pods.Count;
        _say(FormattableString.Invariant($"kubectl scale statefulset {Template.Name} --replicas={replicas}"));
        var steps = now < replicas
            ? Enumerable.Range(now, replicas - now).Select(ordinal => (Func<Task>)(() => CreateAsync(ordinal)))
            : Enumerable.Range(replicas, now - replicas).Reverse().Select(ordinal => (Func<Task>)(() => DeleteAsync(this[ordinal])));
        if (Template.IsParallel)
        {
            await Task.WhenAll(steps.Select(step => step()));
            return;
        }

        foreach (var step in steps)
            await step();
    }

    /// <summary>A rolling update: each pod from the highest down is deleted and made anew; the next follows once it is ready.</summary>
    public async Task RollAsync()
    {
        _say(FormattableString.Invariant($"kubectl rollout restart statefulset {Template.Name}"));
        foreach (var pod in Pods.Reverse())
        {
            await ReplaceAsync(pod);
            await Task.Delay(Template.MinReady);
        }
    }

    /// <summary>Deletes a pod in order; the controller makes it anew, with another address.</summary>
    public async Task<Pod> ReplaceAsync(Pod pod)
    {
        await DeleteAsync(pod);
        return await CreateAsync(pod.Ordinal);
    }

    /// <summary>What <c>kubectl drain</c> does for one pod: waits until the disruption budget allows it, then deletes the pod.</summary>
    /// <returns>The pod on another host.</returns>
    public async Task<Pod> EvictAsync(Pod pod)
    {
        await Poll.UntilAsync(
            () => Template.MaxUnavailable is not { } most || Pods.Count(p => !p.IsReady) < most, Patience, "room in the disruption budget");
        _say($"evicted: {pod.Name}");
        return await ReplaceAsync(pod);
    }

    /// <summary>A host is lost: the pod is gone without a word, and comes back elsewhere after a while.</summary>
    /// <param name="withClaim">Its volume is lost as well.</param>
    public async Task<Pod> LoseAsync(Pod pod, bool withClaim, TimeSpan away)
    {
        _say($"SIGKILL {pod.Name} and its network{(withClaim ? "; its volume is lost" : "")}");
        await pod.KillAsync();
        await RemoveAsync(pod);
        if (withClaim && _claims.TryRemove(pod.Ordinal, out var claim))
            Directory.Delete(claim, recursive: true);
        await Task.Delay(away);
        return await CreateAsync(pod.Ordinal);
    }

    /// <summary>Cuts a pod off from the other pods; the database, DNS and the clients still reach it.</summary>
    public Task CutFromPodsAsync(Pod pod)
    {
        _say($"{pod.Name} is cut off from the other pods");
        return _network.CutAsync([pod.Address], Pods.Where(p => p != pod).Select(p => p.Address));
    }

    /// <summary>Cuts two pods off from each other; all others reach both.</summary>
    public Task CutBetweenAsync(Pod one, Pod other)
    {
        _say($"{one.Name} and {other.Name} are cut off from each other");
        return _network.CutAsync([one.Address], [other.Address]);
    }

    /// <summary>Cuts all pods off from the database.</summary>
    public Task CutFromDatabaseAsync()
    {
        _say("all pods are cut off from the database");
        return _network.CutAsync([DatabaseAddress], Pods.Select(p => p.Address));
    }

    /// <summary>Ends all cuts.</summary>
    public Task HealAsync()
    {
        _say("the network is whole again");
        return _network.HealAsync();
    }

    /// <summary>Waits until all pods are members of one cluster, with a home for each shard and nothing to recover.</summary>
    public async Task<TimeSpan> WaitUntilWholeAsync(TimeSpan? within = null)
    {
        var clock = Stopwatch.StartNew();
        var seen = new Dictionary<string, string>();
        await Poll.UntilAsync(
            async () =>
            {
                var pods = Pods;
                var states = await Task.WhenAll(pods.Select(pod => pod.TryStatusAsync()));
                seen.Clear();
                foreach (var (pod, state) in pods.Zip(states))
                    seen[pod.Name] = state?.ToString() ?? "no answer";
                return states.All(state => state is { State: "up", Shards: 64, Recovering: 0 }
                    && state.Members.Count == pods.Count && state.Members.All(m => m.EndsWith(" up", StringComparison.Ordinal)));
            },
            within ?? Patience, "a whole fleet",
            () => string.Join('\n', seen.Select(s => $"{s.Key}: {s.Value}").Concat(Pods.Select(p => p.Transcript))));
        return clock.Elapsed;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pod in Pods)
        {
            await pod.DisposeAsync();
            Record(pod);
        }

        while (_parts.TryPop(out var part))
            await part.DisposeAsync();
        _folder.Dispose();
    }

    private async Task PrepareAsync()
    {
        _network = await PodNetwork.StartAsync();
        _parts.Push(_network);
        Clients = await _network.AddAsync("clients", ClientAddress);
        var names = await _network.AddAsync("dns", DnsAddress);
        _dns = await ClusterDns.StartAsync(names, DnsAddress, Template.Namespace, Template.Service);
        _parts.Push(_dns);
        _parts.Push(await RblDnsd.StartAsync(
            names, new IPEndPoint(DnsAddress, ListPort), new Dictionary<string, Listing[]> { [ListZone] = [] }));
        var database = await _network.AddAsync("db", DatabaseAddress);
        Database = await PostgresServer.StartAsync(new PostgresServerOptions
        {
            Prefix = ["ip", "netns", "exec", database.Name],
            ListenAddress = $"{DatabaseAddress}",
            Settings = new Dictionary<string, string> { ["max_connections"] = "300" },
        });
        _parts.Push(Database);
        using var authority = new FleetAuthority(_folder.MakeFolder("tls"));
        Template = Template.With(SecretsOf(authority));
        Environment["SCREENING__DNSBL__SITES"] = $"{ListZone}*3";
        Environment["SCREENING__DNSBL__RESOLVER"] = FormattableString.Invariant($"[\"{DnsAddress}:{ListPort}\"]");
    }

    // As cert-manager writes them: one certificate for all pods.
    private Dictionary<string, IReadOnlyDictionary<string, string>> SecretsOf(FleetAuthority authority)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var name in Template.Secrets)
        {
            secrets[name] = name.EndsWith("tls", StringComparison.Ordinal)
                ? authority.IssueSecret(name, Template.CertificateNames)
                : new Dictionary<string, string> { ["connection"] = Database.ConnectionString };
        }

        return secrets;
    }

    private async Task<Pod> CreateAsync(int ordinal)
    {
        var address = _network.NextPodAddress();
        var life = Interlocked.Increment(ref _lives);
        var inside = await _network.AddAsync(string.Create(CultureInfo.InvariantCulture, $"p{ordinal}-{life}"), address);
        var claim = _claims.GetOrAdd(
            ordinal, _ => _folder.MakeFolder(string.Create(CultureInfo.InvariantCulture, $"claim-{ordinal}-{life}")));
        var pod = new Pod(Template, ordinal, address, inside, Clients, claim, Program, _dns.ResolvConf, Environment)
        {
            ReadinessChanged = p => _ = FollowAsync(p),
        };
        lock (_gate)
            _pods[ordinal] = pod;
        pod.Start();
        if (Template.NamesUnreadyPods)
            _ = PublishAsync(pod);
        await Poll.UntilAsync(
            () => pod.IsReady || (pod.HasExited ? throw new InvalidOperationException($"{pod.Name} ended:\n{pod.Transcript}") : false),
            Patience, $"{pod.Name} ready", () => pod.Transcript);
        LongestStart = pod.ReadyAfter!.Value > LongestStart ? pod.ReadyAfter.Value : LongestStart;
        _say(FormattableString.Invariant($"{pod.Name} at {address} is ready, {pod.ReadyAfter!.Value.TotalSeconds:0.0} s after its start"));
        return pod;
    }

    private async Task DeleteAsync(Pod pod)
    {
        var (took, trouble) = await pod.EndAsync();
        _say(FormattableString.Invariant(
            $"{pod.Name} at {pod.Address} has ended, {took.TotalSeconds:0.0} s after it was told{trouble}"));
        await RemoveAsync(pod);
    }

    private async Task RemoveAsync(Pod pod)
    {
        lock (_gate)
            _pods.Remove(pod.Ordinal);
        await _network.RemoveAsync(pod.Inside);
        await pod.DisposeAsync();
        Record(pod);
        _ = WithdrawAsync(pod);
    }

    private void Record(Pod pod)
    {
        if (LogFolder is not null)
            File.WriteAllLines(Path.Combine(LogFolder, $"{pod.Name}-{pod.Address}.log"), pod.Lines);
    }

    private async Task FollowAsync(Pod pod)
    {
        await Task.Delay(Spread);
        lock (_gate)
            _endpoints = [.. _pods.Values.Where(p => p.IsReady)];
        if (!Template.NamesUnreadyPods && pod.IsReady)
            _dns.Publish(pod.Name, pod.Address);
    }

    private async Task PublishAsync(Pod pod)
    {
        await Task.Delay(Spread);
        _dns.Publish(pod.Name, pod.Address);
    }

    private async Task WithdrawAsync(Pod pod)
    {
        await Task.Delay(Spread);
        _dns.Withdraw(pod.Name, pod.Address);
    }
}
