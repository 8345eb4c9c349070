using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>
/// The entrance for endpoints. What is already decided (permanent lists, near cache) is answered in the caller's thread, without an actor;
/// everything else goes through the <see cref="ScreeningGate"/>, at most <c>limits.in_flight</c> queries at a time.
/// </summary>
/// <remarks>Invariant: every query is answered by its deadline, whatever fails.</remarks>
public sealed class Screener
{
    private readonly TimeProvider _time;
    private readonly IActorRef _gate;
    private readonly NearCache _nearCache;
    private readonly GrantsAndBans _grants;
    private readonly IScreeningObserver _observer;
    private readonly int _maxInFlight;
    private int _inFlight;
    private long _shed;
    private volatile PermanentLists _access;
    private volatile ProfileBook _profiles;

    internal Screener(
        TimeProvider time, IActorRef gate, NearCache nearCache, GrantsAndBans grants, IScreeningObserver observer, int maxInFlight,
        ProfileBook profiles, PermanentLists access, ClientWatch clients)
    {
        _time = time;
        _gate = gate;
        _nearCache = nearCache;
        _grants = grants;
        _observer = observer;
        _maxInFlight = maxInFlight;
        _profiles = profiles;
        _access = access;
        Clients = clients;
    }

    /// <summary>Whether clients' addresses arrive.</summary>
    public ClientWatch Clients { get; }

    /// <summary>The profiles in force. May be replaced at any time; running screenings keep theirs.</summary>
    public ProfileBook Profiles
    {
        get => _profiles;
        set => _profiles = value;
    }

    /// <summary>The permanent lists in force. May be replaced at any time.</summary>
    public PermanentLists Access
    {
        get => _access;
        set => _access = value;
    }

    /// <summary>Queries that wait for a verdict.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Queries beyond <c>limits.in_flight</c> since the start.</summary>
    public long ShedCount => Interlocked.Read(ref _shed);

    /// <summary>Makes a query that begins now.</summary>
    /// <param name="profile">The profile to judge by; null: the one for this door and local address.</param>
    /// <param name="serial">postscreen does nothing else for the client before this is answered.</param>
    public ScreeningQuery QueryFor(Door door, ClientAddress client, ClientAddress? local, Profile? profile = null, bool serial = false)
    {
        profile ??= _profiles.Choose(door, local);
        var now = _time.GetTimestamp();
        var deadline = Deadline.After(_time, now, DeadlineOf(door, serial, profile.Settings));
        return new ScreeningQuery(client, profile, door, now, deadline) { Local = local };
    }

    /// <summary>Answers a client that is already decided. Allocates nothing.</summary>
    public bool TryDecide(in ScreeningQuery query, out Decision decision)
    {
        if (!TryPeek(query, out decision))
            return false;
        Report(decision);
        return true;
    }

    /// <summary>Like <see cref="TryDecide"/>, but reports nothing: call <see cref="Report"/> if you use the decision.</summary>
    public bool TryPeek(in ScreeningQuery query, out Decision decision)
    {
        if (!TryStandingVerdict(query, out var verdict, out var reason))
        {
            if (Clients.Suspends(query.Client))
            {
                decision = Default(query, "suspended: clients' addresses are lost") with { IsSuspended = true };
                return true;
            }

            // A pass was given to the client without this HELO and sender.
            reason = "passed before";
            if (query.Fresh || query.IsSuspect || !_nearCache.TryGet(query.Client, query.Profile, query.Started, out verdict))
            {
                decision = default;
                return false;
            }
        }

        decision = new Decision(query, verdict, Early: false, Complete: true, _time.GetElapsedTime(query.Started), reason, []);
        return true;
    }

    /// <summary>Reports that a decision from <see cref="TryPeek"/> was used.</summary>
    public void Report(in Decision decision)
    {
        // Whom an operator lets in, such as a relay of his own, may come as often as it likes.
        if (!decision.Query.Unrecorded && decision.Verdict.Source is not (VerdictSource.Permit or VerdictSource.Grant))
            Clients.Count(decision.Query.Client);
        if (!decision.Query.IsDoubtful || decision.Verdict.Action is VerdictAction.Enforce or VerdictAction.Drop)
            _observer.Decided(decision);
    }

    // What operators have decided about a client, in this order: reject, ban, permit, grant. A refusal comes before a permission, and of
    // each the node's own files before what was told to the fleet.
    private bool TryStandingVerdict(in ScreeningQuery query, out Verdict verdict, out string reason)
    {
        var isListed = _access.TryDecide(query.Client, query.Profile.Settings, out verdict, out reason);
        if (isListed && verdict.Source == VerdictSource.Reject)
            return true;
        if (_grants.TryMatch(GrantKind.Ban, query.Client, out _, out var banned))
        {
            (verdict, reason) = (new Verdict(query.Profile.Settings.RejectAction, false, 0, 0, VerdictSource.Ban), banned);
            return true;
        }

        if (isListed || !_grants.TryMatch(GrantKind.Grant, query.Client, out var ttlSeconds, out var granted))
            return isListed;
        (verdict, reason) = (new Verdict(VerdictAction.Pass, true, ttlSeconds, 0, VerdictSource.Grant), granted);
        return true;
    }

    /// <summary>Screens a client that is not decided yet. Never fails and never takes longer than the query's deadline.</summary>
    public async Task<Decision> ScreenAsync(ScreeningQuery query)
    {
        if (Interlocked.Increment(ref _inFlight) > _maxInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            return Shed(query);
        }

        var reply = new TaskCompletionSource<Decision>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            // The belt. The screening answers some milliseconds before the deadline; if it does not, for want of threads or by a bug, this
            // timer does, since no query may wait on an actor. It matters under load: when 1,000 screenings end in the same millisecond,
            // two cores are busy with them for 130 ms (docs/performance.md, "Every list is dead").
            using var belt = _time.CreateTimer(_ => reply.TrySetResult(Default(query, "no verdict in time")), null,
                query.Deadline.TimeLeft(_time), Timeout.InfiniteTimeSpan);
            _gate.Tell(new ScreenClient(query, reply), ActorRefs.NoSender);
            return Reported(await reply.Task.ConfigureAwait(false));
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>The default answer, at once, to a query beyond the limit.</summary>
    public Decision Shed(in ScreeningQuery query)
    {
        Interlocked.Increment(ref _shed);
        _observer.Shed(query.Door);
        return Reported(Default(query, "too many queries in flight"));
    }

    /// <summary>Decides a query; waits if necessary.</summary>
    public ValueTask<Decision> DecideAsync(ScreeningQuery query) =>
        TryDecide(query, out var decision) ? ValueTask.FromResult(decision) : new ValueTask<Decision>(ScreenAsync(query));

    private static TimeSpan DeadlineOf(Door door, bool serial, VerdictSettings settings) =>
        serial ? settings.SerialDeadline
        : door is Door.Dnsbl or Door.Dnsblog ? settings.DnsblDeadline
        : settings.Deadline;

    private Decision Default(in ScreeningQuery query, string reason) => new(
        query, query.Profile.Settings.DefaultVerdict, Early: false, Complete: false, _time.GetElapsedTime(query.Started), reason, []);

    private Decision Reported(in Decision decision)
    {
        Report(decision);
        return decision;
    }
}
