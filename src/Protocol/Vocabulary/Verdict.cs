namespace Screening.Protocol.Vocabulary;

/// <summary>The final answer about a client.</summary>
/// <param name="Action">What postscreen shall do.</param>
/// <param name="Allow">
/// The evidence for the client is so strong that other tests may be skipped. Only with <see cref="VerdictAction.Pass"/>.
/// </param>
/// <param name="TtlSeconds">How long the answer holds, whole seconds; at least 1 with a pass, 0 with anything else.</param>
/// <param name="Score">The sum of weights that led here.</param>
/// <param name="Source">Where it came from.</param>
public readonly record struct Verdict(VerdictAction Action, bool Allow, int TtlSeconds, int Score, VerdictSource Source)
{
    /// <summary>True if it came from this node's memory, so that nothing had to be asked.</summary>
    public bool IsHit => Source
        is VerdictSource.Near or VerdictSource.Permit or VerdictSource.Reject or VerdictSource.Grant or VerdictSource.Ban;
}
