using System.Diagnostics.Metrics;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Telemetry;

public sealed partial class NodeMetricsTests
{
    [Fact]
    [Trait("Finding", "house-8")]
    public async Task The_labels_of_what_is_enumerated_are_lower_case_words()
    {
        var metrics = new NodeMetrics(TimeProvider.System);
        foreach (var door in Enum.GetValues<Door>())
        {
            foreach (var kind in Enum.GetValues<ParseErrorKind>())
                metrics.BadRequest(door, kind);
            foreach (var refusal in Enum.GetValues<Refusal>())
                metrics.ConnectionRefused(door.Word(), refusal);
            foreach (var source in Enum.GetValues<VerdictSource>())
                metrics.Decided(DecisionOf(door, VerdictAction.Pass, source));
            foreach (var action in Enum.GetValues<VerdictAction>())
                metrics.Decided(DecisionOf(door, action, VerdictSource.Screened));
        }

        foreach (var result in Enum.GetValues<CheckResult>())
            metrics.CheckEnded("check", result, TimeSpan.Zero);

        var labels = Label().Matches(await TextOf(metrics)).Select(m => m.Groups["value"].Value).Distinct().ToList();
        Assert.InRange(labels.Count, 30, 60);
        Assert.All(labels, label => Assert.Matches("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", label));
    }

    [Fact]
    public async Task An_answer_after_its_deadline_is_counted_and_one_at_it_is_not()
    {
        var time = new FakeTimeProvider();
        var metrics = new NodeMetrics(time);
        var decision = DecisionOf(Door.Policy, VerdictAction.Pass, VerdictSource.Default);
        decision = decision with
        {
            Query = decision.Query with { Started = time.GetTimestamp(), Deadline = Deadline.After(time, TimeSpan.FromSeconds(1)) },
        };
        metrics.Decided(decision with { Elapsed = TimeSpan.FromSeconds(1) });
        Assert.Contains("screening_deadline_misses_total{endpoint=\"policy\"} 0\n", await TextOf(metrics), StringComparison.Ordinal);
        metrics.Decided(decision with { Elapsed = TimeSpan.FromSeconds(1) + TimeSpan.FromTicks(1) });
        Assert.Contains("screening_deadline_misses_total{endpoint=\"policy\"} 1\n", await TextOf(metrics), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_certificate_shows_when_it_ends_once_it_is_known()
    {
        var metrics = new NodeMetrics(TimeProvider.System);
        DateTimeOffset? end = null;
        metrics.WatchCertificate("http", () => end);
        Assert.DoesNotContain("{use=\"http\"}", await TextOf(metrics), StringComparison.Ordinal);
        end = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
        Assert.Contains(
            "screening_certificate_expiry_timestamp_seconds{use=\"http\"} 1800000000\n", await TextOf(metrics), StringComparison.Ordinal);
    }

    // The way of an answer from memory: it must cost nothing more because somebody may want its time elsewhere.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_decision_from_memory_is_counted_without_an_allocation(bool isExported)
    {
        var metrics = new NodeMetrics(TimeProvider.System);
        using var meter = new Meter("Screening.Tests.Allocation");
        var seen = 0;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter == meter && instrument is Histogram<double>)
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<double>((_, _, _, _) => seen++);
        listener.Start();
        if (isExported)
            metrics.ExportTo(meter);
        var hit = DecisionOf(Door.Plugin, VerdictAction.Pass, VerdictSource.Near);
        metrics.Decided(hit);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
            metrics.Decided(hit);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(isExported ? 10_001 : 0, seen);
    }

    private static async Task<string> TextOf(NodeMetrics metrics)
    {
        using var text = new MemoryStream();
        await metrics.WriteAsync(text, CancellationToken.None);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static Decision DecisionOf(Door door, VerdictAction action, VerdictSource source) => new(
        new ScreeningQuery(ClientAddress.FromIPv4(1), new Profile(Profile.DefaultName, "", new VerdictSettings(), []), door, 0, default),
        new Verdict(action, false, 0, 0, source), false, true, TimeSpan.Zero, "", []);

    // Not the bounds of a histogram's buckets, generations of the heap and releases.
    [GeneratedRegex("[{,](?!le=|generation=|version=)[a-z]+=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();
}
