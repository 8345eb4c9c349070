using System.Globalization;
using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Aims;

/// <summary>One run of the table: how long, how often, with or without peers, and what must not happen to any query.</summary>
internal sealed class AimsRun(Bench bench) : IDisposable
{
    private readonly List<string> _faults = [];
    private readonly AllocationMeter _meter = new(Path.Combine(bench.Folder, "allocated.sock"));
    private ServerProcess? _node;
    private long _queries;

    public Bench Bench => bench;

    public AimTable Aims { get; } = new();

    /// <summary>A node whose clients have passed before, for all parts that measure hits.</summary>
    public ServerProcess Node => _node ??= Subjects.StartWarmNode(this, _meter.Environment);

    /// <summary>What that node has allocated.</summary>
    public AllocationMeter Allocated => _meter;

    /// <summary>True for a short run without peers, whose figures mean nothing.</summary>
    public bool IsSmoke => bench.Options.Smoke;

    public int Rounds => IsSmoke ? 1 : bench.Options.Rounds ?? 3;

    public TimeSpan Length => IsSmoke ? TimeSpan.FromMilliseconds(100) : bench.Options.Length(2);

    public TimeSpan WarmUp => IsSmoke ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromMilliseconds(300);

    /// <summary>What the load client saw that must not be: lost, doubled or wrong answers.</summary>
    public IReadOnlyList<string> Faults => _faults;

    public long Queries => _queries;

    /// <summary>Notes what came of the queries of one measurement.</summary>
    public LoadResult Count(string name, LoadResult result)
    {
        _queries += result.Sent;
        if (!result.IsClean)
            _faults.Add($"{name}: {result}");
        return result;
    }

    /// <summary>How long a warm-up before the first measurement is.</summary>
    public TimeSpan CompileTime => IsSmoke ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromSeconds(2);

    public string Say(double number) => number.ToString("N0", CultureInfo.InvariantCulture);

    public void Dispose() => _node?.Dispose();
}
