using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Custom;

/// <summary>A custom check with the weight of each action. A reply's own score, where it gives one, counts instead.</summary>
/// <param name="Weights">
/// Weight by <see cref="VerdictAction"/>. Waiting considers their range only; a score beyond it counts if it is there.
/// </param>
public sealed record CustomPlan(string Source, string Name, ImmutableArray<int> Weights)
    : CheckPlan<CustomAnswer>(Source, Name, CustomAnswer.Kind)
{
    /// <summary>A reply's own score is limited to minus this..this.</summary>
    public const int ScoreLimit = 100;

    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(Math.Min(0, Weights.Min()), Math.Max(0, Weights.Max()));

    /// <inheritdoc/>
    public override bool IsToldEnvelope => true;

    /// <inheritdoc/>
    protected override WeighedAnswer Weigh(CustomAnswer answer)
    {
        var reply = answer.Reply;
        var weight = reply.Score is { } score ? Math.Clamp(score, -ScoreLimit, ScoreLimit) : Weights[(int)reply.Action];
        return new WeighedAnswer(
            default(Contribution).Plus(weight), [reply.Action.Word()], reply.TtlSeconds, ReasonOf(reply, weight));
    }

    private string? ReasonOf(CustomReply reply, int weight) =>
        weight == 0 && reply.Reason is null ? null
        : reply.Reason is null ? $"{Name} says {reply.Action.Word()}"
        : $"{Name} says {reply.Action.Word()}: {PeerText.Clean(reply.Reason)}";
}
