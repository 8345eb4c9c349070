using System.Globalization;
using System.Text.Json;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Platform;
using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>Where the audit log is kept and which node writes it.</summary>
internal sealed record AuditLogSettings(RollingFileSettings File, string Node)
{
    private const long MaxFileBytes = 64L * 1024 * 1024;

    /// <summary>The settings that the options stand for.</summary>
    public static AuditLogSettings Of(ScreeningOptions options) =>
        new(InFile(Path.Combine(options.Node.DataDir, "audit.jsonl"), MaxFileBytes), options.Node.Name);

    /// <summary>The newest lines, up to twice this size; kept whatever their age.</summary>
    public static RollingFileSettings InFile(string path, long maxFileBytes) =>
        new(path, maxFileBytes, 2 * maxFileBytes, TimeSpan.MaxValue, PrivateFiles.SecretMode) { IsDaily = false };
}

/// <summary>Where an operator's change came in.</summary>
internal enum AuditVia
{
    Http,
    Unix,
}

/// <summary>The words for where a change came in.</summary>
internal static class AuditViaWords
{
    /// <summary>The word in the audit log.</summary>
    public static string Word(this AuditVia via) => via == AuditVia.Unix ? "unix" : "http";
}

/// <summary>A change that an operator made.</summary>
/// <param name="Author">Who made it, as far as this node can tell.</param>
/// <param name="Action">grant, ban, forget or import.</param>
/// <param name="Address">The network; empty for an import.</param>
/// <param name="Ttl">The lifetime as it was requested; null where there is none.</param>
/// <param name="Count">Number of entries that were changed.</param>
/// <param name="Durable">It was journaled before the reply.</param>
/// <param name="Fault">Why it is not known whether the change holds; null: it does.</param>
internal sealed record AuditEntry(
    string Author, AuditVia Via, string Action, string Address, string? Ttl, string Reason, int Count, bool Durable, string? Fault = null)
{
    /// <summary>The change for people: "ban 192.0.2.1".</summary>
    public string Change => Address.Length > 0 ? $"{Action} {Address}" : Action;

    /// <summary>What else is to be said of it, to be put behind the change; may be empty.</summary>
    public string Details =>
        (Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $", {Count} lines"))
        + (Durable ? "" : ", not stored yet")
        + (Reason.Length > 0 ? $": {Reason}" : "");
}

/// <summary>
/// The operators' changes, one JSON object a line, on the disk before the change is answered. A line that cannot be written is an error in
/// the node's log and does not undo the change: a full disk must not keep an operator from removing a client.
/// </summary>
internal sealed class AuditLog(AuditLogSettings settings, Troubles troubles, TimeProvider time, ILogger<AuditLog> log) : IDisposable
{
    private const string Part = "audit log";

    private readonly RollingFile _file = new(settings.File, time);
    private readonly SemaphoreSlim _writing = new(1, 1);

    /// <summary>Ends once the line is on the disk, or once the node's log has the reason why it is not. Never fails.</summary>
    public async Task WriteAsync(AuditEntry entry)
    {
        if (entry.Fault is null)
            log.WhitelistChanged(entry.Author, entry.Via.Word(), entry.Change, entry.Details);
        else
            log.ChangeUncertain(entry.Author, entry.Via.Word(), entry.Change, entry.Fault);
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            _file.Append(LineOf(entry), toDisk: true);
            troubles.Clear(Part);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            var reason = $"{settings.File.Path}: {SystemError.Words(fault)}";
            log.AuditFault(reason);
            troubles.Report(Part, rung: 0, $"{Part}: the latest change is not in it: {reason}");
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private byte[] LineOf(AuditEntry entry) =>
    [
        .. JsonSerializer.SerializeToUtf8Bytes(
            new AuditLine(
                time.GetUtcNow().UtcDateTime, settings.Node, entry.Author, entry.Via.Word(), entry.Action, entry.Address, entry.Ttl,
                entry.Reason, entry.Count, entry.Durable, entry.Fault),
            ApiJson.Default.AuditLine),
        (byte)'\n',
    ];
}
