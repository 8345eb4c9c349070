using System.Threading.Channels;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Node.Supervision;
using Screening.Node.Telemetry.Otlp;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Telemetry;

/// <summary>How decisions are logged.</summary>
/// <param name="File">Where they are kept, and how many of them.</param>
/// <param name="Node">The node's name.</param>
/// <param name="Addresses">How much of a client's address is shown.</param>
/// <param name="Hits">How hits are logged.</param>
internal sealed record DecisionLogSettings(RollingFileSettings File, string Node, AddressView Addresses, LogHits Hits)
{
    private const long MaxFileBytes = 256L * 1024 * 1024;

    /// <summary>The settings that the options stand for.</summary>
    public static DecisionLogSettings Of(ScreeningOptions options, AddressView addresses)
    {
        var total = options.Log.MaxSize.Bytes;
        var file = new RollingFileSettings(
            Path.Combine(options.DecisionsFolder(), "decisions.jsonl"), Math.Min(MaxFileBytes, total / 8), total, options.Log.Keep,
            PrivateFiles.FileMode);
        return new DecisionLogSettings(file, options.Node.Name, addresses, options.Log.Hits);
    }
}

/// <summary>
/// Observes each decision and check. Counting is done at once; lines are written by a task of its own behind a bounded queue, so that no
/// answer ever waits for a disk. What does not fit the queue is counted as lost.
/// </summary>
/// <remarks>
/// A hit is an answer from this node's memory. Most answers are hits, so they are counted by client (<see cref="HitCounts"/>): the first
/// gets a line, and those after it get one line a minute. Invariant: the hits of all lines and what was counted as lost are together the
/// hits of <c>screening_verdicts_total</c>.
/// </remarks>
internal sealed class DecisionLog : NodeService, IScreeningObserver
{
    private const int QueueLength = 16_384;
    private static readonly TimeSpan CountedPeriod = TimeSpan.FromMinutes(1);

    private readonly Channel<Entry> _queue =
        Channel.CreateBounded<Entry>(new BoundedChannelOptions(QueueLength) { SingleReader = true });

    private readonly HitCounts _hits = new();
    private readonly NodeMetrics _metrics;
    private readonly DecisionLogSettings _settings;
    private readonly ILogger<DecisionLog> _console;
    private readonly DecisionFile _file;
    private readonly DecisionTraces? _traces;
    private volatile bool _isPeriodOver;
    private long _lost;

    public DecisionLog(
        NodeMetrics metrics, DecisionLogSettings settings, Troubles troubles, TimeProvider time, ILogger<DecisionLog> console,
        DecisionTraces? traces = null)
        : base(troubles, time, console)
    {
        _metrics = metrics;
        _settings = settings;
        _console = console;
        _traces = traces;
        _file = new DecisionFile(settings, metrics, troubles, time, console);
    }

    public void Decided(in Decision decision)
    {
        _metrics.Decided(decision);
        if (!decision.IsFromMemory || _settings.Hits == LogHits.All)
            Enqueue(decision, 0);
        else if (_settings.Hits == LogHits.Count)
            Count(decision);
    }

    public void Shed(Door door) => _metrics.Shed();

    public void CheckEnded(string check, CheckResult result, TimeSpan elapsed) => _metrics.CheckEnded(check, result, elapsed);

    public void DnsblQueried(string list) => _metrics.DnsblQueried(list);

    /// <summary>Ends once everything is written that was decided before.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        if (ExecuteTask is { } writing)
            await writing.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    protected override async Task RunAsync(CancellationToken stopping)
    {
        await Task.Yield(); // The disk is not to hold up the node's start.
        _file.Trim();
        await using var period = Time.CreateTimer(_ => EndPeriod(), null, CountedPeriod, CountedPeriod).ConfigureAwait(false);

        // Not ended by the token: what was decided before the end is written too, until StopAsync completes the queue.
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (!_isPeriodOver && _queue.Reader.TryRead(out var entry))
                Write(entry);
            if (_isPeriodOver)
                WritePeriod();
            _file.Flush();
        }

        WritePeriod();
        _file.Flush();
    }

    private void EndPeriod()
    {
        _isPeriodOver = true;
        _queue.Writer.TryWrite(default); // Wakes the writer; where there is no room for this, it is awake.
    }

    // The first hit of a client is a line of its own, even though more may follow: a log without it would show a new client a minute late.
    private void Count(in Decision hit)
    {
        if (_hits.TryCount(hit, out var evicted))
            return;
        if (evicted.Count > 0)
            Enqueue(evicted.First, evicted.Count);
        if (!TryEnqueue(hit, 1) && !_hits.TryCount(hit, out _))
            Lose(1);
    }

    private void Enqueue(in Decision decision, long hits)
    {
        if (!TryEnqueue(decision, hits))
            Lose(Math.Max(1, hits));
    }

    private bool TryEnqueue(in Decision decision, long hits) => _queue.Writer.TryWrite(new Entry(Time.GetUtcNow(), decision, hits));

    private void Lose(long count)
    {
        _metrics.DecisionsLost(count);
        Interlocked.Add(ref _lost, count);
    }

    private void WritePeriod()
    {
        _isPeriodOver = false;
        var now = Time.GetUtcNow();
        foreach (var (first, count) in _hits.RemoveCounted())
            Write(new Entry(now, first, count));
        _file.Trim();
        if (Interlocked.Exchange(ref _lost, 0) is > 0 and var lost)
            _console.DecisionsLost(lost);
    }

    private void Write(in Entry entry)
    {
        var (time, decision, hits) = entry;
        if (decision.Query.Profile is null)
            return;
        decision = _settings.Addresses.Conceal(decision);
        var line = VerdictDocument.Of(decision, _settings.Node, time, _settings.Addresses.Show(decision.Query.Client), hits);
        _file.Add(line);

        // Hits, those of a ban included, are in the file only: a client could flood the journal with them. And a node that cannot screen so
        // many clients has no time to spare for lines about those that it turns away.
        if (decision.IsFromMemory || decision.IsShed)
            return;
        var span = _traces?.Begin(decision, line);
        _console.Decided(
            line.Action, line.Client, line.Score, line.Ttl, line.Source, line.Complete ? "complete" : "incomplete", line.Door,
            line.ElapsedMs, line.Reason);
        DecisionTraces.End(span, line);
    }

    // Hits: 0 for a decision that is logged by itself, else the hits that the line stands for.
    private readonly record struct Entry(DateTimeOffset Time, Decision Decision, long Hits);
}
