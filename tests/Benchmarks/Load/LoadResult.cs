namespace Screening.Benchmarks.Load;

/// <summary>What came of one kind of client.</summary>
internal sealed class LoadGroup
{
    public LatencyHistogram Latency { get; } = new();

    public long Pass { get; private set; }

    public long Ignore { get; private set; }

    public long Enforce { get; private set; }

    public long Drop { get; private set; }

    /// <summary>Passes with a ttl above that of the default answer: every check that mattered had answered.</summary>
    public long CompletePass { get; private set; }

    public void Add(long latency, byte action, int ttlSeconds, int defaultTtlSeconds)
    {
        Latency.Add(latency);
        switch (action)
        {
            case (byte)'p':
                Pass++;
                CompletePass += ttlSeconds > defaultTtlSeconds ? 1 : 0;
                break;
            case (byte)'i':
                Ignore++;
                break;
            case (byte)'e':
                Enforce++;
                break;
            default:
                Drop++;
                break;
        }
    }
}

/// <summary>What came of one run of load.</summary>
internal sealed class LoadResult(int groups)
{
    /// <summary>Answers by the group of their client.</summary>
    public LoadGroup[] Groups { get; } = [.. Enumerable.Range(0, groups).Select(_ => new LoadGroup())];

    public LoadGroup All => Groups[0];

    /// <summary>Queries that were written, those of the warm-up included.</summary>
    public long Sent { get; set; }

    /// <summary>Right answers: of a query that waited, on its own connection.</summary>
    public long Answered { get; set; }

    /// <summary>Queries that never got an answer.</summary>
    public long Lost => Sent - Answered;

    /// <summary>Answers to a query that had its answer.</summary>
    public long Duplicates { get; set; }

    /// <summary>Answers that no query waited for there, or that could not be understood.</summary>
    public long Wrong { get; set; }

    /// <summary>Connections that the server closed.</summary>
    public int Closed { get; set; }

    /// <summary>Answers within the measured window.</summary>
    public long Measured { get; set; }

    public TimeSpan Window { get; set; }

    public TimeSpan ServerCpu { get; set; }

    public TimeSpan ClientCpu { get; set; }

    public double PerSecond => Measured / Window.TotalSeconds;

    public double ServerMicroseconds => ServerCpu.TotalMicroseconds / Math.Max(1, Measured);

    /// <summary>Each query was answered exactly once.</summary>
    public bool IsClean => Lost == 0 && Duplicates == 0 && Wrong == 0 && Closed == 0;

    /// <summary>The account of the queries, for a line below a table.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{Sent:N0} sent, {Answered:N0} answered once, {Lost} lost, {Duplicates} twice, {Wrong} wrong, {Closed} connections closed");
}
