namespace Screening.Actors.Checks;

/// <summary>The least and the most that a check can add to a score.</summary>
/// <param name="Least">Zero, or the sum of its negative weights.</param>
/// <param name="Most">Zero, or the sum of its positive weights.</param>
public readonly record struct WeightRange(int Least, int Most);

/// <summary>What a check's answer adds to a score. Kept apart because the total of what speaks for a client is capped.</summary>
/// <param name="Against">Zero or more.</param>
/// <param name="For">Zero or less.</param>
public readonly record struct Contribution(int Against, int For)
{
    /// <summary>The answer's own weight.</summary>
    public int Weight => Against + For;

    /// <summary>Adds one weight on the side it belongs to.</summary>
    public Contribution Plus(int weight) => weight > 0 ? this with { Against = Against + weight } : this with { For = For + weight };
}
