namespace Screening.Node.Configuration;

/// <summary>What the policy door answers. <c>{client}</c> and <c>{reason}</c> are filled in. <c>[policy]</c></summary>
internal sealed record PolicyOptions
{
    private const string Refusal = "550 5.7.1 Service unavailable; client [{client}] refused: {reason}";

    /// <summary>The action of an access(5) table for enforce; one line.</summary>
    [Shaped("[^\\x00-\\x1f\\x7f]{1,512}", "one line of 1 to 512 characters")]
    public string EnforceText { get; init; } = Refusal;

    /// <summary>The action of an access(5) table for drop; one line.</summary>
    [Shaped("[^\\x00-\\x1f\\x7f]{1,512}", "one line of 1 to 512 characters")]
    public string DropText { get; init; } = Refusal;

    /// <summary>True: always <c>DUNNO</c>; what would have been said is only logged (warn_if_reject).</summary>
    public bool Shadow { get; init; }
}
