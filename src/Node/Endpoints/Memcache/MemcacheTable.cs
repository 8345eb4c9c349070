using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Memcache;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Memcache;

/// <summary>What a key stands for at this moment.</summary>
/// <param name="Times">postscreen's times; empty: none.</param>
/// <param name="Other">Another value; null: none.</param>
/// <param name="MayBeElsewhere">This node does not know, but the fleet may.</param>
internal readonly record struct MemcacheValue(PostscreenTimes Times, OtherValue? Other, bool MayBeElsewhere)
{
    public bool IsThere => Other is not null || !Times.IsEmpty;
}

/// <summary>
/// What the memcache door is a table of: of clients, whose answer is made of the verdict that stands and of postscreen's five times; and of
/// a few other keys. Never starts a screening.
/// </summary>
/// <remarks>
/// <code>
/// reject, ban                  nothing, so that postscreen makes its tests
/// permit, grant, allow         five times now + ttl: no test, no wait
/// a suspended address          nothing, and nothing is stored: it stands for anybody
/// everything else              postscreen's own times, if it stored some at any MX; a pass of Screening adds none
/// </code>
/// </remarks>
internal sealed class MemcacheTable(ScreeningHandle screening, DigestKeys digests, NodeMetrics metrics, TimeProvider time)
{
    private readonly OtherKeys _others = new(time);
    private readonly long _started = time.GetTimestamp();

    public TimeSpan Uptime => time.GetElapsedTime(_started);

    public long UnixTime => time.GetUtcNow().ToUnixTimeSeconds();

    private SharedTimes? Times => screening.Fleet?.Times;

    /// <summary>Keys that are not postscreen's.</summary>
    public int OtherCount => _others.Count;

    /// <summary>Clients with times that this node knows.</summary>
    public int TimesCount => Times?.Count ?? 0;

    /// <summary>Looks in this node's memory.</summary>
    public MemcacheValue Find(ReadOnlySpan<byte> key)
    {
        if (_others.Find(key) is { } other)
            return new MemcacheValue(default, other, false);
        if (PostscreenKey.TryReadClient(key, out var client) && TryStanding(client, out var standing))
            return new MemcacheValue(standing, null, false);
        if (Times is not { } times)
            return default;
        var isSure = times.TryGet(ClientOf(key), out var found);
        return new MemcacheValue(found, null, !isSure);
    }

    /// <summary>Asks the fleet about a key, for a few milliseconds. What it knows can then be found here.</summary>
    public Task AskFleetAsync(ReadOnlySpan<byte> key)
    {
        var client = ClientOf(key);
        return Times?.GetAsync(client, screening.Screener.Profiles.Choose(Door.Memcache, null)) ?? Task.CompletedTask;
    }

    /// <summary>Stores a value. False if it is too large.</summary>
    public bool TrySet(in MemcacheRequest request, ReadOnlySpan<byte> data)
    {
        if (PostscreenTimesText.TryParse(data, out var times))
        {
            _others.Remove(request.Keys);
            if (!PostscreenKey.TryReadClient(request.Keys, out var client) || !screening.Screener.Clients.Suspends(client))
                Times?.Record(Admit(request.Keys), times);
            return true;
        }

        if (data.Length > OtherKeys.MaxBytes)
            return false;
        _others.Set(request.Keys, data, request.Flags, request.ExpireTime);
        return true;
    }

    /// <summary>Removes a value, a client's times in the whole fleet. False if it was not there.</summary>
    public bool Delete(ReadOnlySpan<byte> key) => _others.Remove(key) | (Times?.Forget(ClientOf(key)) ?? false);

    /// <summary>Gives a key that is not postscreen's another end; postscreen's times say themselves how long they hold.</summary>
    public bool Touch(in MemcacheRequest request) =>
        _others.Touch(request.Keys, request.ExpireTime) || Find(request.Keys).IsThere;

    // The client whose times a key holds. A key without an address may make another one leave.
    private ClientAddress Admit(ReadOnlySpan<byte> key)
    {
        if (PostscreenKey.TryReadClient(key, out var client))
            return client;
        client = PostscreenKey.StandIn(key);
        if (digests.Admit(client) is { } oldest)
        {
            Times?.Forget(oldest);
            metrics.MemcacheDigestLeft();
        }

        return client;
    }

    private static ClientAddress ClientOf(ReadOnlySpan<byte> key) =>
        PostscreenKey.TryReadClient(key, out var client) ? client : PostscreenKey.StandIn(key);

    // What people or checks have said already, where it decides this door's answer.
    private bool TryStanding(ClientAddress client, out PostscreenTimes times)
    {
        times = default;
        var screener = screening.Screener;
        var query = screener.QueryFor(Door.Memcache, client, null);
        var isKnown = screener.TryPeek(query, out var decision);
        if (!isKnown || decision is { IsSuspended: false, Verdict: { Action: VerdictAction.Pass, Allow: false } })
        {
            screener.Clients.Count(client); // This answer is not reported.
            return false;
        }

        if (decision.Verdict.Allow)
            times = PostscreenTimes.AllUntil(time.GetUtcNow().ToUnixTimeSeconds() + decision.Verdict.TtlSeconds);
        screener.Report(decision);
        return true;
    }
}
