using System.Collections.Immutable;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Envelope;

/// <summary>
/// HELO and sender, which only the policy door knows, with the rules of [[policy.rule]]. No source is asked: the query itself is the
/// answer. At other doors there is no such check.
/// </summary>
public sealed record EnvelopePlan(ImmutableArray<EnvelopeRule> Rules)
    : CheckPlan<EnvelopeAnswer>("envelope", "envelope", EnvelopeAnswer.Kind)
{
    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(0, Rules.Sum(r => r.Weight));

    /// <inheritdoc/>
    public override AskedAt AskedAt => AskedAt.Query;

    /// <inheritdoc/>
    public override CheckAnswer? AnswerIn(string? helo, string? sender)
    {
        if ((helo ?? sender) is null)
            return null; // Another door: even a rule without conditions is about the envelope.
        foreach (var rule in Rules)
        {
            if (rule.Matches(helo, sender))
                return new EnvelopeAnswer(helo, sender);
        }

        return null;
    }

    /// <inheritdoc/>
    protected override WeighedAnswer Weigh(EnvelopeAnswer answer)
    {
        var (helo, sender) = answer;
        var matching = Rules.Where(r => r.Matches(helo, sender)).ToList();
        if (matching.Count == 0)
            return default;
        var words = ImmutableArray.CreateBuilder<string>();
        if (matching.Exists(r => r.Helo is not null))
            words.Add($"helo {PeerText.Clean(helo!)}");
        if (matching.Exists(r => r.Sender is not null))
            words.Add($"sender {PeerText.Clean(sender!)}");
        var weight = matching.Sum(r => r.Weight);
        var reason = $"envelope: {string.Join(", ", words)}";
        return new WeighedAnswer(default(Contribution).Plus(weight), words.ToImmutable(), null, reason);
    }
}

/// <summary>The envelope as the query has it; made only if a rule matches it.</summary>
public sealed record EnvelopeAnswer(string? Helo, string? Sender) : CheckAnswer
{
    /// <summary>The word for this kind of check; the decision log calls what the query itself holds evidence.</summary>
    public const string Kind = "evidence";

    /// <inheritdoc/>
    public override Knowledge Knowledge => Knowledge.Known;
}
