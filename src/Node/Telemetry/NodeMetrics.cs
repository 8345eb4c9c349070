using System.Diagnostics.Metrics;
using Prometheus;
using Screening.Actors.Checks;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Node.Supervision;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>The node's metrics, by the names that operators rely on. No client address is ever a label.</summary>
internal sealed class NodeMetrics
{
    private const string ExpiryName = "screening_certificate_expiry_timestamp_seconds";

    // From an answer from memory to the deadlines, which are 0.3, 1 and 1.8 s by default.
    private static readonly double[] SecondsBuckets =
        [.00001, .0001, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2, 5];

    private readonly MetricCatalogue _catalogue = new();
    private readonly Counter _verdicts;
    private readonly VerdictMeter _verdictMeter = new(SecondsBuckets);
    private readonly SecondsHistogram _verdictSeconds;
    private readonly Counter _deadlineMisses;
    private readonly Gauge _deadlines;
    private readonly TimeProvider _time;
    private readonly Counter _checks;
    private readonly SecondsHistogram _checkSeconds;
    private readonly Counter _shed;
    private readonly Counter _dnsblQueries;
    private readonly Counter _badRequests;
    private readonly Counter _decisionsLost;
    private readonly Gauge _decisionLogFailed;
    private readonly Counter.Child _memcacheHits;
    private readonly Counter.Child _memcacheMisses;
    private readonly Counter.Child _memcacheStored;
    private readonly Counter.Child _memcacheRefused;
    private readonly Counter _memcacheDigestsLeft;
    private readonly Gauge _connections;
    private readonly Counter _connectionsRefused;
    private readonly Counter _connectionsClosed;
    private readonly Gauge _cacheEntries;
    private readonly Gauge _rung;
    private readonly Gauge _clientsConcentrated;
    private readonly Gauge _draining;
    private readonly Gauge _reloadFailed;
    private readonly Gauge _members;
    private readonly Gauge _membersExpected;
    private readonly Gauge _bucketsRecovering;
    private readonly Gauge _grantsBehind;
    private readonly Gauge _storeQueue;
    private readonly Counter _storeDropped;
    private readonly Counter _storeJournaled;
    private readonly Gauge _shards;
    private readonly Gauge _inFlight;
    private readonly Gauge _checkFailing;
    private readonly Gauge _fleetLateRatio;
    private readonly Counter _pushes;
    private readonly Counter _pushWait;
    private readonly Counter _pushDropped;
    private readonly Gauge _certificateExpiry;
    private readonly ProcessMetrics _process;
    private readonly Counter _otlpDropped;

