namespace Screening.Protocol.Vocabulary;

/// <summary>
/// Until when postscreen need not repeat each of its five tests, as whole seconds since 1970; zero: not passed. The order is that of
/// postscreen's own cache value (postscreen.h, PSC_STATE).
/// </summary>
public readonly record struct PostscreenTimes(long Pregreet, long Dnsbl, long Pipelining, long NonSmtpCommand, long BareNewline)
{
    /// <summary>True if no test was passed.</summary>
    public bool IsEmpty => this == default;

    /// <summary>Field by field the later of two.</summary>
    public PostscreenTimes Max(in PostscreenTimes other) => new(
        Math.Max(Pregreet, other.Pregreet),
        Math.Max(Dnsbl, other.Dnsbl),
        Math.Max(Pipelining, other.Pipelining),
        Math.Max(NonSmtpCommand, other.NonSmtpCommand),
        Math.Max(BareNewline, other.BareNewline));

    /// <summary>No field later than <paramref name="latest"/>.</summary>
    public PostscreenTimes CappedAt(long latest) => new(
        Math.Min(Pregreet, latest),
        Math.Min(Dnsbl, latest),
        Math.Min(Pipelining, latest),
        Math.Min(NonSmtpCommand, latest),
        Math.Min(BareNewline, latest));

    /// <summary>Each field that is not later than <paramref name="now"/> becomes zero.</summary>
    public PostscreenTimes Unexpired(long now) => new(
        Pregreet > now ? Pregreet : 0,
        Dnsbl > now ? Dnsbl : 0,
        Pipelining > now ? Pipelining : 0,
        NonSmtpCommand > now ? NonSmtpCommand : 0,
        BareNewline > now ? BareNewline : 0);

    /// <summary>Each field that equals a forgotten value becomes zero: a late writer must not bring it back.</summary>
    public PostscreenTimes Without(in PostscreenTimes forgotten) => new(
        Pregreet == forgotten.Pregreet ? 0 : Pregreet,
        Dnsbl == forgotten.Dnsbl ? 0 : Dnsbl,
        Pipelining == forgotten.Pipelining ? 0 : Pipelining,
        NonSmtpCommand == forgotten.NonSmtpCommand ? 0 : NonSmtpCommand,
        BareNewline == forgotten.BareNewline ? 0 : BareNewline);

    /// <summary>The latest of the five.</summary>
    public long Latest => Math.Max(Math.Max(Math.Max(Pregreet, Dnsbl), Math.Max(Pipelining, NonSmtpCommand)), BareNewline);
}
