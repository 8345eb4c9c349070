using Akka.Actor;
using Akka.Cluster;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// Tells every node what is new in the buckets that this node holds: at once when there was quiet, else in batches, so that a node gets few
/// messages however many clients pass. Order is kept for each bucket. Passes and times may be dropped when there are too many, for they are only a
/// help; revocations never are.
/// </summary>
internal sealed class NewsSender : UntypedActor, IWithTimers
{
    /// <summary>The actor's name, and where the news go at each node.</summary>
    public const string ReceiverName = "news";

    private const int MaxItemsPerMessage = 500;
    private const int MaxWaiting = 20_000;

    // Beyond so many nodes an entry costs more on the way than it saves: nodes without shards then ask when they need it.
    private const int MaxNodesTold = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<Address, (ActorSelection Receiver, bool IsCache)> _nodes = [];
    private readonly string _cacheRole;
    private List<NewsItem> _waiting = [];

    public NewsSender(string cacheRole) => _cacheRole = cacheRole;

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(string cacheRole) => Props.Create(() => new NewsSender(cacheRole));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NewsItem item:
                Take(item);
                break;
            case Due:
                Send();
                break;
            case RuleNews rules:
                foreach (var (receiver, _) in _nodes.Values)
                    receiver.Tell(rules);
                break;
            case ClusterEvent.MemberRemoved removed:
                _nodes.Remove(removed.Member.Address);
                break;
            case ClusterEvent.IMemberEvent { Member: var member }:
                var path = new RootActorPath(member.Address) / "user" / ReceiverName;
                _nodes[member.Address] = (Context.ActorSelection(path), member.HasRole(_cacheRole));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Take(NewsItem item)
    {
        _waiting.Add(item);
        if (_waiting.Count > MaxWaiting)
            _waiting = [.. _waiting.Where(i => i is RevocationNews), .. _waiting.Where(i => i is not RevocationNews).Skip(MaxWaiting / 2)];
        if (!Timers.IsTimerActive(nameof(Due)))
            Send();
    }

    private void Send()
    {
        if (_waiting.Count == 0)
            return;
        foreach (var items in _waiting.Chunk(MaxItemsPerMessage))
        {
            var news = new WhitelistNews([.. items]);
            foreach (var (receiver, isCache) in _nodes.Values)
            {
                if (isCache || _nodes.Count <= MaxNodesTold || items.Any(i => i is RevocationNews))
                    receiver.Tell(news);
            }
        }

        _waiting = [];
        Timers.StartSingleTimer(nameof(Due), Due.Instance, Interval);
    }

    private sealed class Due
    {
        public static readonly Due Instance = new();
    }
}
