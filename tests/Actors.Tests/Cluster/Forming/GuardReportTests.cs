using System.Collections.Immutable;
using Microsoft.Extensions.Time.Testing;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Screening.Testing;
using Xunit;

namespace Screening.Actors.Tests.Cluster.Forming;

public sealed class GuardReportTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger<GuardReport> _log = new();
    private readonly GuardReport _report;

    public GuardReportTests() => _report = new GuardReport(_log, _time);

    [Fact]
    public void What_a_node_finds_in_its_first_seconds_is_not_told_but_a_refusal_is()
    {
        _report.Outside(JoinState.Looking, "1 of 3 nodes answer");
        _report.Seeds(Faulty("mx2", "no answer"));
        Assert.Empty(_log.Lines);
        _report.Outside(JoinState.Refused, "another layout");
        Assert.Contains("another layout", Assert.Single(_log.Lines).Text, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(5));
        _report.Outside(JoinState.Looking, "1 of 3 nodes answer");
        _report.Seeds(Faulty("mx2", "no answer"));
        Assert.Equal(3, _log.Lines.Count);
    }

    [Fact]
    public void Each_thing_is_told_once_until_it_changes()
    {
        _time.Advance(TimeSpan.FromSeconds(5));
        string[] reasons = ["a", "a", "", "a", "b", "a"];
        foreach (var reason in reasons)
            _report.Outside(JoinState.Looking, reason);
        Assert.Equal(["a", "b", "a"], _log.Lines.Select(line => line.Text.Split(": ")[^1]));
        string[] faults = ["no answer", "no answer", "refused", "refused"];
        foreach (var fault in faults)
        {
            _report.Seeds(Faulty("mx2", fault));
            _report.RoundFailed(fault);
        }

        Assert.Equal(3 + 2 + 2, _log.Lines.Count);
    }

    private static SeedsFound Faulty(string seed, string fault) =>
        SeedsFound.Nothing with { Faults = ImmutableSortedDictionary<string, string>.Empty.Add(seed, fault) };
}
