namespace Screening.Actors.Checks;

/// <summary>What an answer is worth as knowledge about the client.</summary>
public enum Knowledge : byte
{
    /// <summary>The source knows the client: listed, vouched for, seen.</summary>
    Known,

    /// <summary>The source answers for every client, and this one is not among those it has something against or for: not listed.</summary>
    NotListed,

    /// <summary>The source has not met the client yet, and may know it at the next question. A pass must not rest on this.</summary>
    NeverSeen,
}

/// <summary>A check's answer, before it is weighed. Each kind of check has one type of it, which belongs to no other kind.</summary>
public abstract record CheckAnswer
{
    /// <summary>What it says about the client.</summary>
    public abstract Knowledge Knowledge { get; }

    /// <summary>
    /// True if the source may be asked for its own words about the client (<see cref="AskText"/>), and this answer came without them.
    /// </summary>
    public virtual bool LacksWords => false;
}

/// <summary>An answer that is kept for later questions, and so for the other nodes whose clients live at this one.</summary>
/// <typeparam name="TSelf">The answer's own type.</typeparam>
public interface IKeptAnswer<TSelf>
    where TSelf : CheckAnswer
{
    /// <summary>How long it answers further questions; zero: not at all.</summary>
    TimeSpan Life(KeepSettings settings);

    /// <summary>The same answer some time later: with the lifetime that is left.</summary>
    TSelf Aged(TimeSpan passed);
}

/// <summary>How a check keeps its answers.</summary>
/// <param name="FailShare">How long an answer that speaks against a client is kept; zero: not at all.</param>
/// <param name="Longest">How long any answer is kept at most.</param>
/// <param name="MaxAnswers">How many answers are kept.</param>
public sealed record KeepSettings(TimeSpan FailShare, TimeSpan Longest, int MaxAnswers);