    public NodeMetrics(TimeProvider time)
    {
        _time = time;
        var factory = _catalogue;
        _process = new ProcessMetrics(factory);
        factory.CreateGauge("screening_build_info", "1; the release is a label.", "version").WithLabels(NodeStatus.Version).Set(1);
        _verdicts = factory.CreateCounter("screening_verdicts_total", "Answers given.", "endpoint", "action", "source");
        _verdictSeconds = factory.CreateHistogram("screening_verdict_seconds", "From query to answer, seconds.", SecondsBuckets);
        _deadlineMisses = factory.CreateCounter(
            "screening_deadline_misses_total", "Answers that left after their deadline.", "endpoint");
        _catalogue.BeforeCollect(CollectVerdicts);
        foreach (var door in Enum.GetValues<Door>())
            _deadlineMisses.WithLabels(door.Word()); // An increase from nothing would not be seen.
        _deadlines = factory.CreateGauge("screening_deadline_seconds", "The deadlines of the default profile, by setting.", "setting");
        _checks = factory.CreateCounter("screening_check_total", "Questions that sources ended.", "check", "result");
        _checkSeconds = factory.CreateHistogram(
            "screening_check_seconds", "From question to a source's answer, seconds.", SecondsBuckets, "check");
        _shed = factory.CreateCounter("screening_shed_total", "Queries answered with the default because too many were in flight.");
        _dnsblQueries = factory.CreateCounter("screening_dnsbl_queries_total", "DNS queries sent to a list.", "list");
        _badRequests = factory.CreateCounter(
            "screening_bad_requests_total", "Queries that could not be understood.", "endpoint", "kind");
        _decisionsLost = factory.CreateCounter("screening_decisions_lost_total", "Decisions that are missing in the decision log.");
        _decisionLogFailed = factory.CreateGauge("screening_decision_log_failed", "1 while the decision log cannot be written.");
        var gets = factory.CreateCounter("screening_memcache_gets_total", "Keys that postscreen looked up.", "result");
        (_memcacheHits, _memcacheMisses) = (gets.WithLabels("hit"), gets.WithLabels("miss"));
        var sets = factory.CreateCounter("screening_memcache_sets_total", "Values sent to the memcache door.", "result");
        (_memcacheStored, _memcacheRefused) = (sets.WithLabels("stored"), sets.WithLabels("refused"));
        _memcacheDigestsLeft = factory.CreateCounter(
            "screening_memcache_digests_left_total", "Keys without an address that were removed because this node had too many.");
        _connections = factory.CreateGauge("screening_connections", "Open connections.", "endpoint");
        _connectionsRefused = factory.CreateCounter(
            "screening_connections_refused_total",
            "Connections, and datagrams of the DNSBL zone, that were refused: by network, by the limit of one address,"
            + " by the limit in total.",
            "endpoint", "reason");
        _connectionsClosed = factory.CreateCounter(
            "screening_connections_closed_total",
            "Connections that this node closed: idle ones for new ones, and those whose peers did not read.", "endpoint", "reason");
        _cacheEntries = factory.CreateGauge("screening_cache_entries", "Entries held, by kind.", "kind");
        _rung = factory.CreateGauge("screening_rung", "Rung of the ladder of degradation, 0 is best.");
        _clientsConcentrated = factory.CreateGauge(
            "screening_clients_concentrated",
            "1 while verdicts about private and proxy addresses are suspended, because most queries name a few of them, else 0.");
        _draining = factory.CreateGauge("screening_draining", "1 from the start of a drain or a stop on, else 0.");
        _reloadFailed = factory.CreateGauge(
            "screening_config_reload_failed", "1 while the configuration or a permanent list cannot be read again, else 0.");
        _members = factory.CreateGauge("screening_members", "Members of role cache that are up and reachable.");
        _membersExpected = factory.CreateGauge("screening_members_expected", "Members of role cache that there should be.");
        _bucketsRecovering = factory.CreateGauge(
            "screening_buckets_recovering", "Buckets of this node that are not read from the store yet.");
        _grantsBehind = factory.CreateGauge(
            "screening_grants_behind", "1 while the fleet does not confirm this node's copy of grants and bans, else 0.");
        _storeQueue = factory.CreateGauge("screening_store_queue", "Changes that wait for the store.");
        _storeDropped = factory.CreateCounter("screening_store_dropped_total", "Changes that were lost before they were stored.");
        _storeJournaled = factory.CreateCounter("screening_store_journaled_total", "Changes that were stored.");
        _shards = factory.CreateGauge("screening_shards", "Shards of the whitelist that this node holds.");
        _inFlight = factory.CreateGauge("screening_in_flight", "Queries that wait for a verdict.");
        _checkFailing = factory.CreateGauge("screening_check_failing", "1 while a check fails or is left alone, else 0.", "check");
        _fleetLateRatio = factory.CreateGauge(
            "screening_fleet_late_ratio", "Share of the last seconds' questions that the fleet answered late or never, 0 to 1.");
        _pushes = factory.CreateCounter("screening_push_batches_total", "Batches of news that were sent to the other nodes.");
        _pushWait = factory.CreateCounter(
            "screening_push_wait_seconds_total", "How long the oldest item of each batch had waited, all batches together.");
        _pushDropped = factory.CreateCounter("screening_push_dropped_total", "Items of news that were not sent because too many waited.");
        _certificateExpiry = factory.CreateGauge(ExpiryName, "When a certificate of this node ends, seconds since 1970.", "use");
        _otlpDropped = factory.CreateCounter(
            "screening_otlp_dropped_total", "Spans, log lines and readings of metrics that the collector did not get.", "signal");
    }

    public void Decided(in Decision decision)
    {
        var door = decision.Query.Door;
        _verdictMeter.Count(door, decision.Verdict.Action, decision.Verdict.Source, decision.Elapsed);
        _verdictSeconds.Export(decision.Elapsed.TotalSeconds);

        // What comes from memory never waits.
        if (!decision.IsFromMemory && IsLate(decision))
            _deadlineMisses.WithLabels(door.Word()).Inc();
    }

    public void CheckEnded(string check, CheckResult result, TimeSpan elapsed)
    {
        _checks.WithLabels(check, result.Word()).Inc();
        _checkSeconds.Observe(elapsed.TotalSeconds, check);
    }

    public void Shed() => _shed.Inc();

    public void DnsblQueried(string list) => _dnsblQueries.WithLabels(list).Inc();

    public void BadRequest(Door door, ParseErrorKind kind) => _badRequests.WithLabels(door.Word(), kind.Word()).Inc();

    /// <summary>Has a door's connections counted when somebody asks.</summary>
    public void CountConnections(string door, Func<int> count) =>
        _catalogue.BeforeCollect(() => _connections.WithLabels(door).Set(count()));

    public void ConnectionRefused(string door, Refusal reason) => _connectionsRefused.WithLabels(door, reason.Word()).Inc();

    public void ConnectionClosed(string door, string reason) => _connectionsClosed.WithLabels(door, reason).Inc();

    public void DecisionLogFailed(bool hasFailed) => _decisionLogFailed.Set(hasFailed ? 1 : 0);

    public void DecisionsLost(long count) => _decisionsLost.Inc(count);

    public void MemcacheGot(bool hit) => (hit ? _memcacheHits : _memcacheMisses).Inc();

    public void MemcacheSet(bool stored) => (stored ? _memcacheStored : _memcacheRefused).Inc();

