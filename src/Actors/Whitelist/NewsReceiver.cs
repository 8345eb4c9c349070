using Akka.Actor;
using Screening.Actors.Checks;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Puts the fleet's news into this node's near cache, and hands those of grants and bans to its <see cref="GrantsFollower"/>.
/// </summary>
/// <remarks>
/// News answer no question, so they do not pass through the client of the whitelist: nothing waits for them and no breaker counts them.
/// Both tables that they change are made for many threads and outlive the cluster system that brought them.
/// </remarks>
internal sealed class NewsReceiver : UntypedActor
{
    private readonly NearCache _nearCache;
    private readonly IActorRef _grants;
    private readonly IActorRef _checks;

    public NewsReceiver(NearCache nearCache, GrantsAndBans grants, IActorRef region, IActorRef checks, TimeProvider time)
    {
        _nearCache = nearCache;
        _grants = Context.ActorOf(GrantsFollower.CreateProps(grants, region, time), GrantsFollower.Name);
        _checks = checks;
    }

    /// <param name="checks">Takes <see cref="ForgetAnswers"/>: clients that were taken back are asked about again.</param>
    public static Props CreateProps(NearCache nearCache, GrantsAndBans grants, IActorRef region, IActorRef checks, TimeProvider time) =>
        Props.Create(() => new NewsReceiver(nearCache, grants, region, checks, time));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case WhitelistNews news:
                foreach (var item in news.Items)
                    Apply(item);
                break;
            case NewsItem item:
                Apply(item);
                break;
            case GrantsChanged or GrantsUpToDate or ReportGrants:
                _grants.Forward(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Apply(NewsItem item)
    {
        switch (item)
        {
            case PassNews pass:
                _nearCache.Store(pass);
                break;
            case TimesNews times:
                _nearCache.Store(times);
                break;
            case RevocationNews revocation:
                _nearCache.Revoke(revocation);
                foreach (var network in revocation.Networks)
                    _checks.Tell(new ForgetAnswers(network));
                break;
        }
    }
}
