namespace Screening.Actors.Checks;

/// <summary>Why a source has no answer.</summary>
public enum CheckFailure : byte
{
    /// <summary>No answer in time.</summary>
    Timeout,

    /// <summary>Refused, closed, or no such socket.</summary>
    Unreachable,

    /// <summary>It answered, but the answer must not count: SERVFAIL, an error code, bytes that are not its protocol.</summary>
    BadAnswer,

    /// <summary>Our own bound on queries in flight was reached.</summary>
    Overloaded,

    /// <summary>Its breaker is open: it failed repeatedly and is left alone for a while.</summary>
    Open,
}

/// <summary>An expected failure of a source. The message is for the operator, holds no secret and is at most 200 characters.</summary>
public sealed class SourceException(CheckFailure failure, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>The kind of failure.</summary>
    public CheckFailure Failure { get; } = failure;
}
