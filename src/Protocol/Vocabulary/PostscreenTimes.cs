namespace Screening.Protocol.Vocabulary;

/// <summary>
/// Until when postscreen need not repeat each of its five tests, as whole seconds since 1970. The order is that of postscreen's own cache
/// value (postscreen.h, PSC_STATE). <see cref="NeverPassed"/> and <see cref="Disabled"/> are marks.
/// </summary>
public readonly record struct PostscreenTimes(long Pregreet, long Dnsbl, long Pipelining, long NonSmtpCommand, long BareNewline)
{
    /// <summary>The test is on and was never passed; postscreen logs such a client as <c>PASS NEW</c> (PSC_TIME_STAMP_NEW).</summary>
    public const long NeverPassed = 0;

    /// <summary>The test was off when the entry was made, or what it said is over (PSC_TIME_STAMP_DISABLED).</summary>
    public const long Disabled = 1;

    /// <summary>All five tests passed until one time.</summary>
    public static PostscreenTimes AllUntil(long seconds) => new(seconds, seconds, seconds, seconds, seconds);

    /// <summary>True if no test was passed.</summary>
    public bool IsEmpty => Latest <= Disabled;

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

    /// <summary>
    /// Each time that is not later than <paramref name="now"/> becomes <see cref="Disabled"/>: postscreen does that test again.
    /// </summary>
    public PostscreenTimes Unexpired(long now) => new(
        Unexpired(Pregreet, now),
        Unexpired(Dnsbl, now),
        Unexpired(Pipelining, now),
        Unexpired(NonSmtpCommand, now),
        Unexpired(BareNewline, now));

    /// <summary>Each time that equals a forgotten one becomes <see cref="NeverPassed"/>: a late writer must not bring it back.</summary>
    public PostscreenTimes Without(in PostscreenTimes forgotten) => new(
        Without(Pregreet, forgotten.Pregreet),
        Without(Dnsbl, forgotten.Dnsbl),
        Without(Pipelining, forgotten.Pipelining),
        Without(NonSmtpCommand, forgotten.NonSmtpCommand),
        Without(BareNewline, forgotten.BareNewline));

    /// <summary>The latest of the five.</summary>
    public long Latest => Math.Max(Math.Max(Math.Max(Pregreet, Dnsbl), Math.Max(Pipelining, NonSmtpCommand)), BareNewline);

    private static long Unexpired(long field, long now) => field > now || field == NeverPassed ? field : Disabled;

    private static long Without(long field, long forgotten) => field > Disabled && field == forgotten ? NeverPassed : field;
}
