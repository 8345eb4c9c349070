using Screening.Actors.Checks;
using Screening.Actors.Profiles;

namespace Screening.Actors.Screening;

/// <summary>
/// Adds up the weights of the answers about one client and tells when the verdict is certain. Pure arithmetic: no clock, no messages.
/// Invariant: each slot is settled at most once, by an answer, by a miss, or by being left out.
/// </summary>
public sealed class ScoreBoard(VerdictSettings settings, IReadOnlyList<WeightRange> slots)
{
    private readonly bool[] _settled = new bool[slots.Count];
    private WeightRange _pending = Sum(slots);
    private WeightRange _missed;
    private Contribution _sum;
    private int _answered;

    /// <summary>Checks that have neither answered nor failed.</summary>
    public int PendingCount { get; private set; } = slots.Count;

    /// <summary>True once at least one check has answered, even if it has nothing against the client.</summary>
    public bool IsAnythingKnown => _answered > 0;

    /// <summary>The score of the answers so far.</summary>
    public int Score => ScoreWith(default, worst: false);

    /// <summary>True if the slot has been settled.</summary>
    public bool IsSettled(int slot) => _settled[slot];

    /// <summary>A check answered. False if that slot was settled before.</summary>
    public bool Add(int slot, Contribution contribution)
    {
        if (!Settle(slot))
            return false;
        _answered++;
        _sum = new Contribution(_sum.Against + contribution.Against, _sum.For + contribution.For);
        return true;
    }

    /// <summary>A check failed; what it could have added stays unknown. False if that slot was settled before.</summary>
    public bool Miss(int slot)
    {
        if (!Settle(slot))
            return false;
        _missed = new WeightRange(_missed.Least + slots[slot].Least, _missed.Most + slots[slot].Most);
        return true;
    }

    /// <summary>
    /// True if nothing that is pending can change the action, nor, where that matters, whether a pass is an allow.
    /// A failed check will not answer any more, so that waiting for it is pointless.
    /// </summary>
    public bool IsDecided(bool allowMatters) => IsCertain(_pending, allowMatters);

    /// <summary>
    /// True if neither what is pending nor what has failed could change the action nor, where that matters, whether a pass is an allow.
    /// </summary>
    public bool IsComplete(bool allowMatters) =>
        IsCertain(new WeightRange(_pending.Least + _missed.Least, _pending.Most + _missed.Most), allowMatters);

    // A higher score never has a milder outcome: if the ends of a range agree, all between them do.
    private bool IsCertain(WeightRange open, bool allowMatters)
    {
        var best = settings.Outcome(ScoreWith(open, worst: false));
        var worst = settings.Outcome(ScoreWith(open, worst: true));
        return best.Action == worst.Action && (!allowMatters || best.Allow == worst.Allow);
    }

    // Weights against and for are summed apart, since those for the client count down to allow_cap only: otherwise a row of allowlists
    // could excuse any listing.
    private int ScoreWith(WeightRange open, bool worst) => worst
        ? _sum.Against + open.Most + Math.Max(_sum.For, settings.AllowCap)
        : _sum.Against + Math.Max(_sum.For + open.Least, settings.AllowCap);

    private bool Settle(int slot)
    {
        if (_settled[slot])
            return false;
        _settled[slot] = true;
        PendingCount--;
        _pending = new WeightRange(_pending.Least - slots[slot].Least, _pending.Most - slots[slot].Most);
        return true;
    }

    private static WeightRange Sum(IReadOnlyList<WeightRange> ranges)
    {
        int least = 0, most = 0;
        foreach (var range in ranges)
        {
            least += range.Least;
            most += range.Most;
        }

        return new WeightRange(least, most);
    }
}
