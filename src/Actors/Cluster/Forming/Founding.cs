using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;

namespace Screening.Actors.Cluster.Forming;

/// <summary>What <see cref="Founding"/> knows of its node from the start.</summary>
/// <param name="Self">Its address.</param>
/// <param name="IsCache">It may found a cluster.</param>
/// <param name="HasLock">There is a database with a lock for the founder.</param>
/// <param name="Expected">Nodes of role cache that there should be; 0: not configured.</param>
/// <param name="Seeds">Seeds as configured.</param>
internal sealed record FoundingRules(Address Self, bool IsCache, bool HasLock, int Expected, int Seeds)
{
    /// <summary>
    /// Rounds in which the same nodes must answer before the first of them founds. Nodes that start together see each other appear one by
    /// one, and the lowest address of the first round is seldom that of the third.
    /// </summary>
    public int StableRounds { get; init; } = 3;

    /// <summary>
    /// Rounds in which a database that was away must answer before a node asks it for the lock. As long as members take to renew it twice:
    /// a lock that ran out while the database was away is still theirs.
    /// </summary>
    public int QuietRounds { get; init; } = 12;
}

/// <summary>
/// Decides from a finished round whether to join, to found, or to wait. Pure but for what it remembers of the rounds before.
/// <list type="bullet">
/// <item>A cluster that lets this node in is joined, before anything else.</item>
/// <item>Without a database the lowest address of those that answer founds, once more than half of the expected nodes have answered, none
/// of them in a cluster or on the way into one, and the same ones in several rounds. A node that is cut off has no majority and founds
/// nothing.</item>
/// <item>With a database its lock alone decides. Denied means wait; so does a database that cannot be asked, since a cluster that still
/// holds the lock may be out of reach. Votes that overruled a held lock made two clusters on one database.</item>
/// </list>
/// </summary>
internal sealed class Founding(FoundingRules rules)
{
    // Enough to find one that is reachable, and Akka asks each of them in turn.
    private const int MostMembers = 8;

    private ImmutableArray<Address> _lastVoters = [];
    private int _stable;

    // Below 0: rounds that the database must still answer before it is asked for the lock.
    private int _quiet;
    private Round _round = new(0);

    /// <summary>Decides from what other nodes answered.</summary>
    public Decision Decide(Round round)
    {
        _round = round;
        var open = round.Answered.Values.Where(answer => answer.IsOpen).ToList();
        var voters = Voters(open);
        _stable = voters.SequenceEqual(_lastVoters) ? _stable + 1 : 1;
        _lastVoters = voters;
        var needed = rules.Expected > 0 ? rules.Expected : Math.Max(rules.Seeds, round.Places);
        var isMajority = voters.Length * 2 > needed;

        if (Best(open) is { } best)
            return Join(best, open);

        // A node that refuses this one may be alone with another configuration, or be the fleet that this one does not belong to. Only a
        // majority with this node's own settings tells.
        if (round.Answered.Values.FirstOrDefault(answer => !answer.IsOpen) is { } refusing && !(rules.IsCache && isMajority))
            return new Decision.Refused($"{refusing.From.Label} does not let this node in: {refusing.Refusal}");

        // It may be founding this very moment. It is a member within seconds, or gives up.
        if (open.Find(answer => answer.Phase == NodePhase.Joining) is { } joining)
            return new Decision.Wait($"{joining.From.Label} is about to join or found a cluster");
        if (!rules.IsCache)
            return Wait("no node of role cache that is in a cluster answers");
        if (rules.HasLock)
            return _quiet < 0 ? new Decision.TestDatabase() : new Decision.AcquireLock();
        if (!isMajority)
            return Wait(FormattableString.Invariant($"{voters.Length} of {needed} nodes answer, and none is in a cluster"));
        return Elect(voters);
    }

    /// <summary>Decides from what the database answered.</summary>
    public Decision Decide(LockAnswer answer)
    {
        _quiet = answer.State switch
        {
            LockState.Unknown => -rules.QuietRounds,
            LockState.NotAsked => Math.Min(0, _quiet + 1),
            _ => _quiet,
        };
        return answer.State switch
        {
            LockState.Taken => new Decision.Found(),
            LockState.Held => Wait("the database says that there is a cluster, but no member of it answers"),
            LockState.NotAsked => new Decision.Wait(
                "the database was unreachable; a cluster that is still running may renew its lock first"),
            _ => Wait($"the database cannot be asked whether there is a cluster: {answer.Fault}"),
        };
    }

    // Those that could found a cluster together with this node, in an order that all of them share. An edge has no vote: it holds no part
    // of the whitelist, and two edges cut off from the caches must not make a cluster.
    private ImmutableArray<Address> Voters(IEnumerable<NodePresence> open) =>
    [
        .. open.Where(answer => answer.From.IsCache && answer.Phase == NodePhase.Looking).Select(answer => answer.From.Address)
            .Append(rules.Self).Order(Member.AddressOrdering),
    ];

    // By address and not by ballot: ballots of nodes whose rounds were out of step could stay undecided.
    private Decision Elect(ImmutableArray<Address> voters)
    {
        if (voters[0] != rules.Self)
            return new Decision.Wait($"{voters[0].Endpoint} has the lowest address and will found the cluster");
        return _stable >= rules.StableRounds || _round.Asked.IsEmpty
            ? new Decision.Found()
            : new Decision.Wait("this node founds a cluster as soon as the same nodes have answered for some rounds");
    }

    // The larger cluster, and of two equal ones the same for all that look: Rivals ends the other.
    private static NodePresence? Best(IEnumerable<NodePresence> open) => open
        .Where(answer => answer.Phase == NodePhase.Member)
        .OrderByDescending(answer => answer.CacheMembers).ThenBy(answer => answer.ClusterId, StringComparer.Ordinal).FirstOrDefault();

    // Only members that answered: the others may stay silent for long.
    private static Decision.Join Join(NodePresence best, IEnumerable<NodePresence> open) => new(
        best.ClusterId,
        best.From,
        [.. open.Where(answer => answer.Phase == NodePhase.Member && answer.ClusterId == best.ClusterId)
            .Take(MostMembers).Select(answer => answer.From.Address)]);

    // A node that accepts connections but does not answer is usually asked by another address than its own: remoting drops what is not
    // addressed exactly as the receiver is known, and neither side would ever find out by itself.
    private Decision.Wait Wait(string reason)
    {
        var silent = string.Join(", ", _round.Silent.Select(address => address.Endpoint));
        return new Decision.Wait(silent.Length == 0 ? reason : $"{reason}; {silent} can be reached but does not answer by this address");
    }
}
