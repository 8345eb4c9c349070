using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>One [[policy.rule]]: every condition that is given must hold.</summary>
/// <param name="Weight">What it adds; more than zero, since HELO and sender are claims of the client.</param>
public sealed record EnvelopeRule(int Weight)
{
    /// <summary>Matches the HELO; null: any.</summary>
    public Regex? Helo { get; init; }

    /// <summary>Matches the envelope sender, which is empty for a bounce.</summary>
    public Regex? Sender { get; init; }

    /// <summary>True if every given condition holds. A condition on an unknown value never holds.</summary>
    public bool Matches(string? helo, string? sender) => IsMatch(Helo, helo) && IsMatch(Sender, sender);

    private static bool IsMatch(Regex? pattern, string? text) => pattern is null || (text is not null && pattern.IsMatch(text));
}

/// <summary>
/// HELO and sender, which only the policy door knows, with the rules of [[policy.rule]]. No source is asked: the query itself is the
/// answer. At other doors there is no such check.
/// </summary>
public sealed record EnvelopePlan(ImmutableArray<EnvelopeRule> Rules) : CheckPlan("envelope", "envelope", CheckKind.Evidence)
{
    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(0, Rules.Sum(r => r.Weight));

    /// <summary>True if any rule matches.</summary>
    public bool Matches(string? helo, string? sender)
    {
        foreach (var rule in Rules)
        {
            if (rule.Matches(helo, sender))
                return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public override WeighedAnswer Weigh(CheckAnswer answer)
    {
        if (answer is not EnvelopeAnswer { Helo: var helo, Sender: var sender })
            return default;
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
        return new WeighedAnswer(default(Contribution).Plus(weight), Says: true, words.ToImmutable(), null, reason);
    }
}

/// <summary>The envelope as the query has it.</summary>
internal sealed record EnvelopeAnswer(string? Helo, string? Sender) : CheckAnswer;
