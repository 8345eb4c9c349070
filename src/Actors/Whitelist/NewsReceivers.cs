using Akka.Actor;
using Akka.Cluster;

namespace Screening.Actors.Whitelist;

/// <summary>Tells this node's <see cref="NewsSender"/> which nodes there are: every member of the cluster, itself included.</summary>
internal sealed class NewsReceivers : UntypedActor
{
    private readonly Akka.Cluster.Cluster _cluster = Akka.Cluster.Cluster.Get(Context.System);
    private readonly string _cacheRole;
    private readonly IActorRef _sender;

    public NewsReceivers(string cacheRole, IActorRef sender)
    {
        _cacheRole = cacheRole;
        _sender = sender;
    }

    public static Props CreateProps(string cacheRole, IActorRef sender) => Props.Create(() => new NewsReceivers(cacheRole, sender));

    protected override void PreStart() =>
        _cluster.Subscribe(Self, ClusterEvent.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent));

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberRemoved { Member: var member }:
                _sender.Tell(new NewsReceiverGone(member.Address));
                break;
            case ClusterEvent.IMemberEvent { Member: var member }:
                var path = new RootActorPath(member.Address) / "user" / NewsSender.ReceiverName;
                _sender.Tell(new NewsReceiverFound(member.Address, Context.ActorSelection(path), member.HasRole(_cacheRole)));
                break;
            default:
                Unhandled(message);
                break;
        }
    }
}
