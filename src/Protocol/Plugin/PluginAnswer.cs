using System.Globalization;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Plugin;

/// <summary>
/// What somebody else's plug-in answered to a <see cref="PluginQuestion"/>. Framed as requests are, within
/// <see cref="PluginRequest.Limits"/>. Its id points into the message that was parsed.
/// </summary>
/// <remarks>
/// <code>
/// query_id=ID        as it was sent; a server of the 2016 form sends none, and answers in the order of the queries
/// action=pass        pass, ignore, enforce or drop
/// ttl=600            whole seconds, at least 1; counts with a pass only
/// score=-2           optional, a whole number
/// reason=text        optional
/// </code>
/// A line that is not an attribute, an unknown action or a malformed number spoils the answer.
/// <list type="table">
/// <item><term>LineTooLong, RequestTooLong (from the framer)</term><description>framing is lost: close</description></item>
/// <item><term>everything else</term><description>there is no answer; the connection stays open</description></item>
/// </list>
/// </remarks>
public readonly ref struct PluginAnswer
{
    /// <summary>Greatest <c>score</c>, up and down.</summary>
    public const int MaxScore = 1_000_000;

    /// <summary>A longer <c>reason</c> is cut.</summary>
    public const int MaxReasonLength = 200;

    private const int MaxTtlDigits = 10;

    /// <summary>The id; empty when there is none.</summary>
    public ReadOnlySpan<byte> QueryId { get; private init; }

    /// <summary>What it would do with the client.</summary>
    public VerdictAction Action { get; private init; }

    /// <summary>How long a pass holds; null if the answer does not say, or is not a pass.</summary>
    public int? TtlSeconds { get; private init; }

    /// <summary>The server's own score; null when it gave none.</summary>
    public int? Score { get; private init; }

    /// <summary>Why, printable and cut; null when it did not say.</summary>
    public string? Reason { get; private init; }

    /// <summary>Reads one framed answer. When false, the id is still there if the answer had one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out PluginAnswer answer, out ParseError error)
    {
        var found = Attributes.Table.Read(message);
        error = found.Error;
        VerdictAction action = default;
        int? ttl = null, score = null;
        if (error.Kind == ParseErrorKind.None && found[Attributes.Action].IsEmpty)
            error = new ParseError(ParseErrorKind.MissingAttribute, message.Length);
        else if (error.Kind == ParseErrorKind.None)
            error = Fault(found, out action, out ttl, out score);
        answer = new PluginAnswer
        {
            QueryId = found[Attributes.QueryId],
            Action = action,
            TtlSeconds = ttl,
            Score = score,
            Reason = found.Has(Attributes.Reason)
                ? PeerText.Clean(Encoding.UTF8.GetString(found[Attributes.Reason]), MaxReasonLength)
                : null,
        };
        return error.Kind == ParseErrorKind.None;
    }

    private static ParseError Fault(in AttributeValues found, out VerdictAction action, out int? ttl, out int? score)
    {
        ttl = score = null;
        if (!VerdictActionWords.TryParse(found[Attributes.Action], out action))
            return Bad(found, Attributes.Action);

        // With another action than pass the ttl means nothing, so it may be anything.
        if (found.Has(Attributes.Ttl) && action == VerdictAction.Pass && !TryReadTtl(found[Attributes.Ttl], out ttl))
            return Bad(found, Attributes.Ttl);
        if (found.Has(Attributes.Score) && !TryReadScore(found[Attributes.Score], out score))
            return Bad(found, Attributes.Score);
        return default;
    }

    private static ParseError Bad(in AttributeValues found, int attribute) => new(ParseErrorKind.BadValue, found.OffsetOf(attribute));

    private static bool TryReadTtl(ReadOnlySpan<byte> digits, out int? seconds)
    {
        var isNumber = int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        seconds = value;
        return isNumber && value >= 1 && digits.Length <= MaxTtlDigits;
    }

    private static bool TryReadScore(ReadOnlySpan<byte> digits, out int? score)
    {
        var isNegative = digits is [(byte)'-', ..];
        var isNumber = int.TryParse(isNegative ? digits[1..] : digits, NumberStyles.None, CultureInfo.InvariantCulture, out var value);
        score = isNegative ? -value : value;
        return isNumber && value <= MaxScore;
    }

    private static class Attributes
    {
        public const int QueryId = 0, Action = 1, Ttl = 2, Score = 3, Reason = 4;

        public static readonly AttributeTable Table = new(
            (QueryId, "query_id"), (Action, "action"), (Ttl, "ttl"), (Score, "score"), (Reason, "reason"));
    }
}
