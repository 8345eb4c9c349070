namespace Screening.Actors.Whitelist;

/// <summary>
/// How far a bucket's revocations are known: the number of the bucket's life, and of its latest revocation. Tells news, passes and
/// answers that are too old from those that hold, by the bucket's own numbers and never by a clock.
/// </summary>
/// <remarks>
/// Clocks of nodes differ, and news overtake each other: a pass told before a revocation may arrive after it. Only the bucket, which is one
/// writer, knows the order, so its numbers go with everything that it tells.
/// <list type="bullet">
/// <item>Each start of a bucket begins a life with a larger number than any before it.</item>
/// <item>A life begins its sequence of changes at its own number, so no two revocations of a bucket ever share a number.</item>
/// <item><c>default</c> is "not known" and tells nothing: a bucket that has not recovered yet, a node that has not heard of it.</item>
/// </list>
/// </remarks>
/// <param name="Life">Larger at each start of the bucket; milliseconds since 1970 at its start, or more.</param>
/// <param name="Revocation">The bucket's sequence number of its latest revocation; 0: it knows of none.</param>
internal readonly record struct Epoch(long Life, long Revocation) : IComparable<Epoch>
{
    /// <summary>False for <c>default</c>, which tells nothing.</summary>
    public bool IsKnown => Life != 0;

    public static bool operator <(Epoch left, Epoch right) => left.CompareTo(right) < 0;

    public static bool operator >(Epoch left, Epoch right) => left.CompareTo(right) > 0;

    public static bool operator <=(Epoch left, Epoch right) => left.CompareTo(right) <= 0;

    public static bool operator >=(Epoch left, Epoch right) => left.CompareTo(right) >= 0;

    public int CompareTo(Epoch other) => (Life, Revocation).CompareTo((other.Life, other.Revocation));
}
