namespace Screening.Node.Configuration;

/// <summary>The decision log, and the form of the node's own. <c>[log]</c></summary>
internal sealed record LogOptions
{
    /// <summary>
    /// Its folder; empty: <c>decisions</c> in the node's data folder (see <see cref="ScreeningOptions.DecisionsFolder"/>).
    /// </summary>
    [Shaped("[^\\x00-\\x1f]*", "a folder, or empty")]
    public string Decisions { get; init; } = "";

    /// <summary>How long it is kept. 1h..3650d.</summary>
    [Lasts("1h", "3650d")]
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    /// <summary>How much of a client's address is logged.</summary>
    public LogAddress Address { get; init; } = LogAddress.Full;

    /// <summary>The form of the node's own log, on standard error.</summary>
    public LogFormat Format { get; init; } = LogFormat.Text;
}

/// <summary>The form of the node's own log.</summary>
internal enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>One JSON object a line.</summary>
    Json,
}

/// <summary>How much of a client's address is logged.</summary>
internal enum LogAddress
{
    /// <summary>All of it.</summary>
    Full,

    /// <summary>Its network: /24 or /64.</summary>
    Truncated,

    /// <summary>A keyed hash.</summary>
    Hashed,
}
