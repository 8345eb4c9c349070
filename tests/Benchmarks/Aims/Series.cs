using Screening.Benchmarks.Load;
using Screening.Benchmarks.Macro;

namespace Screening.Benchmarks.Aims;

/// <summary>Something that is measured, round by round, in turn with what it is held against.</summary>
/// <param name="Name">What it is called in tables.</param>
/// <param name="Measure">One measurement of so long.</param>
internal sealed record Series(string Name, Func<TimeSpan, LoadResult> Measure)
{
    public List<LoadResult> Runs { get; } = [];

    /// <summary>Measures all of them in turn.</summary>
    public static void RunInTurn(AimsRun run, params IReadOnlyList<Series> all)
    {
        for (var round = 0; round < run.Rounds; round++)
        {
            foreach (var series in all)
                series.Runs.Add(run.Count(series.Name, series.Measure(run.Length)));
        }
    }

    /// <summary>Answers a second, in relation to those of another, round by round.</summary>
    public IEnumerable<double> RatioTo(Series limit) => Runs.Zip(limit.Runs, (own, other) => own.PerSecond / other.PerSecond);

    public static void Print(string title, IEnumerable<Series> all)
    {
        var table = new Table(title, "", "/s", "p50 us", "p99 us", "CPU us", "client busy");
        foreach (var series in all)
        {
            var runs = series.Runs;
            table.Add(
                series.Name,
                runs.Select(r => r.PerSecond).Median().Rate(),
                runs.Select(r => r.All.Latency.Percentile(.5).TotalMicroseconds).Median().Rate(),
                runs.Select(r => r.All.Latency.Percentile(.99).TotalMicroseconds).Median().Rate(),
                runs.All(r => r.ServerCpu == TimeSpan.Zero) ? "" : runs.Select(r => r.ServerMicroseconds).Median().Figure(),
                runs.Select(r => r.ClientCpu / r.Window).Median().Share());
        }

        table.Print();
    }
}
