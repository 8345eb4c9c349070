using Akka.Actor;
using Akka.Cluster;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Cluster.Forming;

/// <summary>The members as the cluster's events tell them.</summary>
internal sealed class Membership
{
    private readonly SortedDictionary<Address, Member> _members = new(Member.AddressOrdering);
    private readonly HashSet<Address> _unreachable = [];

    // By the life of a node, not by its address: the next one at that address has said nothing.
    private readonly HashSet<UniqueAddress> _gone = [];

    public IEnumerable<Member> All => _members.Values;

    public IEnumerable<Member> Caches => All.Where(IsCache);

    public bool HasUnreachable => _unreachable.Count > 0;

    /// <summary>True if more than half of those that hold shards are reached.</summary>
    public bool HasMajority => Caches.Count(member => !_unreachable.Contains(member.Address)) * 2 > Caches.Count();

    /// <summary>The member of role cache that has been one for longest.</summary>
    public Member? Oldest => Caches.Aggregate(
        (Member?)null, (oldest, member) => oldest is null || member.IsOlderThan(oldest) ? member : oldest);

    /// <summary>True if all other members of role cache have ended, and this one was not downed.</summary>
    public bool IsOnlyCache(Address self) => Caches.All(
        member => member.Address == self ? member.Status != MemberStatus.Down : _gone.Contains(member.UniqueAddress));

    public MemberStatus? StatusOf(Address address) => _members.TryGetValue(address, out var member) ? member.Status : null;

    public bool Contains(Address address) => _members.ContainsKey(address);

    public void Reset(ClusterEvent.CurrentClusterState state)
    {
        foreach (var member in state.Members)
            _members[member.Address] = member;
        _unreachable.UnionWith(state.Unreachable.Select(member => member.Address));
    }

    public void Apply(ClusterEvent.IMemberEvent change)
    {
        if (change is ClusterEvent.MemberRemoved)
        {
            _members.Remove(change.Member.Address);
            _unreachable.Remove(change.Member.Address);
            _gone.Remove(change.Member.UniqueAddress);
        }
        else
        {
            _members[change.Member.Address] = change.Member;
        }
    }

    public void Apply(ClusterEvent.ReachabilityEvent change)
    {
        if (change is ClusterEvent.UnreachableMember)
            _unreachable.Add(change.Member.Address);
        else
            _unreachable.Remove(change.Member.Address);
    }

    /// <summary>
    /// Notes that a member said that it ends. It can stay on the list for long after, since who leaves while another one does is not seen
    /// to have left before it is found to be unreachable.
    /// </summary>
    public void NoteEnd(Address address)
    {
        if (_members.TryGetValue(address, out var member))
            _gone.Add(member.UniqueAddress);
    }

    /// <summary>The members for operators, in order of address.</summary>
    public IEnumerable<ClusterMember> List(Func<Address, string> nameOf) => All.Select(member => new ClusterMember(
        nameOf(member.Address), member.Address.Endpoint, [.. member.Roles.Order(StringComparer.Ordinal)], StateOf(member)));

    private string StateOf(Member member) =>
        _unreachable.Contains(member.Address) ? "unreachable" : member.Status switch
        {
            MemberStatus.Joining or MemberStatus.WeaklyUp => "joining",
            MemberStatus.Up => "up",
            MemberStatus.Leaving => "leaving",
            MemberStatus.Exiting => "exiting",
            _ => "down",
        };

    public static bool IsCache(Member member) => member.HasRole(WhitelistRegion.CacheRole);
}
