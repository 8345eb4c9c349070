using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Screening.Node.Telemetry;

namespace Screening.Node.Configuration;

/// <summary>What the policy door answers. <c>{client}</c> and <c>{reason}</c> are filled in. <c>[policy]</c></summary>
internal sealed record PolicyOptions
{
    private const string Refusal = "550 5.7.1 Service unavailable; client [{client}] refused: {reason}";

    /// <summary>The action of an access(5) table for enforce; one line. Never one that permits.</summary>
    [AccessAction]
    public string EnforceText { get; init; } = Refusal;

    /// <summary>The action of an access(5) table for drop; one line. Never one that permits.</summary>
    [AccessAction]
    public string DropText { get; init; } = Refusal;

    /// <summary>True: the answer is always <c>DUNNO</c>, and what it would have been is logged (warn_if_reject).</summary>
    public bool Shadow { get; init; }

    /// <summary>Name of a header with the score, added to mail that is let in; empty: none.</summary>
    [Shaped("|[A-Za-z][A-Za-z0-9-]{0,63}", "a header's name: letters, digits and hyphens, at most 64, or empty")]
    public string TraceHeader { get; init; } = "";

    /// <summary>What HELO and sender add to the score; each rule that matches counts. <c>[[policy.rule]]</c></summary>
    [SettingName("rule")]
    public ImmutableArray<PolicyRuleOptions> Rules { get; init; } = [];
}

/// <summary>Adds a weight when all the given fields match. At least one must be given. <c>[[policy.rule]]</c></summary>
internal sealed record PolicyRuleOptions
{
    /// <summary>Regular expression found in the HELO, such as <c>^\[?192\.0\.2\.</c> or <c>(?i)^localhost$</c>.</summary>
    public Regex? Helo { get; init; }

    /// <summary>Regular expression found in the envelope sender; <c>^$</c> is a bounce.</summary>
    public Regex? Sender { get; init; }

    /// <summary>What a match adds. 1..100: what the client itself claims never counts in its favour.</summary>
    [Between(1, 100)]
    public int Weight { get; init; } = 1;
}
