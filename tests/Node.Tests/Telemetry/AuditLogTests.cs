using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Testing;

namespace Screening.Node.Tests.Telemetry;

public sealed class AuditLogTests : IDisposable
{
    private static readonly AuditEntry Entry = new("alice", AuditVia.Unix, "ban", "192.0.2.1", "1h", "spam", 1, true);

    private readonly Troubles _troubles = new(TimeProvider.System);
    private readonly string _folder = Directory.CreateTempSubdirectory("screening-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lines_at_once_are_whole_lines_and_old_ones_are_kept_once()
    {
        var file = Path.Combine(_folder, "new", "audit.jsonl");
        using var log = new AuditLog(
            new AuditLogSettings(AuditLogSettings.InFile(file, 2000), "mx1"), _troubles, TimeProvider.System,
            new RecordingLogger<AuditLog>());
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => log.WriteAsync(Entry with { Count = i })));
        Assert.InRange(new FileInfo(file).Length, 1, 2000);
        var closed = Assert.Single(Directory.GetFiles(Path.Combine(_folder, "new"), "audit-*.jsonl"));
        Assert.InRange(new FileInfo(closed).Length, 1, 2000);
        Assert.All(File.ReadLines(file).Concat(File.ReadLines(closed)), line =>
        {
            Assert.StartsWith("{\"time\":\"", line, StringComparison.Ordinal);
            Assert.EndsWith("\"durable\":true,\"fault\":null}", line, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_file_that_can_not_be_written_is_an_error_in_the_log_and_nothing_else()
    {
        var recorded = new RecordingLogger<AuditLog>();
        using var log = new AuditLog(
            new AuditLogSettings(AuditLogSettings.InFile(_folder, 2000), "mx1"), _troubles, TimeProvider.System, recorded);
        await log.WriteAsync(Entry);
        await log.WriteAsync(Entry with { Fault = "no majority" });
        Assert.Contains(
            recorded.Lines,
            l => l.Id == EventIds.AuditFault && l.Text.StartsWith("A change is not in the audit log", StringComparison.Ordinal));
        Assert.Contains(recorded.Lines, l => l.Id == EventIds.WhitelistChanged && l.Text == "alice via unix: ban 192.0.2.1: spam");
        Assert.Contains(
            recorded.Lines,
            l => l.Id == EventIds.ChangeUncertain && l.Text == "alice via unix: ban 192.0.2.1 may hold in part: no majority");
        Assert.Contains("the latest change is not in it", Assert.Single(_troubles.Current).Value.What, StringComparison.Ordinal);
    }
}
