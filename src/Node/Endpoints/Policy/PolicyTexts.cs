using System.Globalization;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Protocol.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>What the policy door says to a decision. Never <c>OK</c>, which would let the client relay (SMTPD_POLICY_README).</summary>
internal sealed class PolicyTexts(PolicyOptions options, string node)
{
    private volatile PolicyOptions _options = options;

    /// <summary>The settings in force. May be replaced at any time.</summary>
    public PolicyOptions Options
    {
        get => _options;
        set => _options = value;
    }

    /// <summary>True if a mail that is let in gets a header, see <see cref="TraceOf"/>.</summary>
    public bool IsTraced => _options.TraceHeader.Length > 0;

    /// <summary>The action for a decision, shadow or not.</summary>
    public string ActionFor(in Decision decision) => decision.Verdict.Action switch
    {
        VerdictAction.Enforce => PolicyReply.Fill(_options.EnforceText, decision.Query.Client, decision.Reason),
        VerdictAction.Drop => PolicyReply.Fill(_options.DropText, decision.Query.Client, decision.Reason),
        _ => PolicyReply.Dunno,
    };

    /// <summary>The header that says how a mail that is let in was judged; null if none is wanted (policy.trace_header).</summary>
    public string? TraceOf(in Decision decision) => _options.TraceHeader.Length == 0
        ? null
        : string.Create(
            CultureInfo.InvariantCulture,
            $"PREPEND {_options.TraceHeader}: {decision.Verdict.Action.Word()}; score={decision.Verdict.Score};"
                + $" source={decision.Verdict.Source.Word()}; node={node}; client={decision.Query.Client}");
}
