using System.Text.RegularExpressions;

namespace Screening.Actors.Checks.Envelope;

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
