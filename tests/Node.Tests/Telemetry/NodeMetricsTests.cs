using System.Text;
using System.Text.RegularExpressions;
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
        var metrics = new NodeMetrics();
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
        using var text = new MemoryStream();
        await metrics.WriteAsync(text, CancellationToken.None);

        var labels = Label().Matches(Encoding.UTF8.GetString(text.ToArray())).Select(m => m.Groups["value"].Value).Distinct().ToList();
        Assert.InRange(labels.Count, 30, 60);
        Assert.All(labels, label => Assert.Matches("^[a-z][a-z0-9]*(_[a-z0-9]+)*$", label));
    }

    private static Decision DecisionOf(Door door, VerdictAction action, VerdictSource source) => new(
        new ScreeningQuery(ClientAddress.FromIPv4(1), new Profile(Profile.DefaultName, "", new VerdictSettings(), []), door, 0, default),
        new Verdict(action, false, 0, 0, source), false, true, TimeSpan.Zero, "", []);

    // Not the bounds of a histogram's buckets.
    [GeneratedRegex("[{,](?!le=)[a-z]+=\"(?<value>[^\"]*)\"")]
    private static partial Regex Label();
}
