using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>
/// postscreen's five times across the fleet, for the memcache door. Reads come from this node's memory; only what it does not know is asked
/// of the client's bucket, and not for longer than postscreen, which waits in its only thread, can bear.
/// </summary>
public sealed class SharedTimes
{
    /// <summary>How long a read waits for the fleet. What comes later is there for the next one.</summary>
    public static readonly TimeSpan ReadTimeout = TimeSpan.FromMilliseconds(4);

    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly FleetClient _client;
    private readonly NearCache _nearCache;
    private readonly string _node;
    private readonly TimeSpan _maxLife;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();

    // Counts what is late, for postscreen stands still meanwhile. What is lost is the client's business.
    private readonly Breaker _breaker;

    /// <param name="node">This node's name, for the entries that it makes.</param>
    internal SharedTimes(FleetClient client, NearCache nearCache, string node, TimeSpan maxLife, TimeProvider time)
    {
        _node = node;
        _client = client;
        _nearCache = nearCache;
        _maxLife = maxLife;
        _time = time;
        _breaker = new Breaker(time, LongestPause);
    }

    /// <summary>Times that this node holds; 0 after a restart.</summary>
    public int Count => _nearCache.Times.Count;

    /// <summary>Finds times without asking anybody. False if the fleet should be asked.</summary>
    public bool TryGet(ClientAddress client, out PostscreenTimes times)
    {
        var isKnown = _nearCache.Times.TryGet(client, out times, out var isConfirmed);
        return (isKnown && isConfirmed) || !_client.IsOpen;
    }

    /// <summary>Asks the fleet, and answers with what this node has if there is no answer in time.</summary>
    /// <param name="profile">A pass that counts for this profile is brought along into the near cache.</param>
    public async Task<PostscreenTimes> GetAsync(ClientAddress client, Profile profile)
    {
        if (TryEnter())
        {
            var asked = AskAsync(id => new GetTimes(id, client, profile.Name, _nearCache.FingerprintAsked(profile)), client, profile.Name);
            try
            {
                await asked.WaitAsync(ReadTimeout, _time).ConfigureAwait(false);
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

    /// <summary>Records what postscreen stored: it holds here at once, and in the fleet once the client's bucket has it.</summary>
    public void Record(ClientAddress client, PostscreenTimes times)
    {
        var now = _time.GetUtcNow();
        _nearCache.Times.Merge(client, times.CappedAt((now + _maxLife).ToUnixTimeSeconds()).Unexpired(now.ToUnixTimeSeconds()));
        _ = TellAsync(id => new RecordTimes(client, times, id, _node), client);
    }

    /// <summary>Forgets the times of one client; its pass stays.</summary>
    /// <returns>True if this node knew some.</returns>
    public bool Forget(ClientAddress client)
    {
        var isKnown = _nearCache.Times.TryGet(client, out _, out _);
        _nearCache.Times.Remove(client);
        _ = TellAsync(id => new ForgetTimes(id, client), client);
        return isKnown;
    }

    // Of several changes that are on their way, only the answer to the last one is newer than what is here.
    private async Task TellAsync(Func<long, IToWhitelist> change, ClientAddress client)
    {
        var number = _nearCache.Times.Tell(client);
        var found = await _client.AskAsync(change).ConfigureAwait(false);
        if (_nearCache.Times.TryHear(client, number) && found is not null)
            Apply(found, isRead: false, client, "");
    }

    // The answer goes into the near cache whenever it comes; a reader looks there. One that is lost changes nothing: what is here stays,
    // and is told again when it has to be confirmed.
    private async Task AskAsync(Func<long, IToWhitelist> question, ClientAddress client, string profile)
    {
        if (await _client.AskAsync(question).ConfigureAwait(false) is { } found)
            Apply(found, isRead: true, client, profile);
    }

    private void Apply(TimesFound found, bool isRead, ClientAddress client, string profile)
    {
        var bucket = WhitelistLayout.BucketOf(client);
        if (!_nearCache.TryLearn(bucket, found.Epoch))
            return;
        if (found.Pass is { } pass)
            _nearCache.Store(new PassNews(client, profile, pass, bucket, found.Epoch));
        // A bucket that lost its memory is told what was known here; what it was told to forget, it will not take.
        if (isRead && _nearCache.Times.TryGet(client, out var here, out _) && here.Max(found.Times) != found.Times)
            _ = TellAsync(id => new RecordTimes(client, here, id, _node), client);
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
