using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>
/// Keeps the pass of one screening in the near cache and reports it to the fleet: once, and only when neither its action nor its allow can
/// change any more, since it then answers at all doors.
/// </summary>
internal sealed class PassKeeper
{
    private readonly ScreeningQuery _query;
    private readonly NearCache _nearCache;
    private readonly FleetLookUps? _fleet;
    private readonly long _began;
    private bool _isWanted;
    private bool _isKept;

    public PassKeeper(in ScreeningQuery query, TimeProvider time, NearCache nearCache, FleetLookUps? fleet)
    {
        (_query, _nearCache, _fleet, _began) = (query, nearCache, fleet, time.GetTimestamp());
        Epoch = nearCache.EpochOf(query.Client);
    }

    /// <summary>
    /// The state of the client's bucket on which the screening rests. The pass belongs to it: a revocation meanwhile must refuse the pass,
    /// at this node as at the bucket.
    /// </summary>
    public Epoch Epoch { get; private set; }

    /// <summary>A query has joined. A pass is kept if one of the queries may leave one.</summary>
    public void Join(in ScreeningQuery query) => _isWanted |= !query.Unrecorded && !query.IsJudgedByEnvelope;

    /// <summary>The bucket has answered.</summary>
    /// <returns>False if it did so before a revocation that this node knows of.</returns>
    public bool TryLearn(Epoch epoch)
    {
        if (!_nearCache.TryLearn(WhitelistLayout.BucketOf(_query.Client), epoch))
            return false;
        if (epoch.IsKnown)
            Epoch = epoch;
        return true;
    }

    /// <summary>Keeps a pass that the fleet has, which needs no report.</summary>
    public void KeepHit(in Verdict verdict)
    {
        _isKept = true;
        _nearCache.Store(_query.Client, _query.Profile, verdict, Epoch);
    }

    /// <summary>
    /// Keeps the pass if the findings prove one by now. Called with the decision, and when later answers add to it: a door that cannot tell
    /// an allow does not wait for one.
    /// </summary>
    public void KeepIfProved(Findings findings)
    {
        if (_isKept || !_isWanted)
            return;
        var (verdict, isComplete, reason) = findings.Judge(allowMatters: true);
        if (!isComplete || verdict is not { Action: VerdictAction.Pass, Source: VerdictSource.Screened })
            return;
        _isKept = true;
        _nearCache.Store(_query.Client, _query.Profile, verdict, Epoch);
        if (_fleet is null)
            return;
        var pass = new Pass(verdict.TtlSeconds, verdict.Allow, verdict.Score, _query.Profile.Fingerprint, _fleet.Node, reason);
        _fleet.Client.Conclude(_query.Client, _query.Profile.Name, Epoch, _began, pass);
    }
}
