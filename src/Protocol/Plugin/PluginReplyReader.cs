using System.Globalization;
using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Plugin;

/// <summary>
/// Reads the answers of somebody else's plug-in: the asking side. The framing is <see cref="AttributeFramer"/>'s, with the limits of
/// requests.
/// </summary>
/// <remarks>
/// <code>
/// query_id=ID        as it was sent; a server of the 2016 form sends none, and answers in the order of the queries
/// action=pass        pass, ignore, enforce or drop
/// ttl=600            whole seconds, at least 1; counts with a pass only
/// score=-2           optional, a whole number
/// reason=text        optional
/// </code>
/// Attributes in any order, unknown ones ignored, the last of a repeated one counts. A line that is not an
/// attribute, an unknown action or a malformed number spoils the answer.
/// <list type="table">
/// <item><term>LineTooLong, RequestTooLong (from the framer)</term><description>framing is lost: close</description></item>
/// <item><term>everything else</term><description>there is no answer; the connection stays open</description></item>
/// </list>
/// </remarks>
public readonly ref struct PluginReplyReader
{
    /// <summary>Greatest <c>score</c>, up and down.</summary>
    public const int MaxScore = 1_000_000;

    /// <summary>A longer <c>reason</c> is cut.</summary>
    public const int MaxReasonLength = 200;

    private const int MaxTtlDigits = 10;

    /// <summary>The id; empty when there is none.</summary>
    public ReadOnlySpan<byte> QueryId { get; private init; }

    /// <summary>The opinion.</summary>
    public VerdictAction Action { get; private init; }

    /// <summary>How long a pass holds; null if the answer does not say, or is not a pass.</summary>
    public int? TtlSeconds { get; private init; }

    /// <summary>The server's own score; null when it gave none.</summary>
    public int? Score { get; private init; }

    /// <summary>Why, printable and cut; null when it did not say.</summary>
    public string? Reason { get; private init; }

    /// <summary>Reads one framed answer. When false, the id is still there if the answer had one.</summary>
    public static bool TryParse(ReadOnlySpan<byte> message, out PluginReplyReader reply, out ParseError error)
    {
        var found = Values.Of(message, out error);
        var known = Words.TryParseAction(found.Action, out var action);
        int? ttl = null, score = null;
        if (error.Kind == ParseErrorKind.None && found.Action.IsEmpty)
            error = new ParseError(ParseErrorKind.MissingAttribute, message.Length);
        else if (error.Kind == ParseErrorKind.None && !(known && TryReadTtl(found, action, out ttl) && TryReadScore(found, out score)))
            error = new ParseError(ParseErrorKind.BadValue, 0);
        reply = new PluginReplyReader
        {
            QueryId = found.QueryId,
            Action = action,
            TtlSeconds = ttl,
            Score = score,
            Reason = found.HasReason ? PeerText.Clean(Encoding.UTF8.GetString(found.Reason), MaxReasonLength) : null,
        };
        return error.Kind == ParseErrorKind.None;
    }

    // Of an action other than pass the ttl means nothing, so it may be anything.
    private static bool TryReadTtl(Values found, VerdictAction action, out int? seconds)
    {
        seconds = null;
        if (!found.HasTtl || action != VerdictAction.Pass)
            return true;
        if (found.Ttl.Length > MaxTtlDigits
            || !int.TryParse(found.Ttl, NumberStyles.None, CultureInfo.InvariantCulture, out var value) || value < 1)
            return false;
        seconds = value;
        return true;
    }

    private static bool TryReadScore(Values found, out int? score)
    {
        score = null;
        if (!found.HasScore)
            return true;
        var negative = !found.Score.IsEmpty && found.Score[0] == '-';
        if (!int.TryParse(negative ? found.Score[1..] : found.Score, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value > MaxScore)
            return false;
        score = negative ? -value : value;
        return true;
    }

    private ref struct Values
    {
        public ReadOnlySpan<byte> QueryId;
        public ReadOnlySpan<byte> Action;
        public ReadOnlySpan<byte> Ttl;
        public ReadOnlySpan<byte> Score;
        public ReadOnlySpan<byte> Reason;
        public bool HasTtl;
        public bool HasScore;
        public bool HasReason;

        public static Values Of(ReadOnlySpan<byte> message, out ParseError error)
        {
            var lines = new AttributeLines(message);
            var found = default(Values);
            while (lines.MoveNext())
                found.Apply(lines.Name, lines.Value);
            error = lines.Error;
            return found;
        }

        private void Apply(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
        {
            if (name.SequenceEqual("query_id"u8))
            {
                QueryId = value;
            }
            else if (name.SequenceEqual("action"u8))
            {
                Action = value;
            }
            else if (name.SequenceEqual("ttl"u8))
            {
                Ttl = value;
                HasTtl = true;
            }
            else if (name.SequenceEqual("score"u8))
            {
                Score = value;
                HasScore = true;
            }
            else if (name.SequenceEqual("reason"u8))
            {
                Reason = value;
                HasReason = true;
            }
        }
    }
}
