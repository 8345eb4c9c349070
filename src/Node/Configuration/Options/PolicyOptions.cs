using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Screening.Node.Telemetry;

namespace Screening.Node.Configuration;

/// <summary>What the policy door answers.</summary>
internal sealed record PolicyOptions
{
    private const string Refusal = "550 5.7.1 Service unavailable; client [{client}] refused: {reason}";

    [Setting("the answer for enforce. `{client}` and `{reason}` are filled in; the result is cut at 480 characters. `{reason}` has the"
        + " list's own words (its TXT record), if they come within 300 ms and the deadline", Postfix = "access(5)")]
    [AccessAction]
    public string EnforceText { get; init; } = Refusal;

    [Setting("the answer for drop", Postfix = "access(5)", Range = "the same")]
    [AccessAction]
    public string DropText { get; init; } = Refusal;

    [Setting("always `DUNNO`; what would have been answered is logged", Postfix = "`warn_if_reject`")]
    public bool Shadow { get; init; }

    [Setting("added once to each mail that is let in: action, score, source, node, client; empty: none", Postfix = "`PREPEND`")]
    [Shaped("|[A-Za-z][A-Za-z0-9-]{0,63}", "a header's name: letters, digits and hyphens, at most 64, or empty")]
    public string TraceHeader { get; init; } = "";

    [Setting("what HELO and sender add to the score, in all profiles: each rule whose conditions all match adds its weight; at least one"
        + " condition", Name = "rule")]
    public ImmutableArray<PolicyRuleOptions> Rules { get; init; } = [];
}

/// <summary>Adds a weight when all the given fields match.</summary>
internal sealed record PolicyRuleOptions
{
    [Setting("found in the HELO name", Example = "\"(?i)^localhost$\"")]
    public Regex? Helo { get; init; }

    [Setting("found in the envelope sender; an empty one is a bounce", Example = "\"^$\"")]
    public Regex? Sender { get; init; }

    // What the client itself claims never counts in its favour, so there are no negative weights.
    [Setting("what a match adds to the score")]
    [Between(1, 100)]
    public int Weight { get; init; } = 1;
}
