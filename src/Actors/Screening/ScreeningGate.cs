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

    // A screening that fails answers its queries as it stops; the answers of its checks are of no use to others.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ScreenClient query when _running.TryGetValue(query.Query.Key, out var screening):
                screening.Tell(query);
                break;
            case ScreenClient query:
                Start(query);
                break;
            case ScreeningEnded ended:
                End(ended);
                Context.Unwatch(ended.Screening);
                // This arrives after the queries that were handed on before; stopping at once would lose them.
                ended.Screening.Tell(ScreeningReleased.Instance);
                break;
            case ScreeningFailed failed:
                End(new ScreeningEnded(failed.Key, failed.Screening));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Start(ScreenClient query)
    {
        var screening = Context.ActorOf(ScreeningActor.CreateProps(query, context));
        _running[query.Query.Key] = screening;
        Context.WatchWith(screening, new ScreeningFailed(query.Query.Key, screening));
    }

    private void End(ScreeningEnded ended)
    {
        if (_running.TryGetValue(ended.Key, out var screening) && screening.Equals(ended.Screening))
            _running.Remove(ended.Key);
    }

    private sealed record ScreeningFailed(ScreeningKey Key, IActorRef Screening);
}
