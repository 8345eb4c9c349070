using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Fleet;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Takes the fleet's news into this node's near cache and its copy of the rules. News can be missed, so it asks now and then whether the
/// rules are still the same.
/// </summary>
internal sealed class NewsReceiver : UntypedActor, IWithTimers
{
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(5);

    private readonly NearCache _nearCache;
    private readonly FleetRules _rules;
    private readonly IActorRef _region;
    private readonly IActorRef _checks;

    public NewsReceiver(NearCache nearCache, FleetRules rules, IActorRef region, IActorRef checks)
    {
        _nearCache = nearCache;
        _rules = rules;
        _region = region;
        _checks = checks;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    /// <param name="checks">Takes <see cref="ForgetAnswers"/>: clients that were taken back are asked about again.</param>
    public static Props CreateProps(NearCache nearCache, FleetRules rules, IActorRef region, IActorRef checks) =>
        Props.Create(() => new NewsReceiver(nearCache, rules, region, checks));

    protected override void PreStart() =>
        Timers.StartPeriodicTimer(nameof(AskAgain), AskAgain.Instance, TimeSpan.Zero, AskInterval);

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
            case RuleNews news when !_rules.TryApply(news):
                AskForRules();
                break;
            case RuleNews:
                break;
            case RulesCopy { Rules: { } rules } copy:
                _rules.Replace(copy.Version, rules);
                break;
            case RulesCopy:
                break;
            case RulesWanted wanted when wanted.Version < _rules.Version:
                _region.Tell(new OfferRules(_rules.Version, [.. _rules.All]), Self);
                break;
            case RulesWanted:
                break;
            case AskAgain:
                AskForRules();
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

    private void AskForRules() => _region.Tell(new GetRules(_rules.Version), Self);

    private sealed class AskAgain
    {
        public static readonly AskAgain Instance = new();
    }
}
