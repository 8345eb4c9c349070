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

    /// <summary>How answers from this node's memory (near cache, permit, reject, grant, ban) are logged.</summary>
    public LogHits Hits { get; init; } = LogHits.Count;

    /// <summary>Size of the folder, at most; the oldest file is removed first. 1MiB..1024GiB.</summary>
    [Holds("1MiB", "1024GiB")]
    public ByteSize MaxSize { get; init; } = new(4L << 30);

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

/// <summary>How hits are logged. A hit is an answer from this node's memory, for which no check was asked.</summary>
internal enum LogHits
{
    /// <summary>A client's first hit, then one line a minute with the number of further hits.</summary>
    Count,

    /// <summary>Each one.</summary>
    All,

    /// <summary>None.</summary>
    None,
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
