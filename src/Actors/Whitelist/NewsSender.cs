using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>A node that is to hear the news. Sent again when something of it changes.</summary>
/// <param name="Receiver">Its <see cref="NewsReceiver"/>.</param>
/// <param name="IsCache">It holds shards; such a node hears all news, however many nodes there are.</param>
internal sealed record NewsReceiverFound(Address Node, ICanTell Receiver, bool IsCache);

/// <summary>A node is gone for good.</summary>
internal sealed record NewsReceiverGone(Address Node);

/// <summary>
/// Tells every node what is new in the buckets that this node holds: at once while that is little, else in batches, so that a node gets
/// few messages however many clients pass. Order is kept for each bucket. When too many wait, the oldest passes and times are dropped
/// where they stand, for they are only a help; revocations never are.
/// </summary>
internal sealed class NewsSender : UntypedActor, IWithTimers
{
    /// <summary>The name of the <see cref="NewsReceiver"/> at each node.</summary>
    public const string ReceiverName = "news";

    /// <summary>Passes and times that wait at most.</summary>
    public const int MaxWaiting = 20_000;

    /// <summary>
    /// Messages that are sent at once within 10 ms, to all nodes together; what comes after them goes as a batch at the end of that time.
    /// </summary>
    public const int MessagesAtOnce = 100;

    private const int MaxItemsPerMessage = 500;

    // Beyond so many nodes an entry costs more on the way than it saves: nodes without shards then ask when they need it.
    private const int MaxNodesTold = 200;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<Address, NewsReceiverFound> _nodes = [];
    private readonly List<NewsItem> _waiting = [];
    private readonly WhitelistMeter _meter;
    private readonly TimeProvider _time;
    private long _oldest;
    private int _sentAtOnce;

    public NewsSender(WhitelistMeter meter, TimeProvider time) => (_meter, _time) = (meter, time);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(WhitelistMeter meter, TimeProvider time) => Props.Create(() => new NewsSender(meter, time));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case NewsItem item:
                Enqueue(item);
                break;
            case Due:
                _sentAtOnce = 0;
                Send();
                break;
            case GrantsChanged or GrantsUpToDate or ReportGrants:
                foreach (var node in _nodes.Values)
                    node.Receiver.Tell(message, Self);
                break;
            case NewsReceiverFound found:
                _nodes[found.Node] = found;
                break;
            case NewsReceiverGone gone:
                _nodes.Remove(gone.Node);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Enqueue(NewsItem item)
    {
        if (_waiting.Count == 0)
            _oldest = _time.GetTimestamp();
        _waiting.Add(item);
        if (!Timers.IsTimerActive(nameof(Due)) || (_waiting.Count == 1 && _sentAtOnce < MessagesAtOnce))
            Send();
        else if (_waiting.Count > MaxWaiting)
            DropOldest(MaxWaiting / 2);
    }

    private void DropOldest(int count) => _meter.AddPushDropped(_waiting.RemoveAll(item => item is not RevocationNews && count-- > 0));

    private void Send()
    {
        if (_waiting.Count == 0)
            return;
        for (var first = 0; first < _waiting.Count;)
        {
            var count = CountThatFits(first);
            Tell(_waiting.GetRange(first, count));
            first += count;
        }

        _waiting.Clear();
        _sentAtOnce += _nodes.Count;
        _meter.AddPush(_time.GetElapsedTime(_oldest));
        if (!Timers.IsTimerActive(nameof(Due)))
            Timers.StartSingleTimer(nameof(Due), Due.Instance, Interval);
    }

    // A message of the cluster has a limit of bytes: networks of a revocation count as items.
    private int CountThatFits(int first)
    {
        var (count, room) = (0, MaxItemsPerMessage);
        do
            room -= _waiting[first + count++] is RevocationNews revocation ? revocation.Networks.Length : 1;
        while (room > 0 && first + count < _waiting.Count);
        return count;
    }

    private void Tell(List<NewsItem> items)
    {
        var news = new WhitelistNews([.. items]);
        var isForAll = _nodes.Count <= MaxNodesTold || items.Exists(i => i is RevocationNews);
        foreach (var node in _nodes.Values.Where(n => isForAll || n.IsCache))
            node.Receiver.Tell(news, Self);
    }

    private sealed class Due
    {
        public static readonly Due Instance = new();
    }
}
