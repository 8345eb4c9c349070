using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Keeps this node's copy of grants and bans the same as the entity's. News come at once but may be lost, so it asks: often until an entity
/// that has recovered answered, then once a <see cref="GrantsAndBans.Period"/>. A whole copy is fetched part by part and applied when
/// whole.
/// </summary>
/// <remarks>
/// A later life of the entity counts, an earlier one is not listened to: an entity that hears from this node of a later life than its own
/// begins a new one before it answers.
/// </remarks>
internal sealed class GrantsFollower : UntypedActor, IWithTimers
{
    /// <summary>The actor's name at each node.</summary>
    public const string Name = "grants";

    private static readonly TimeSpan EagerInterval = TimeSpan.FromMilliseconds(200);

    private readonly GrantsAndBans _grants;
    private readonly IActorRef _region;
    private readonly GrantsAssembly _assembly;
    private readonly GrantsCopies _copies;
    private bool _isEager = true;

    public GrantsFollower(GrantsAndBans grants, IActorRef region, TimeProvider time)
    {
        _grants = grants;
        _region = region;
        _assembly = new GrantsAssembly(time);
        _copies = new GrantsCopies(time);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(GrantsAndBans grants, IActorRef region, TimeProvider time) =>
        Props.Create(() => new GrantsFollower(grants, region, time));

    protected override void PreStart()
    {
        _grants.MarkBehind();
        AskEvery(EagerInterval, TimeSpan.Zero);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case GrantsChanged changed:
                if (!_grants.TryApply(changed))
                    CatchUp();
                break;
            case GrantsUpToDate current:
                if (!_grants.TryConfirm(current.Version))
                    CatchUp();
                else if (_isEager)
                    AskEvery(GrantsAndBans.Period, GrantsAndBans.Period);
                break;
            case GrantsCopyPart copied:
                Collect(copied);
                break;
            case GetGrantsPart get:
                Sender.Tell(_copies.Find(get.Version, get.Part) ?? _copies.FirstOf(_grants.State));
                break;
            case ReportGrants:
                Ask();
                break;
            case AskAgain:
                AskAnew();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    // Asked once at a time: whatever further news tell of what is missing, the next question is due soon.
    private void CatchUp()
    {
        _grants.MarkBehind();
        if (_isEager)
            return;
        AskEvery(EagerInterval, TimeSpan.Zero);
    }

    private void AskEvery(TimeSpan interval, TimeSpan first)
    {
        _isEager = interval == EagerInterval;
        Timers.StartPeriodicTimer(nameof(AskAgain), AskAgain.Instance, first, interval);
    }

    private void Collect(GrantsCopyPart part)
    {
        var known = _grants.State.Version;
        if (part.Version == known || part.Version.CompareTo(known) < 0 || !_assembly.TryAdd(part, out var whole))
            return;
        if (whole is null)
        {
            _region.Tell(_assembly.Wanted, Self);
            return;
        }

        _grants.Replace(whole);
        Ask(); // There may have been changes since.
    }

    // A part that is missing may have been lost, or the entity has: then it has moved, and wants to know which version this node has.
    private void AskAnew()
    {
        var missing = _assembly.TryAgain();
        if (missing is not null)
            _region.Tell(missing, Self);
        if (missing is not null || _assembly.Wanted is null)
            Ask();
    }

    private void Ask() => _region.Tell(new GetGrants(_grants.State.Version), Self);

    private sealed class AskAgain
    {
        public static readonly AskAgain Instance = new();
    }
}
