using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Screening;

/// <summary>
/// Asks the checks of one screening, and knows which node asks each: this one, or the client's home in the fleet, which asks each list once
/// for all nodes. Answers go to the asker.
/// </summary>
/// <remarks>Invariant: this node asks a check at most once, and none that is settled.</remarks>
internal sealed class FanOut
{
    private readonly ScreeningQuery _query;
    private readonly Findings _findings;
    private readonly CheckDirectory _directory;
    private readonly IActorRef _asker;
    private readonly ImmutableArray<CheckPlan> _checks;
    private readonly CheckSubject _subject;
    private readonly Asker[] _askedBy;

    /// <param name="id">Names the query to checks and in their logs.</param>
    /// <param name="findings">Knows which checks are settled; is told of those that are not running.</param>
    /// <param name="asker">Gets the answers.</param>
    public FanOut(in ScreeningQuery query, string id, Findings findings, CheckDirectory directory, IActorRef asker)
    {
        (_query, _findings, _directory, _asker) = (query, findings, directory, asker);
        _checks = query.Profile.Checks;
        _askedBy = new Asker[_checks.Length];
        _subject = new CheckSubject(
            id, query.Client, query.Profile.Name, query.Local, query.LocalPort, query.RemotePort, query.Helo, query.Sender);
    }

    private enum Asker : byte
    {
        Nobody,
        Home,
        ThisNode,
    }

    /// <summary>The lists that the client's home may ask, by the hash under which other nodes know them.</summary>
    public ImmutableArray<ulong> ListsForTheHome =>
        [.. Enumerable.Range(0, _checks.Length).Where(IsForTheHome).Select(slot => _checks[slot].SharedId)];

    /// <summary>True while a check that was asked, here or at the home, has not ended.</summary>
    public bool IsAwaited =>
        Enumerable.Range(0, _checks.Length).Any(slot => _askedBy[slot] != Asker.Nobody && !_findings.IsSettled(slot));

    /// <summary>Asks p0f and its like, whatever else is asked later: only this node has what they know, and they soon forget it.</summary>
    public void AskAtOnce() => Ask(plan => plan.AskedAt == AskedAt.ThisNodeAtOnce);

    /// <summary>Asks all that this node has not asked yet; of the lists, if the home asks them, none.</summary>
    public void AskOthers(bool homeAsks)
    {
        for (var slot = 0; homeAsks && slot < _checks.Length; slot++)
        {
            if (_askedBy[slot] == Asker.Nobody && IsForTheHome(slot))
                _askedBy[slot] = Asker.Home;
        }

        Ask(plan => !homeAsks || plan.AskedAt != AskedAt.Home);
    }

    /// <summary>A list's answer at the home is weighed by this node's own profile; a list that failed there is asked here.</summary>
    public void Use(SharedEvidence piece)
    {
        if (piece.Answer is null)
            Ask(plan => IsMeant(plan, piece));
        for (var slot = 0; piece.Answer is not null && slot < _checks.Length; slot++)
        {
            if (IsMeant(_checks[slot], piece))
                _findings.Add(slot, piece.Answer);
        }
    }

    /// <summary>Asks the list that refuses the client for its own words. Answered with <see cref="TextCame"/>.</summary>
    /// <returns>False if no list refuses it, or its words are known.</returns>
    public bool TryAskText()
    {
        if (!_findings.TryFindSilentList(out var slot) || !_directory.TryFind(_checks[slot].Source, out var check))
            return false;
        check.Tell(new AskText(slot, _query.Client, _asker), _asker);
        return true;
    }

    private static bool IsMeant(CheckPlan plan, SharedEvidence piece) => plan.AskedAt == AskedAt.Home && plan.SharedId == piece.List;

    // Explained answers need a further query to each list, which only this node makes.
    private bool IsForTheHome(int slot) => _checks[slot].AskedAt == AskedAt.Home && !_findings.IsSettled(slot) && !_query.Explain;

    private void Ask(Func<CheckPlan, bool> isMeant)
    {
        for (var slot = 0; slot < _checks.Length; slot++)
        {
            var plan = _checks[slot];
            if (_askedBy[slot] == Asker.ThisNode || _findings.IsSettled(slot) || !isMeant(plan))
                continue;
            _askedBy[slot] = Asker.ThisNode;
            if (_directory.TryFind(plan.Source, out var check))
                check.Tell(new AskCheck(slot, _subject, _query.Fresh, _query.Explain, _asker), _asker);
            else
                _findings.Miss(slot, CheckResult.Failed, "not running"); // A reload has just removed it.
        }
    }
}
