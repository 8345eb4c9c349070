using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Screening.Node.Platform;

namespace Screening.Node.Telemetry;

/// <summary>Where the audit log lies and who writes it.</summary>
internal sealed record AuditLogSettings(string File, string Node, long MaxBytes = 64L * 1024 * 1024);

/// <summary>Where an operator's change came in.</summary>
internal enum AuditVia
{
    Http,
    Unix,
}

/// <summary>A change that an operator made.</summary>
/// <param name="Author">Who, as far as this node can tell.</param>
/// <param name="Action">grant, ban, forget or import.</param>
/// <param name="Address">The network; empty of an import.</param>
/// <param name="Ttl">The life that was asked for, in the words it was asked in; null where there is none.</param>
/// <param name="Count">How many lines it was about.</param>
/// <param name="Durable">It was journaled before the reply.</param>
/// <param name="Fault">Why it can not be said whether the change holds; null: it does.</param>
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
/// The operators' changes, one JSON object a line, on the disk before the operator hears of it. A line that can not be written is an error
/// in the node's log and does not undo the change: a full disk must not keep anybody from forgetting a client.
/// </summary>
internal sealed class AuditLog(AuditLogSettings settings, TimeProvider time, ILogger<AuditLog> log) : IDisposable
{
    private static readonly FileStreamOptions Appending = new()
    {
        Mode = FileMode.Append,
        Access = FileAccess.Write,
        Share = FileShare.ReadWrite | FileShare.Delete,
        UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly ArrayBufferWriter<byte> _line = new(512);

    /// <summary>Where the lines of before the latest rotation are.</summary>
    public string OldFile => settings.File + ".1";

    /// <summary>Ends when the line is on the disk, or when the log says that it is not. Never fails.</summary>
    public async Task WriteAsync(AuditEntry entry)
    {
        if (entry.Fault is null)
            log.WhitelistChanged(entry.Author, entry.Via.Word(), entry.Change, entry.Details);
        else
            log.ChangeUncertain(entry.Author, entry.Via.Word(), entry.Change, entry.Fault);
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            Format(entry);
            Directory.CreateDirectory(Path.GetDirectoryName(settings.File)!);
            Rotate();
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(settings.File))!);
            // Opened for each line: who moves the file away or removes it loses no later line.
            await using var file = new FileStream(settings.File, Appending);
            await file.WriteAsync(_line.WrittenMemory).ConfigureAwait(false);
            file.Flush(flushToDisk: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.AuditFault($"{settings.File}: {SystemError.Words(fault)}");
        }
        finally
        {
            _writing.Release();
        }
    }

    public void Dispose() => _writing.Dispose();

    private void Rotate()
    {
        var file = new FileInfo(settings.File);
        if (file.Exists && file.Length + _line.WrittenCount > settings.MaxBytes)
            file.MoveTo(OldFile, overwrite: true);
    }

    private void Format(AuditEntry entry)
    {
        _line.ResetWrittenCount();
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteString("time", time.GetUtcNow().UtcDateTime);
            json.WriteString("node", settings.Node);
            json.WriteString("author", entry.Author);
            json.WriteString("via", entry.Via.Word());
            json.WriteString("action", entry.Action);
            json.WriteString("address", entry.Address);
            json.WriteString("ttl", entry.Ttl);
            json.WriteString("reason", entry.Reason);
            json.WriteNumber("count", entry.Count);
            json.WriteBoolean("durable", entry.Durable);
            json.WriteString("fault", entry.Fault);
            json.WriteEndObject();
        }

        _line.Write("\n"u8);
    }
}

/// <summary>The words of the audit log.</summary>
internal static class AuditWords
{
    public static string Word(this AuditVia via) => via == AuditVia.Unix ? "unix" : "http";
}
