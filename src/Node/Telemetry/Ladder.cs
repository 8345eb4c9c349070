using Screening.Actors.Checks;
using Screening.Actors.Cluster;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>Something that does not work.</summary>
/// <param name="Rung">Its rung on the ladder, 1..5; 0: only worth a look.</param>
/// <param name="What">What it is, for the operator.</param>
/// <param name="Since">Since when it was seen.</param>
internal sealed record Degradation(int Rung, string What, DateTimeOffset Since);

/// <summary>
/// The ladder of degradation: 1 the store is gone or grants and bans are not confirmed, 2 part of the fleet, 3 the fleet, 4 some checks,
/// 5 all checks, clients' addresses, or there are too many queries. Looked at twice a second, so that a rung, or what is only worth a look,
/// is logged once when it is entered and once when it is left. What parts of the node report to <see cref="Supervision.Troubles"/> they log
/// themselves. Safe for many threads.
/// </summary>
internal sealed class Ladder(ScreeningHandle screening, Troubles troubles, TimeProvider time, ILogger<Ladder> log)
    : NodeService(troubles, time, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // A node that has just started is not degraded because it still looks for the others.
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(10);

    // A member that restarts is away for about this long.
    private static readonly TimeSpan MembersGrace = TimeSpan.FromSeconds(10);

    // A shard that moves recovers its buckets in less.
    private static readonly TimeSpan RecoveryGrace = TimeSpan.FromSeconds(10);

    // Above this part of unanswered questions the fleet counts as partly gone.
    private const double LateLimit = 0.02;

    // Queries that were turned away count for so long.
    private static readonly TimeSpan ShedMemory = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Degradation> _known = [];
    private readonly Dictionary<int, DateTimeOffset> _entered = [];
    private readonly Dictionary<string, Degradation> _logged = [];
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private long _shed;
    private DateTimeOffset? _shedAt;

    /// <summary>All that is degraded now.</summary>
    public IReadOnlyList<Degradation> Now()
    {
        var reported = Troubles.Current.Values.Select(trouble => new Degradation(trouble.Rung, trouble.What, trouble.Since));
        return [.. Seen().Values.Concat(reported).OrderBy(d => d.Rung)];
    }

    /// <summary>The highest rung that is entered; 0: none.</summary>
    public int Rung() => Now().Select(d => d.Rung).DefaultIfEmpty(0).Max();

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, Time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
        {
            LogRungs(Now());
            LogOthers(Seen());
        }
    }

    // What is seen here, by key, each since it was seen first. What parts of the node report by themselves is not among it.
    private Dictionary<string, Degradation> Seen()
    {
        lock (_lock)
        {
            var now = Time.GetUtcNow();
            var found = Look(now).ToDictionary(sight => sight.Key);
            foreach (var gone in _known.Keys.Where(key => !found.ContainsKey(key)).ToList())
                _known.Remove(gone);
            foreach (var (key, sight) in found)
                _known[key] = new Degradation(sight.Rung, sight.What, _known.TryGetValue(key, out var known) ? known.Since : now);
            return _known.Where(known => now - known.Value.Since >= found[known.Key].Grace).ToDictionary();
        }
    }

    private void LogRungs(IReadOnlyList<Degradation> now)
    {
        foreach (var rung in now.Where(d => d.Rung > 0).GroupBy(d => d.Rung).Where(rung => _entered.TryAdd(rung.Key, Time.GetUtcNow())))
            log.RungEntered(rung.Key, string.Join("; ", rung.Select(d => d.What)));
        foreach (var rung in _entered.Keys.Where(rung => now.All(d => d.Rung != rung)).ToList())
        {
            log.RungLeft(rung, (Time.GetUtcNow() - _entered[rung]).TotalSeconds);
            _entered.Remove(rung);
        }
    }

    private void LogOthers(Dictionary<string, Degradation> seen)
    {
        foreach (var (key, degraded) in seen.Where(seen => seen.Value.Rung == 0 && _logged.TryAdd(seen.Key, seen.Value)))
            log.Degraded(degraded.What);
        foreach (var (key, degraded) in _logged.Where(logged => !seen.ContainsKey(logged.Key)).ToList())
        {
            log.DegradedNoMore((Time.GetUtcNow() - degraded.Since).TotalSeconds, degraded.What);
            _logged.Remove(key);
        }
    }

    private IEnumerable<Sight> Look(DateTimeOffset now)
    {
        foreach (var sight in LookAtFleet(now))
            yield return sight;
        var checks = screening.Checks.Health.Where(c => c.IsConfigured).ToList();
        var gone = checks.Where(c => c.State != CheckState.Ok).ToList();
        foreach (var check in gone)
            yield return new Sight("check " + check.Source, gone.Count == checks.Count ? 5 : 4, $"check {check.Name}: {check.Reason}");
        if (IsShedding(now))
            yield return new Sight("shed", 5, "queries are answered with the default: limits.in_flight");
    }

    private IEnumerable<Sight> LookAtFleet(DateTimeOffset now)
    {
        if (screening.Fleet is not { } fleet)
            yield break;
        if (fleet.Meter.Store is { IsOk: false, Fault: var fault })
            yield return new Sight("store", 1, $"store {fleet.StoreProvider}: {fault}");
        if (fleet.Grants.IsStale)
        {
            yield return new Sight(
                "grants", 1, "grants and bans: not confirmed by the fleet; this node's copy holds, later changes may be missing");
        }

        var (cluster, caches) = (fleet.Cluster, fleet.Caches);
        if (!cluster.IsWhole && now - _started > StartGrace)
            yield return new Sight("cluster", 3, $"cluster: {ReasonOf(cluster)}");
        else if (fleet.IsLeftAlone || fleet.LateShare > LateLimit)
            yield return new Sight("fleet", 2, "fleet: the whitelist does not answer in time");
        if (cluster.IsWhole && caches.FewerSince is not null)
            yield return new Sight("members", 2, $"fleet: {caches.Up} of {caches.Expected} cache members are up", MembersGrace);
        if (fleet.Meter.Recovering is > 0 and var recovering)
        {
            // While the store is away they cannot be read, and nothing else is wrong.
            var rung = fleet.Meter.Store.IsOk ? 2 : 1;
            yield return new Sight(
                "recovering", rung, $"fleet: {recovering} of {WhitelistLayout.Buckets} buckets are not read from the store yet",
                RecoveryGrace);
        }

        foreach (var member in cluster.Members.Where(m => m.State == "unreachable"))
            yield return new Sight("member " + member.Address, 0, $"member {member.Node} {member.Address}: unreachable");
        foreach (var warning in cluster.Warnings)
            yield return new Sight(warning, 0, warning);
    }

    private static string ReasonOf(MembershipView cluster) =>
        cluster.Reason.Length > 0 ? cluster.Reason
        : cluster.State == JoinState.Up ? "the majority cannot be reached"
        : cluster.State.Word();

    private bool IsShedding(DateTimeOffset now)
    {
        var shed = screening.Screener.ShedCount;
        if (shed != _shed)
            (_shed, _shedAt) = (shed, now);
        return _shedAt is { } at && now - at < ShedMemory;
    }

    /// <param name="Key">The same for as long as it lasts.</param>
    /// <param name="Grace">It counts once it has lasted so long.</param>
    private sealed record Sight(string Key, int Rung, string What, TimeSpan Grace = default);
}
