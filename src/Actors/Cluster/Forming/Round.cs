using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;

namespace Screening.Actors.Cluster.Forming;

/// <summary>
/// One round of questions: who was asked, who answered, and whether it is over. A node counts once, by the address that it was asked at; an
/// answer of another round, of a node that was not asked, or a second one changes nothing.
/// </summary>
internal sealed record Round(long Id)
{
    /// <summary>True when it is known whom to ask.</summary>
    public bool HasBegun { get; init; }

    /// <summary>The nodes asked, this one not among them.</summary>
    public ImmutableSortedSet<Address> Asked { get; init; } = ImmutableSortedSet.Create(Member.AddressOrdering);

    /// <summary>What they answered, in order of address.</summary>
    public ImmutableSortedDictionary<Address, NodePresence> Answered { get; init; } =
        ImmutableSortedDictionary.Create<Address, NodePresence>(Member.AddressOrdering);

    /// <summary>Different nodes that the seeds stand for, this node among them.</summary>
    public int Places { get; init; }

    /// <summary>When they were asked, as a timestamp of the clock.</summary>
    public long AskedAt { get; init; }

    /// <summary>True when nobody is left to answer.</summary>
    public bool IsOver => HasBegun && Answered.Count == Asked.Count;

    /// <summary>Nodes that were asked and have not answered.</summary>
    public IEnumerable<Address> Silent => Asked.Where(address => !Answered.ContainsKey(address));

    public Round Asking(IEnumerable<Address> nodes, int places = 0, long at = 0) =>
        this with { HasBegun = true, Asked = Asked.Union(nodes), Places = places, AskedAt = at };

    public Round With(NodePresence answer) =>
        answer.Round == Id && Asked.Contains(answer.From.Address) && !Answered.ContainsKey(answer.From.Address)
            ? this with { Answered = Answered.Add(answer.From.Address, answer) }
            : this;
}
