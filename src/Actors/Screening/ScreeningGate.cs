using Akka.Actor;

namespace Screening.Actors.Screening;

/// <summary>
/// Starts one <see cref="ScreeningActor"/> for each screening key and hands it every further query with that key. <see cref="Screener"/>
/// bounds the queries in flight before they come here.
/// </summary>
internal sealed class ScreeningGate(ScreeningContext context) : UntypedActor
{
    private readonly Dictionary<ScreeningKey, IActorRef> _running = [];

    public static Props CreateProps(ScreeningContext context) => Props.Create(() => new ScreeningGate(context));

    // A screening that fails answers its queries as it stops. Restarted, it would have lost them.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ScreenClient query:
                context.Backlog.Leave();
                Screen(query);
                break;
            case ScreeningEnded ended:
                Remove(ended.Key, ended.Screening);
                Context.Unwatch(ended.Screening);
                // The screening does not stop by itself: queries that were handed on before this may still lie in its mailbox.
                ended.Screening.Tell(ScreeningReleased.Instance);
                break;
            case ScreeningFailed failed:
                Remove(failed.Key, failed.Screening);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Screen(ScreenClient query)
    {
        if (_running.TryGetValue(query.Query.Key, out var screening))
            screening.Tell(query);
        else
            Start(query);
    }

    private void Start(ScreenClient query)
    {
        var screening = Context.ActorOf(ScreeningActor.CreateProps(query, context));
        _running[query.Query.Key] = screening;
        Context.WatchWith(screening, new ScreeningFailed(query.Query.Key, screening));
    }

    // Unless another one of that key runs by now: one that has ended may still fail.
    private void Remove(in ScreeningKey key, IActorRef screening)
    {
        if (_running.TryGetValue(key, out var running) && running.Equals(screening))
            _running.Remove(key);
    }

    private sealed record ScreeningFailed(ScreeningKey Key, IActorRef Screening);
}
