using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// postscreen's five times across the fleet, for the memcache door. Reads come from this node's memory; only what it does not know is asked
/// of the client's bucket, and not for longer than postscreen, which waits in its only thread, can bear.
/// </summary>
public sealed class FleetTimes
{
    /// <summary>How long a read waits for the fleet. What comes later is there for the next one.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(4);

    private const int MaxPending = 10_000;
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly FleetPort _port;
    private readonly NearCache _nearCache;
    private readonly TimeSpan _maxLife;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly Breaker _breaker;
    private int _pending;

    internal FleetTimes(FleetPort port, NearCache nearCache, TimeSpan maxLife, TimeProvider time)
    {
        _port = port;
        _nearCache = nearCache;
        _maxLife = maxLife;
        _time = time;
        _breaker = new Breaker(time, LongestPause);
    }

    /// <summary>Times that this node holds; 0 after a restart.</summary>
    public int Count => _nearCache.Times.Count;

    private IActorRef? Region => _port.IsLeftAlone || Volatile.Read(ref _pending) >= MaxPending ? null : _port.Region;

    /// <summary>Finds times without asking anybody. False if the fleet should be asked.</summary>
    public bool TryGet(ClientAddress client, out PostscreenTimes times)
    {
        var isKnown = _nearCache.Times.TryGet(client, out times, out var isConfirmed);
        return (isKnown && isConfirmed) || Region is null;
    }

    /// <summary>Asks the fleet, and answers with what this node has if there is no word in time.</summary>
    /// <param name="policy">A pass of this profile and policy is brought along into the near cache.</param>
    public async Task<PostscreenTimes> GetAsync(ClientAddress client, ScreeningPolicy policy)
    {
        if (Region is { } region && TryEnter())
        {
            var asked = AskAsync(region, new GetTimes(0, client, policy.Profile, _nearCache.PolicyAsked(policy)), client, policy.Profile);
            try
            {
                await asked.WaitAsync(Patience, _time).ConfigureAwait(false);
                Leave(inTime: true);
            }
            catch (TimeoutException)
            {
                Leave(inTime: false);
            }
        }

        _nearCache.Times.TryGet(client, out var times, out _);
        return times;
    }

    /// <summary>Takes what postscreen stored: it holds here at once, and in the fleet as soon as the client's bucket has heard of it.</summary>
    public void Record(ClientAddress client, PostscreenTimes times)
    {
        var now = _time.GetUtcNow();
        _nearCache.Times.Merge(client, times.CappedAt((now + _maxLife).ToUnixTimeSeconds()).Unexpired(now.ToUnixTimeSeconds()));
        if (Region is { } region)
            _ = AskAsync(region, new RecordTimes(client, times), client, "");
    }

    /// <summary>Forgets the times of one client; its pass stays.</summary>
    /// <returns>True if this node knew some.</returns>
    public bool Forget(ClientAddress client)
    {
        var isKnown = _nearCache.Times.TryGet(client, out _, out _);
        _nearCache.Times.Replace(client, default);
        if (Region is { } region)
            _ = AskAsync(region, new ForgetTimes(0, client), client, "");
        return isKnown;
    }

    // The answer goes into the near cache whenever it comes; who waits looks there.
    private async Task AskAsync(IActorRef region, IToWhitelist question, ClientAddress client, string profile)
    {
        Interlocked.Increment(ref _pending);
        try
        {
            Take(await region.Ask<TimesFound>(question, Lost).ConfigureAwait(false), question, region, client, profile);
        }
        catch (AskTimeoutException)
        {
            // Lost as its shard moved, or the cluster system ended. What is here stays, and is told again when it has to be confirmed.
        }
        finally
        {
            Interlocked.Decrement(ref _pending);
        }
    }

    private void Take(TimesFound found, IToWhitelist question, IActorRef region, ClientAddress client, string profile)
    {
        var bucket = question.Bucket;
        if (!_nearCache.TryLearn(bucket, found.Epoch))
            return;
        if (found.Pass is { } pass)
            _nearCache.Store(new PassNews(client, profile, pass, bucket, found.Epoch));
        // A bucket that lost its memory is told what was known here; what it was told to forget, it will not take.
        if (question is GetTimes && _nearCache.Times.TryGet(client, out var here, out _) && here.Max(found.Times) != found.Times)
            _ = AskAsync(region, new RecordTimes(client, here), client, profile);
        else
            _nearCache.Store(new TimesNews(client, found.Times, bucket, found.Epoch));
    }

    private bool TryEnter()
    {
        lock (_lock)
            return _breaker.TryEnter();
    }

    private void Leave(bool inTime)
    {
        lock (_lock)
        {
            if (inTime)
                _breaker.Answered();
            else
                _breaker.Failed();
        }
    }
}
