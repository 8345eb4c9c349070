using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// Asks the fleet about a client. Answered with the bucket's own answers, <see cref="LookUpHit"/>, <see cref="LookUpMiss"/> and
/// <see cref="EvidenceCame"/>; with <see cref="FleetSilent"/> at once if the fleet is not to be asked now; or never.
/// </summary>
/// <param name="Question">Its number is unique on this node.</param>
internal sealed record AskFleet(LookUp Question, IActorRef Asker);

/// <summary>The fleet is not there, or is left alone for a while.</summary>
internal sealed class FleetSilent
{
    public static readonly FleetSilent Instance = new();

    private FleetSilent()
    {
    }
}

/// <summary>The asker did not wait any longer for a first answer.</summary>
internal sealed record LookUpLate(long Id);

/// <summary>This node is a member, and the whitelist can be asked.</summary>
/// <param name="Region">Takes every <see cref="IToWhitelist"/>.</param>
/// <param name="Door">Who takes the answers, for actors of another system have no address there.</param>
internal sealed record FleetOpened(IActorRef Region, IActorRef Door);

/// <summary>The cluster system is gone.</summary>
internal sealed record FleetClosed(IActorRef Door);

/// <summary>
/// The only tie between the screening and the cluster system, which may come and go. Passes questions on and answers back, knows who asked,
/// and leaves a fleet alone that is slow or silent.
/// </summary>
internal sealed class FleetLink : UntypedActor
{
    /// <summary>Questions without an answer; more are not asked.</summary>
    public const int MaxPending = 50_000;

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    // A screening waits no longer than this for the evidence of another node.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _time;
    private readonly FleetPort _port;
    private readonly Breaker _breaker;
    private readonly Dictionary<long, Asked> _pending = [];
    private readonly Queue<(long Id, long Since)> _age = new();
    private FleetOpened? _fleet;

    public FleetLink(TimeProvider time, FleetPort port)
    {
        _time = time;
        _port = port;
        _breaker = new Breaker(time, LongestPause);
    }

    public static Props CreateProps(TimeProvider time, FleetPort port) => Props.Create(() => new FleetLink(time, port));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskFleet ask:
                Ask(ask);
                break;
            case Conclude conclude:
                _fleet?.Region.Tell(conclude, ActorRefs.NoSender);
                break;
            case LookUpHit hit:
                Answer(hit.Id, hit, last: true);
                break;
            case LookUpMiss miss:
                Answer(miss.Id, miss, last: !miss.Asks);
                break;
            case EvidenceCame came:
                Answer(came.Id, came, last: false);
                break;
            case LookUpLate late:
                NoteLate(late.Id);
                break;
            case FleetOpened opened:
                _fleet = opened;
                _breaker.Answered();
                Publish();
                break;
            case FleetClosed closed when closed.Door.Equals(_fleet?.Door):
                _fleet = null;
                Publish();
                break;
            case FleetClosed:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Ask(AskFleet ask)
    {
        Purge();
        if (_fleet is null || _pending.Count >= MaxPending || !_breaker.TryEnter())
        {
            ask.Asker.Tell(FleetSilent.Instance);
            return;
        }

        _pending[ask.Question.Id] = new Asked(ask.Asker, IsLate: false, IsAnswered: false);
        _age.Enqueue((ask.Question.Id, _time.GetTimestamp()));
        _fleet.Region.Tell(ask.Question, _fleet.Door);
    }

    private void Answer(long id, object answer, bool last)
    {
        if (!_pending.TryGetValue(id, out var asked))
            return; // Too late for everybody.
        if (!asked.IsLate && !asked.IsAnswered)
        {
            _breaker.Answered();
            _port.CountAnswer(inTime: true);
            Publish();
        }

        asked.Asker.Tell(answer);
        if (last)
            _pending.Remove(id);
        else
            _pending[id] = asked with { IsAnswered = true };
    }

    private void NoteLate(long id)
    {
        if (!_pending.TryGetValue(id, out var asked) || asked.IsLate || asked.IsAnswered)
            return;
        _pending[id] = asked with { IsLate = true };
        _breaker.Failed();
        _port.CountAnswer(inTime: false);
        Publish();
    }

    private void Publish() => _port.Set(_fleet?.Region, _breaker.IsOpen);

    // Who asked long ago has long had its verdict.
    private void Purge()
    {
        while (_age.TryPeek(out var oldest) && _time.GetElapsedTime(oldest.Since) > Patience)
            _pending.Remove(_age.Dequeue().Id);
    }

    private readonly record struct Asked(IActorRef Asker, bool IsLate, bool IsAnswered);
}
