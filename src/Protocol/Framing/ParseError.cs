namespace Screening.Protocol.Framing;

/// <summary>What is wrong with a peer's message.</summary>
public enum ParseErrorKind : byte
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>A line is longer than its limit. Framing is lost.</summary>
    LineTooLong,

    /// <summary>A request is longer than its limit. Framing is lost.</summary>
    RequestTooLong,

    /// <summary>What stands between a name and its value is not there.</summary>
    MissingSeparator,

    /// <summary>A name that may not be.</summary>
    BadName,

    /// <summary>A value that its name does not allow, or longer than it may be.</summary>
    BadValue,

    /// <summary>The message ended without an attribute that is needed.</summary>
    MissingAttribute,

    /// <summary>A value that should be an IP address and is not.</summary>
    BadAddress,
}

/// <summary>Why a message could not be understood.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Offset">Where, in bytes from the message's first byte.</param>
public readonly record struct ParseError(ParseErrorKind Kind, long Offset);
