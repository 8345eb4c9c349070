using Akka;
using Akka.Actor;

namespace Screening.Actors.Checks;

/// <summary>Owns the check actors: starts and stops them as the configuration asks, restarts one that fails.</summary>
/// <remarks>
/// Invariant: at most <see cref="MaxOthers"/> sources that are not configured have an actor; the one that was asked longest ago makes
/// room. Their names come from Postfix's configuration, but also from anybody else who can connect to the dnsblog door.
/// </remarks>
internal sealed class ChecksSupervisor(CheckContext context) : UntypedActor
{
    /// <summary>Sources that are not configured and have an actor.</summary>
    public const int MaxOthers = 256;

    private readonly Dictionary<string, (CheckSource Source, IActorRef Actor)> _running = [];
    private readonly Dictionary<string, long> _others = []; // Number of the latest question, by source.
    private long _questions;
    private Func<string, CheckSource>? _otherZone;

    public static Props CreateProps(CheckContext context) => Props.Create(() => new ChecksSupervisor(context));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case UseSources use:
                Use(use);
                Sender.Tell(Done.Instance);
                break;
            case ForgetAnswers forget:
                foreach (var (_, actor) in _running.Values)
                    actor.Tell(forget);
                break;
            case OpenSource open:
                Sender.Tell(Open(open));
                break;
            case SourceUsed used when _others.ContainsKey(used.Source):
                _others[used.Source] = ++_questions;
                break;
            case SourceUsed:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Use(UseSources use)
    {
        _otherZone = use.OtherZone;
        var wanted = use.Sources.ToDictionary(s => s.Check.Source);
        foreach (var (id, (source, _)) in _running.ToList())
        {
            if (!wanted.TryGetValue(id, out var same) || same != source)
                StopCheck(id);
        }

        foreach (var source in use.Sources.Where(s => !_running.ContainsKey(s.Check.Source)))
            StartCheck(source);
    }

    private IActorRef Open(OpenSource open)
    {
        if (_running.TryGetValue(open.Source, out var running))
            return running.Actor;
        if (_otherZone is null)
            return ActorRefs.Nobody;
        if (_others.Count >= MaxOthers)
            StopCheck(_others.MinBy(other => other.Value).Key);
        var source = _otherZone(open.Zone);
        _others[source.Check.Source] = ++_questions;
        return StartCheck(source);
    }

    private IActorRef StartCheck(CheckSource source)
    {
        var actor = Context.ActorOf(source.CreateProps(context));
        _running[source.Check.Source] = (source, actor);
        context.Directory.Register(source.Check.Source, actor);
        return actor;
    }

    private void StopCheck(string id)
    {
        Context.Stop(_running[id].Actor);
        _running.Remove(id);
        _others.Remove(id);
        context.Directory.Unregister(id);
    }
}
