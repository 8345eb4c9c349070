namespace Screening.Protocol.Framing;

/// <summary>Why a message could not be understood.</summary>
/// <param name="Kind">What is wrong.</param>
/// <param name="Offset">Where, in bytes from the message's first byte.</param>
public readonly record struct ParseError(ParseErrorKind Kind, long Offset);
