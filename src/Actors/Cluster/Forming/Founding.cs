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
    /// <summary>Rounds in which the same nodes must answer before the first of them founds.</summary>
    public int StableRounds { get; init; } = 3;

    /// <summary>Rounds in which a database that was away must answer before a node asks it for the lock.</summary>
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
/// holds the lock may be out of reach.</item>
/// </list>
/// </summary>
internal sealed class Founding(FoundingRules rules)
{
    private const int MostMembers = 8;

    private ImmutableArray<Address> _last = [];
    private int _stable;
    private int _quiet;
    private Round _round = new(0);

    /// <param name="places">Different addresses that the seeds stand for, this node's among them if it is a seed.</param>
    public Decision Decide(Round round, int places)
    {
        _round = round;
        var open = round.Answered.Values.Where(answer => answer.IsOpen).ToList();
        var voters = open.Where(answer => answer.From.IsCache && answer.Phase == NodePhase.Looking).Select(answer => answer.From.Address)
            .Append(rules.Self).Order(Member.AddressOrdering).ToImmutableArray();
        var needed = rules.Expected > 0 ? rules.Expected : Math.Max(rules.Seeds, places);
        var isMajority = voters.Length * 2 > needed;
        _stable = voters.SequenceEqual(_last) ? _stable + 1 : 1;
        _last = voters;

        if (Best(open) is { } best)
            return Join(best, open);
        if (round.Answered.Values.FirstOrDefault(answer => !answer.IsOpen) is { } refusing && !(rules.IsCache && isMajority))
            return new Decision.Refused($"{Describe(refusing.From)} does not let this node in: {refusing.Refusal}");
        if (open.Find(answer => answer.Phase == NodePhase.Joining) is { } joining)
            return new Decision.Wait($"{Describe(joining.From)} is about to join or found a cluster");
        if (!rules.IsCache)
            return Wait("no node of role cache that is in a cluster answers");
        if (rules.HasLock)
            return _quiet < 0 ? new Decision.TestDatabase() : new Decision.TakeLock();
        if (!isMajority)
            return Wait(FormattableString.Invariant($"{voters.Length} of {needed} nodes answer, and none is in a cluster"));
        if (voters[0] != rules.Self)
            return new Decision.Wait($"{HostPortOf(voters[0])} has the lowest address and will found the cluster");
        return _stable >= rules.StableRounds || round.Asked.IsEmpty
            ? new Decision.Found()
            : new Decision.Wait("this node founds a cluster as soon as the same nodes have answered for some rounds");
    }

    /// <summary>Decides from what the database answered.</summary>
    public Decision Decide(LockAnswer answer)
    {
        // Members prolong the lock now and then. One that ran out while the database was away is theirs until they had time to do so.
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
            LockState.NotAsked => new Decision.Wait("the database was unreachable; a cluster that is still running may renew its lock first"),
            _ => Wait($"the database cannot be asked whether there is a cluster: {answer.Fault}"),
        };
    }

    // The larger cluster, and of two equal ones the same for all that look.
    private static NodePresence? Best(IEnumerable<NodePresence> open) => open
        .Where(answer => answer.Phase == NodePhase.Member)
        .OrderByDescending(answer => answer.CacheMembers).ThenBy(answer => answer.ClusterId, StringComparer.Ordinal).FirstOrDefault();

    // Only members that answered: the others may stay silent for long.
    private static Decision.Join Join(NodePresence best, IEnumerable<NodePresence> open) => new(
        best.ClusterId,
        best.From,
        [.. open.Where(answer => answer.Phase == NodePhase.Member && answer.ClusterId == best.ClusterId)
            .Take(MostMembers).Select(answer => answer.From.Address)]);

    // A node that accepts connections but does not answer is usually asked by another address than its own.
    private Decision.Wait Wait(string reason) => new(
        _round.Silent.Any()
            ? $"{reason}; {string.Join(", ", _round.Silent.Select(HostPortOf))} can be reached but does not answer by this address"
            : reason);

    public static string Describe(NodeIdentity node) => $"{node.Node} ({HostPortOf(node.Address)})";

    public static string HostPortOf(Address address) => FormattableString.Invariant($"{address.Host}:{address.Port}");
}
