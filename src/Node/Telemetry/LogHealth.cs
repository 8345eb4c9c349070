namespace Screening.Node.Telemetry;

/// <summary>Whether the decision log can be written. Set by the log, read by the ladder and the metrics.</summary>
internal sealed class LogHealth
{
    private volatile string? _fault;

    /// <summary>Why the decision log cannot be written now; null: it can.</summary>
    public string? Fault
    {
        get => _fault;
        set => _fault = value;
    }
}
