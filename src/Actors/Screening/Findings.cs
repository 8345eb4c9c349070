using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>
/// What is known about one client: what each check of its profile answered, or why it did not, and what follows from that. Sends no
/// messages; reads the clock for reports only.
/// </summary>
/// <remarks>
/// Invariant: each check, by its slot, is settled at most once; what comes later for that slot changes nothing. What follows from the query
/// itself (HELO, sender, an address in <c>dnsbl.skip</c>) is settled from the start.
/// </remarks>
internal sealed class Findings
{
    // Missing checks that a reason names at most, of each kind.
    private const int MaxNamed = 4;

    private readonly ScreeningQuery _query;
    private readonly Profile _profile;
    private readonly TimeProvider _time;
    private readonly ScoreBoard _board;
    private readonly CheckReport?[] _reports;
    private readonly bool[] _missed;
    private readonly bool[] _lacksWords;
    private readonly long _began;
    private long? _fleetAsked;
    private (TimeSpan Elapsed, bool IsHit)? _fleetAnswer;

    public Findings(in ScreeningQuery query, TimeProvider time)
    {
        (_query, _profile, _time, _began) = (query, query.Profile, time, time.GetTimestamp());
        _board = new ScoreBoard(_profile.Settings, [.. _profile.Checks.Select(RangeOf)]);
        _reports = new CheckReport?[_profile.Checks.Length];
        _missed = new bool[_profile.Checks.Length];
        _lacksWords = new bool[_profile.Checks.Length];
        for (var slot = 0; slot < _reports.Length; slot++)
            SettleByQuery(slot, _profile.Checks[slot]);
    }

    /// <summary>
    /// True if no pending check can change the answer, or none is pending: a client does not wait for a list that no longer matters.
    /// </summary>
    public bool IsDecided => _board.PendingCount == 0 || (IsKnown && _board.IsDecided(_query.AllowMatters));

    // While nothing is known, the answer would be the default: a pending check may still do better.
    private bool IsKnown => _board.IsAnythingKnown || _board.IsComplete(allowMatters: false);

    /// <summary>True if the check has answered, failed or been left out.</summary>
    public bool IsSettled(int slot) => _board.IsSettled(slot);

    /// <summary>A check answered. An answer that does not know the client settles its slot, and leaves the judgement incomplete.</summary>
    public void Add(int slot, CheckAnswer answer)
    {
        var weighed = _profile.Checks[slot].Weigh(answer);
        var isMissing = answer.Knowledge == Knowledge.NeverSeen;
        if (!(isMissing ? _board.Miss(slot) : _board.Add(slot, weighed.Contribution)))
            return;
        _missed[slot] = isMissing;
        _reports[slot] = Report(slot, answer.Knowledge == Knowledge.Known ? CheckResult.Evidence : CheckResult.Nothing) with
        {
            Answer = weighed.Answer.IsDefault ? [] : weighed.Answer,
            Weight = weighed.Contribution.Weight,
            TtlSeconds = weighed.TtlSeconds,
            Reason = weighed.Reason,
        };
        _lacksWords[slot] = answer.LacksWords;
    }

    /// <summary>Finds the list whose listing is the leading reason, if it was not asked for its own words.</summary>
    public bool TryFindSilentList(out int slot)
    {
        slot = Leading(_board.Score);
        return slot >= 0 && _lacksWords[slot];
    }

    /// <summary>A list has given its own words for its listing.</summary>
    /// <returns>The leading reason from now on.</returns>
    public string AddText(int slot, string text)
    {
        _lacksWords[slot] = false;
        if (_reports[slot] is { Reason: { } reason } report)
            _reports[slot] = report with { Reason = SourceWords.Append(reason, text) };
        return LeadingReason(_board.Score);
    }

    /// <summary>A check has no answer.</summary>
    public void Miss(int slot, CheckResult result, string? error)
    {
        if (!_board.Miss(slot))
            return;
        _missed[slot] = true;
        _reports[slot] = Report(slot, result, error);
    }

    /// <summary>The fleet was asked.</summary>
    public void AskedFleet() => _fleetAsked = _time.GetTimestamp();

    /// <summary>The fleet has answered; only its first answer counts.</summary>
    public void AnsweredByFleet(bool isHit)
    {
        if (_fleetAsked is { } asked)
            _fleetAnswer ??= (_time.GetElapsedTime(asked), isHit);
    }

    /// <summary>What follows from the evidence so far.</summary>
    /// <param name="allowMatters">The judgement is complete only if it is also certain whether a pass is an allow.</param>
    public Judgement Judge(bool allowMatters)
    {
        if (_profile.AsksNobody && !_query.IsSuspect)
            return new Judgement(_profile.Settings.DefaultVerdict, false, "no checks configured");
        var isComplete = _board.IsComplete(allowMatters);
        if (!_board.IsAnythingKnown && !isComplete)
            return new Judgement(_profile.Settings.DefaultVerdict, false, $"no check answered: {Missing()}");
        var score = _board.Score;
        var (action, allow) = _profile.Settings.Outcome(score);
        var ttl = action == VerdictAction.Pass ? PassTtlSeconds(isComplete) : 0;
        var reason = LeadingReason(score);

        // The reason of a refusal is told to the sender: it is the evidence only.
        if (!isComplete && action is VerdictAction.Pass or VerdictAction.Ignore)
            reason = $"{reason}, but {Missing()}";
        return new Judgement(new Verdict(action, allow, ttl, score, VerdictSource.Screened), isComplete, reason);
    }