    public void MemcacheDigestLeft() => _memcacheDigestsLeft.Inc();

    /// <summary>What the memcache door did since the start.</summary>
    public (long Hits, long Misses, long Sets) MemcacheCounts =>
        ((long)_memcacheHits.Value, (long)_memcacheMisses.Value, (long)(_memcacheStored.Value + _memcacheRefused.Value));

    /// <summary>Has the end of a certificate looked up when somebody asks; null: there is none.</summary>
    public void WatchCertificate(string use, Func<DateTimeOffset?> expiry) => _catalogue.BeforeCollect(() =>
    {
        if (expiry() is { } at)
            _certificateExpiry.WithLabels(use).Set(at.ToUnixTimeSeconds());
    });

    /// <summary>Has what was not exported counted when somebody asks.</summary>
    public void CountDropped(string signal, Func<long> count) =>
        _catalogue.BeforeCollect(() => _otlpDropped.WithLabels(signal).IncTo(count()));

    /// <summary>Shows everything to OpenTelemetry as well, with the same names and values.</summary>
    /// <returns>What must be refreshed before the meter is read.</returns>
    public MetricCatalogue ExportTo(Meter meter)
    {
        _catalogue.ExportTo(meter);
        return _catalogue;
    }

    /// <summary>Takes what is looked up only when somebody asks.</summary>
    public void OnScrape(
        ScreeningHandle screening, Ladder ladder, ReloadState reload, Drain drain) => _catalogue.BeforeCollect(() =>
    {
        _clientsConcentrated.Set(screening.Screener.Clients.IsSuspended ? 1 : 0);
        _draining.Set(drain.Since is null ? 0 : 1);
        _process.Read();
        _inFlight.Set(screening.Screener.InFlight);
        SetDeadlines(screening.Screener.Profiles.Default.Settings);
        SetFailing(screening.Checks.Health);
        _reloadFailed.Set(reload.FailedSince is null ? 0 : 1);
        _rung.Set(ladder.Rung());
        _cacheEntries.WithLabels("near").Set(screening.NearCache.Count);
        if (screening.Fleet is not { } fleet)
            return;
        _cacheEntries.WithLabels("times").Set(fleet.Times.Count);
        _cacheEntries.WithLabels("pass").Set(fleet.Meter.Entries);
        _cacheEntries.WithLabels("grant").Set(fleet.Grants.Count(GrantKind.Grant));
        _cacheEntries.WithLabels("ban").Set(fleet.Grants.Count(GrantKind.Ban));
        var caches = fleet.Caches;
        _members.Set(caches.Up);
        _membersExpected.Set(caches.Expected);
        _bucketsRecovering.Set(fleet.Meter.Recovering);
        _grantsBehind.Set(fleet.Grants.IsStale ? 1 : 0);
        _shards.Set(fleet.Meter.Shards);
        _fleetLateRatio.Set(fleet.LateShare);
        _pushes.IncTo(fleet.Meter.Pushes);
        _pushWait.IncTo(fleet.Meter.PushWait.TotalSeconds);
        _pushDropped.IncTo(fleet.Meter.PushDropped);
        _storeQueue.Set(fleet.Meter.Queued);
        _storeDropped.IncTo(fleet.Meter.Dropped);
        _storeJournaled.IncTo(fleet.Meter.Journaled);
    });

    private void CollectVerdicts()
    {
        foreach (var (door, action, source, count) in _verdictMeter.RemoveVerdicts())
            _verdicts.WithLabels(door.Word(), action.Word(), source.Word()).Inc(count);
        foreach (var (seconds, count) in _verdictMeter.RemoveTimes())
            _verdictSeconds.Keep(seconds, count);
    }

    private bool IsLate(in Decision decision) =>
        decision.Elapsed > _time.GetElapsedTime(decision.Query.Started, decision.Query.Deadline.Timestamp);

    private void SetDeadlines(VerdictSettings settings)
    {
        _deadlines.WithLabels("deadline").Set(settings.Deadline.TotalSeconds);
        _deadlines.WithLabels("serial_deadline").Set(settings.SerialDeadline.TotalSeconds);
        _deadlines.WithLabels("dnsbl_deadline").Set(settings.DnsblDeadline.TotalSeconds);
    }

    // A reload may have removed a check; a list that is not in the configuration says nothing about this node.
    private void SetFailing(IEnumerable<CheckHealth> checks)
    {
        var now = checks.Where(check => check.IsConfigured).ToLookup(check => check.Name, check => check.State != CheckState.Ok);
        foreach (var gone in _checkFailing.GetAllLabelValues().Where(labels => !now.Contains(labels[0])))
            _checkFailing.RemoveLabelled(gone);
        foreach (var check in now)
            _checkFailing.WithLabels(check.Key).Set(check.Contains(true) ? 1 : 0);
    }

    /// <summary>Writes everything in Prometheus's text format.</summary>
    public Task WriteAsync(Stream output, CancellationToken cancellation) => _catalogue.WriteAsync(output, cancellation);
}
