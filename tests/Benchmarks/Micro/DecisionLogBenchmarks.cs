using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Micro;

/// <summary>One line of the decision log, its part of a write to the disk included.</summary>
public class DecisionLogBenchmarks
{
    private static readonly Profile Profile = new(Profile.DefaultName, "784efef9957d", new VerdictSettings(), []);

    private readonly string _folder = Directory.CreateTempSubdirectory("screening-").FullName;
    private readonly DecisionFile _file;
    private readonly DateTimeOffset _now = TimeProvider.System.GetUtcNow();

    private readonly Decision _hit = new(
        new ScreeningQuery(ClientAddress.FromIPv4(0x0a000001), Profile, Door.Plugin, 0, default),
        new Verdict(VerdictAction.Pass, false, 600, 0, VerdictSource.Near), false, true, TimeSpan.FromMicroseconds(12),
        "no check speaks against it", []);

    private readonly Decision _screened;

    public DecisionLogBenchmarks()
    {
        var path = Path.Combine(_folder, "decisions.jsonl");
        var settings = new DecisionLogSettings(
            new RollingFileSettings(path, 1L << 28, 1L << 30, TimeSpan.FromDays(7), UnixFileMode.UserRead | UnixFileMode.UserWrite), "mx1",
            new AddressView(LogAddress.Full, ""), LogHits.All);
        _file = new DecisionFile(
            settings, new NodeMetrics(TimeProvider.System), new Troubles(TimeProvider.System), TimeProvider.System,
            NullLogger<DecisionLog>.Instance);
        _screened = _hit with
        {
            Verdict = new Verdict(VerdictAction.Drop, false, 0, 8, VerdictSource.Screened),
            Reason = "listed by zen.spamhaus.org (127.0.0.4)",
            Checks =
            [
                .. Enumerable.Range(0, 10).Select(i => new CheckReport(
                    $"list{i}.example", "dnsbl", i == 0 ? CheckResult.Evidence : CheckResult.Nothing, i == 0 ? ["127.0.0.4"] : [],
                    i == 0 ? 8 : 0,
                    300, TimeSpan.FromMicroseconds(100 + i), TimeSpan.FromMicroseconds(11_234), null, null)),
            ],
        };
    }

    [Benchmark]
    public void LogHit() => _file.Add(VerdictDocument.Of(_hit, "mx1", _now, "10.0.0.1"));

    [Benchmark]
    public void LogTenChecks() => _file.Add(VerdictDocument.Of(_screened, "mx1", _now, "10.0.0.1"));

    [GlobalCleanup]
    public void Remove() => Directory.Delete(_folder, recursive: true);
}
