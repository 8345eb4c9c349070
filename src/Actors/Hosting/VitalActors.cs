using System.Collections.Immutable;
using Akka.Actor;

namespace Screening.Actors.Hosting;

/// <summary>
/// Watches the actors without which no query is answered. They restart after a fault, so one of them ends only when it cannot even start
/// again; what is left of the node then answers nothing, and whoever runs it must know.
/// </summary>
internal sealed class VitalActors : UntypedActor
{
    private readonly ImmutableArray<IActorRef> _actors;
    private readonly Action<string> _lost;

    public VitalActors(ImmutableArray<IActorRef> actors, Action<string> lost)
    {
        _actors = actors;
        _lost = lost;
    }

    /// <param name="lost">Called with the name of an actor that has ended before the actor system was told to.</param>
    public static Props CreateProps(ImmutableArray<IActorRef> actors, Action<string> lost) =>
        Props.Create(() => new VitalActors(actors, lost));

    protected override void PreStart()
    {
        foreach (var actor in _actors)
            Context.Watch(actor);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Terminated ended when CoordinatedShutdown.Get(Context.System).ShutdownReason is null:
                _lost(ended.ActorRef.Path.Name);
                break;
            case Terminated:
                break; // The system ends, and all actors with it.
            default:
                Unhandled(message);
                break;
        }
    }
}
