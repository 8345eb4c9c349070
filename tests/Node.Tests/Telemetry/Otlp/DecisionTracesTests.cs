using System.Diagnostics;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Telemetry.Otlp;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Telemetry.Otlp;

public sealed class DecisionTracesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private readonly DecisionTraces _traces = new();
    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public DecisionTracesTests()
    {
        // Other tests have nodes with traces in this process.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == DecisionTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Keep,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Theory]
    [InlineData(true, "hit", ActivityStatusCode.Unset)]
    [InlineData(false, "miss", ActivityStatusCode.Unset)]
    [InlineData(null, "silent", ActivityStatusCode.Error)]
    public void The_fleet_and_each_check_stand_below_the_screening_at_their_times(bool? isHit, string result, ActivityStatusCode status)
    {
        var door = Trace(DecisionOf(VerdictSource.Screened) with { Fleet = new FleetReport(Ms(1), Ms(20), isHit) })!;

        var screening = One(door, "screening");
        var (fleet, list) = (One(door, "fleet"), One(door, "check zen"));
        Assert.Equal([screening.SpanId, screening.SpanId], new[] { fleet.ParentSpanId, list.ParentSpanId });
        Assert.Equal((Now.UtcDateTime - Ms(99), Ms(20)), (fleet.StartTimeUtc, fleet.Duration));
        Assert.Equal((Now.UtcDateTime - Ms(75), Ms(50)), (list.StartTimeUtc, list.Duration));
        Assert.Equal((Now.UtcDateTime - Ms(100), Ms(100)), (door.StartTimeUtc, door.Duration));
        Assert.Equal((result, status), (fleet.GetTagItem("screening.fleet.result"), fleet.Status));
        Assert.Null(Activity.Current);
    }

    [Fact]
    public void A_check_that_was_not_waited_for_has_no_span() =>
        Assert.DoesNotContain(SpansOf(Trace(DecisionOf(VerdictSource.Screened))!), span => span.OperationName == "check slow");

    [Theory]
    [InlineData(VerdictSource.Near)]
    [InlineData(VerdictSource.Permit)]
    [InlineData(VerdictSource.Ban)]
    public void An_answer_from_memory_has_none(VerdictSource source) => Assert.Null(Trace(DecisionOf(source)));

    public void Dispose()
    {
        _listener.Dispose();
        _traces.Dispose();
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static Decision DecisionOf(VerdictSource source)
    {
        var profile = new Profile(Profile.DefaultName, "", new VerdictSettings(), []);
        return new Decision(
            new ScreeningQuery(ClientAddress.Parse("192.0.2.1"), profile, Door.Plugin, 0, default),
            new Verdict(VerdictAction.Pass, false, 60, 0, source), false, true, Ms(100), "reason",
            [
                new CheckReport("zen", "dnsbl", CheckResult.Nothing, [], 0, null, Ms(25), Ms(50), null, null),
                new CheckReport("slow", "dnsbl", CheckResult.Skipped, [], 0, null, Ms(25), Ms(50), null, "not waited for"),
            ]);
    }

    private Activity? Trace(in Decision decision)
    {
        var line = VerdictDocument.Of(decision, "mx1", Now, "192.0.2.1");
        var door = _traces.Begin(decision, line);
        DecisionTraces.End(door, line);
        return door;
    }

    private void Keep(Activity span)
    {
        lock (_ended)
            _ended.Add(span);
    }

    private List<Activity> SpansOf(Activity door)
    {
        lock (_ended)
            return [.. _ended.Where(span => span.TraceId == door.TraceId)];
    }

    private Activity One(Activity door, string name) => Assert.Single(SpansOf(door), span => span.OperationName == name);
}
