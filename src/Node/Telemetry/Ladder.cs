using Screening.Actors.Checks;
using Screening.Actors.Hosting;
using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>Something that does not work.</summary>
/// <param name="Rung">Its rung on the ladder, 1..5; 0: only worth a look.</param>
/// <param name="What">What it is, for the operator.</param>
/// <param name="Since">Since when it was seen.</param>
internal sealed record Degradation(int Rung, string What, DateTimeOffset Since);

/// <summary>
/// The ladder of degradation: 1 the store is gone or grants and bans are not confirmed, 2 part of the fleet, 3 the fleet, 4 some checks, 5 all checks, or there are too many
/// queries. Looked at twice a second, so that a rung is logged once when it is entered and once when it is left. Safe for many threads.
/// </summary>
internal sealed class Ladder(ScreeningHandle screening, Troubles troubles, TimeProvider time, ILogger<Ladder> log)
    : NodeService(troubles, time, log)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    // A node that has just started is not degraded because it still looks for the others.
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(10);

    // Above this part of unanswered questions the fleet counts as partly gone.
    private const double LateLimit = 0.02;

    // Queries that were turned away count for so long.
    private static readonly TimeSpan ShedMemory = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Degradation> _known = [];
    private readonly Dictionary<int, DateTimeOffset> _entered = [];
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private long _shed;
    private DateTimeOffset? _shedAt;

    /// <summary>All that is degraded now.</summary>
    public IReadOnlyList<Degradation> Now()
    {
        lock (_lock)
        {
            var now = Time.GetUtcNow();
            var found = Look(now).ToDictionary(d => d.Key, d => (d.Rung, d.What));
            foreach (var gone in _known.Keys.Where(k => !found.ContainsKey(k)).ToList())
                _known.Remove(gone);
            foreach (var (key, (rung, what)) in found)
                _known[key] = new Degradation(rung, what, _known.TryGetValue(key, out var known) ? known.Since : now);
            var reported = Troubles.Current.Values.Select(trouble => new Degradation(trouble.Rung, trouble.What, trouble.Since));
            return [.. _known.Values.Concat(reported).OrderBy(d => d.Rung)];
        }
    }

    /// <summary>The highest rung that is entered; 0: none.</summary>
    public int Rung() => Now().Select(d => d.Rung).DefaultIfEmpty(0).Max();

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval, Time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            LogChanges(Now());
    }

    private void LogChanges(IReadOnlyList<Degradation> now)
    {
        foreach (var rung in now.Where(d => d.Rung > 0).GroupBy(d => d.Rung).Where(rung => _entered.TryAdd(rung.Key, Time.GetUtcNow())))
            log.RungEntered(rung.Key, string.Join("; ", rung.Select(d => d.What)));
        foreach (var rung in _entered.Keys.Where(rung => now.All(d => d.Rung != rung)).ToList())
        {
            log.RungLeft(rung, (Time.GetUtcNow() - _entered[rung]).TotalSeconds);
            _entered.Remove(rung);
        }
    }

    private IEnumerable<(string Key, int Rung, string What)> Look(DateTimeOffset now)
    {
        foreach (var degraded in LookAtFleet(now))
            yield return degraded;
        var checks = screening.Checks.Health.Where(c => c.IsConfigured).ToList();
        var gone = checks.Where(c => c.State != CheckState.Ok).ToList();
        foreach (var check in gone)
            yield return ("check " + check.Source, gone.Count == checks.Count ? 5 : 4, $"check {check.Name}: {check.Reason}");
        if (IsShedding(now))
            yield return ("shed", 5, "queries are answered with the default: limits.in_flight");
    }

    private IEnumerable<(string Key, int Rung, string What)> LookAtFleet(DateTimeOffset now)
    {
        if (screening.Fleet is not { } fleet)
            yield break;
        if (fleet.Meter.Store is { IsOk: false, Fault: var fault })
            yield return ("store", 1, $"store {fleet.StoreProvider}: {fault}");
        if (fleet.Grants.IsStale)
            yield return ("grants", 1, "grants and bans: the fleet does not confirm this node's copy; what it has holds, later changes may be missing");
        var view = fleet.View;
        if (!view.IsWhole && now - _started > StartGrace)
            yield return ("cluster", 3, $"cluster: {(view.Reason.Length > 0 ? view.Reason : view.State == "up" ? "the majority can not be reached" : view.State)}");
        else if (view.IsLeftAlone || view.LateShare > LateLimit)
            yield return ("fleet", 2, "fleet: the whitelist does not answer in time");
        foreach (var member in view.Members.Where(m => m.State == "unreachable"))
            yield return ("member " + member.Address, 0, $"member {member.Node} {member.Address}: unreachable");
        foreach (var warning in view.Warnings)
            yield return (warning, 0, warning);
    }

    private bool IsShedding(DateTimeOffset now)
    {
        var shed = screening.Screener.ShedCount;
        if (shed != _shed)
            (_shed, _shedAt) = (shed, now);
        return _shedAt is { } at && now - at < ShedMemory;
    }
}
