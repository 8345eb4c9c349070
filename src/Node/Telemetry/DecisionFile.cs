using System.Buffers;
using System.Text.Json;
using Screening.Node.Api;
using Screening.Node.Supervision;

namespace Screening.Node.Telemetry;

/// <summary>
/// The lines of the decision log on their way to the disk. A disk that is full, or a folder that cannot be written, costs the lines of
/// that time: they are counted, and the next ones are tried again. For one thread.
/// </summary>
internal sealed class DecisionFile(
    DecisionLogSettings settings, NodeMetrics metrics, Troubles troubles, TimeProvider time, ILogger<DecisionLog> log)
{
    /// <summary>Lines are written together up to this size, in bytes.</summary>
    private const int MaxBatchBytes = 64 * 1024;

    private const string Part = "decision log";

    // What fills the disk is not to fill the node's log as well.
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly RollingFile _file = new(settings.File, time);
    private readonly ArrayBufferWriter<byte> _lines = new(MaxBatchBytes);

    // One for all lines: a new one for each would double what a line without checks allocates.
    private readonly Utf8JsonWriter _json = new(Stream.Null);
    private long _pending;
    private long _lost;
    private long? _loggedAt;

    /// <summary>Adds a line. It is on the disk after <see cref="Flush"/>.</summary>
    public void Add(VerdictDocument line)
    {
        _json.Reset(_lines);
        JsonSerializer.Serialize(_json, line, ApiJson.Default.VerdictDocument);
        _lines.Write("\n"u8);
        _pending += Math.Max(1, line.Hits);
        if (_lines.WrittenCount >= MaxBatchBytes)
            Flush();
    }

    /// <summary>Writes what was added.</summary>
    public void Flush()
    {
        if (_lines.WrittenCount == 0)
            return;
        try
        {
            _file.Append(_lines.WrittenSpan);
            Recovered();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Failed(fault.Message);
        }

        _lines.ResetWrittenCount();
        _pending = 0;
    }

    /// <summary>Removes files that are too old, also while there is nothing to write.</summary>
    public void Trim()
    {
        try
        {
            _file.Trim();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            Failed(fault.Message);
        }
    }

    private void Failed(string fault)
    {
        troubles.Report(Part, rung: 0, $"{Part}: {fault}");
        metrics.DecisionLogFailed(true);
        metrics.DecisionsLost(_pending);
        _lost += _pending;
        if (_loggedAt is { } at && time.GetElapsedTime(at) < LogInterval)
            return;
        _loggedAt = time.GetTimestamp();
        log.DecisionLogFault(_lost, fault);
    }

    private void Recovered()
    {
        if (troubles.Find(Part) is null)
            return;
        troubles.Clear(Part);
        metrics.DecisionLogFailed(false);
        _loggedAt = null;
        log.DecisionLogRegained(_lost);
        _lost = 0;
    }
}