    /// <summary>The decision about one query of this screening.</summary>
    public Decision Decide(in ScreeningQuery query, in Judgement judgement)
    {
        var isHit = judgement.Verdict.Source == VerdictSource.Fleet;
        var isEarly = !isHit && _board.PendingCount > 0 && _board.IsDecided(_query.AllowMatters);
        return new Decision(
            query, judgement.Verdict, isEarly, judgement.Complete, _time.GetElapsedTime(query.Started), judgement.Reason,
            [.. _reports.Select((report, slot) => report ?? Unfinished(slot, isHit, isEarly))])
        {
            Fleet = FleetReportFor(query),
        };
    }

    private FleetReport? FleetReportFor(in ScreeningQuery query) => _fleetAsked is { } asked
        ? new FleetReport(
            _time.GetElapsedTime(query.Started, asked), _fleetAnswer?.Elapsed ?? _time.GetElapsedTime(asked), _fleetAnswer?.IsHit)
        : null;

    private WeightRange RangeOf(CheckPlan plan) =>
        plan.SkipReason(_query.Client) is not null || (plan.AskedAt == AskedAt.Query && AnswerInQuery(plan) is null) ? default : plan.Range;

    private CheckAnswer? AnswerInQuery(CheckPlan plan) => plan.AnswerIn(_query.Helo, _query.Sender);

    private void SettleByQuery(int slot, CheckPlan plan)
    {
        if (plan.AskedAt == AskedAt.Query && AnswerInQuery(plan) is { } answer)
            Add(slot, answer);
        else if (plan.AskedAt == AskedAt.Query)
            Miss(slot, CheckResult.Nothing, error: null); // It has no knowledge of the client.
        else if (plan.SkipReason(_query.Client) is { } reason && _board.Add(slot, default))
            _reports[slot] = Report(slot, CheckResult.Skipped, reason);
    }

    private int PassTtlSeconds(bool isComplete)
    {
        if (!isComplete)
            return (int)_profile.Settings.DefaultTtl.TotalSeconds;
        var shortest = _reports.Min(r => r?.TtlSeconds);
        return (int)_profile.Settings.PassLife(shortest is { } seconds ? TimeSpan.FromSeconds(seconds) : null).TotalSeconds;
    }

    private string LeadingReason(int score) =>
        Leading(score) is >= 0 and var slot ? _reports[slot]!.Reason! : "nothing speaks against this client";

    // The slot of the strongest evidence in the direction of the score; -1 if there is none.
    private int Leading(int score) => Enumerable.Range(0, _reports.Length)
        .Where(slot => _reports[slot]?.Reason is not null)
        .OrderByDescending(slot => score < 0 ? -_reports[slot]!.Weight : _reports[slot]!.Weight)
        .FirstOrDefault(-1);

    // Which checks are missing and why: "zen, bl timed out; reputation failed".
    private string Missing()
    {
        var reasons = Enumerable.Range(0, _reports.Length)
            .Where(slot => _missed[slot] || !_board.IsSettled(slot))
            .Where(slot => RangeOf(_profile.Checks[slot]) != default)
            .GroupBy(slot => _reports[slot]?.Result switch
            {
                null or CheckResult.Timeout => "timed out",
                CheckResult.Nothing => "knows nothing",
                _ => "failed",
            }, slot => _profile.Checks[slot].Name)
            .Select(checks => $"{Names([.. checks])} {checks.Key}");
        return string.Join("; ", reasons);
    }

    private static string Names(string[] checks) => checks.Length <= MaxNamed
        ? string.Join(", ", checks)
        : $"{string.Join(", ", checks[..MaxNamed])} and {checks.Length - MaxNamed} more";

    private CheckReport Unfinished(int slot, bool isHit, bool isEarly)
    {
        if (isHit)
            return Report(slot, CheckResult.Skipped, "not needed: the client passed before");
        var range = _profile.Checks[slot].Range;
        return isEarly
            ? Report(slot, CheckResult.Skipped, $"not waited for: its {range.Least}..{range.Most} could not change the action")
            : Report(slot, CheckResult.Timeout, "no answer by the deadline");
    }

    private CheckReport Report(int slot, CheckResult result, string? error = null) => new(
        _profile.Checks[slot].Name, _profile.Checks[slot].Kind, result, [], 0, null, _time.GetElapsedTime(_query.Started, _began),
        _time.GetElapsedTime(_began), null, error);
}
