namespace Screening.Node.Configuration;

/// <summary>The decision log, and the form of the node's own.</summary>
internal sealed record LogOptions
{
    [Setting("where the decision log is; empty: `data_dir/decisions`", Range = "a folder")]
    [Shaped("[^\\x00-\\x1f]*", "a folder, or empty")]
    public string Decisions { get; init; } = "";

    [Setting("how long its files are kept")]
    [Between("1h", "3650d")]
    public TimeSpan Keep { get; init; } = TimeSpan.FromDays(7);

    [Setting("how much of a client's address is logged: all, its /24 or /64, or a keyed hash (the key is `data_dir/log.key`)")]
    public LogAddress Address { get; init; } = LogAddress.Full;

    [Setting("how answers from memory are logged: a line for a client's first one, then one line a minute with `\"hits\":N`; a line each;"
        + " or not at all")]
    public LogHits Hits { get; init; } = LogHits.Count;

    [Setting("largest size of the folder; the oldest file is removed first")]
    [Between("1MiB", "1024GiB")]
    public ByteSize MaxSize { get; init; } = new(4L << 30);

    [Setting("form of the lines on standard error")]
    public LogFormat Format { get; init; } = LogFormat.Text;
}

/// <summary>The form of the node's own log.</summary>
internal enum LogFormat
{
    Text,
    Json,
}

/// <summary>How hits are logged. A hit is an answer from this node's memory, for which no check was asked.</summary>
internal enum LogHits
{
    /// <summary>A client's first hit, then one line a minute with the number of further hits.</summary>
    Count,
    All,
    None,
}

/// <summary>How much of a client's address is logged.</summary>
internal enum LogAddress
{
    Full,

    /// <summary>Its network: /24 or /64.</summary>
    Truncated,

    /// <summary>A keyed hash.</summary>
    Hashed,
}
