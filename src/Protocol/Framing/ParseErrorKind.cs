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

    /// <summary>The separator between a name and its value is missing.</summary>
    MissingSeparator,

    /// <summary>A name that is empty or not known.</summary>
    BadName,

    /// <summary>A value that its name does not allow, or that is too long.</summary>
    BadValue,

    /// <summary>A required attribute is missing.</summary>
    MissingAttribute,

    /// <summary>A value that should be an IP address and is not.</summary>
    BadAddress,
}

/// <summary>The words for faults in metrics.</summary>
public static class ParseErrorKindWords
{
    /// <summary>The fault's word: the label <c>kind</c> of <c>screening_bad_requests_total</c>.</summary>
    public static string Word(this ParseErrorKind kind) => kind switch
    {
        ParseErrorKind.LineTooLong => "line_too_long",
        ParseErrorKind.RequestTooLong => "request_too_long",
        ParseErrorKind.MissingSeparator => "missing_separator",
        ParseErrorKind.BadName => "bad_name",
        ParseErrorKind.BadValue => "bad_value",
        ParseErrorKind.MissingAttribute => "missing_attribute",
        ParseErrorKind.BadAddress => "bad_address",
        _ => "none",
    };
}
