using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// The whitelist of a node that is alone: takes the messages that a fleet's shard region takes, and has every entity for a child. They are
/// all started with it, so that what is stored is there before anybody asks.
/// </summary>
internal sealed class LocalRegion : UntypedActor
{
    private const int Entities = WhitelistLayout.Buckets + 1;

    private readonly Func<IActorContext, Func<string, Props>> _entities;
    private readonly IActorRef[] _byNumber = new IActorRef[Entities];

    /// <param name="entities">Given this region's context, the props of an entity by its name.</param>
    public LocalRegion(Func<IActorContext, Func<string, Props>> entities) => _entities = entities;

    public static Props CreateProps(Func<IActorContext, Func<string, Props>> entities) => Props.Create(() => new LocalRegion(entities));

    protected override void PreStart()
    {
        var propsOf = _entities(Context);
        for (var entity = 0; entity < Entities; entity++)
        {
            var name = WhitelistLayout.EntityOf(entity + WhitelistLayout.Grants);
            _byNumber[entity] = Context.ActorOf(propsOf(name), name);
        }
    }

    protected override void OnReceive(object message)
    {
        if (message is IToWhitelist { Bucket: >= WhitelistLayout.Grants and < WhitelistLayout.Buckets and var bucket })
            _byNumber[bucket - WhitelistLayout.Grants].Forward(message);
        else
            Unhandled(message);
    }
}
