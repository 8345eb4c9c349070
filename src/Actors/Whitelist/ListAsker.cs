using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Checks;

namespace Screening.Actors.Whitelist;

/// <summary>
/// Asks the lists that a <see cref="LookUp"/> names, for the clients whose buckets live at this node, whichever node was asked about them.
/// Since the checks ask once for equal questions in flight and keep answers, each list is asked once about a client in the whole fleet.
/// </summary>
/// <remarks>
/// A list that fails, or that this node does not have, is told at once as evidence without an answer. What is in flight is bounded; beyond
/// that the askers ask by themselves.
/// </remarks>
internal sealed class ListAsker : UntypedActor
{
    /// <summary>Questions at one time.</summary>
    public const int MaxPending = 50_000;

    // A check that a reload has stopped never answers.
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly CheckDirectory _checks;
    private readonly AgedTable<long, Question> _pending;
    private int _lastSlot;

    public ListAsker(CheckDirectory checks, TimeProvider time)
    {
        _checks = checks;
        _pending = new AgedTable<long, Question>(time);
    }

    public static Props CreateProps(CheckDirectory checks, TimeProvider time) => Props.Create(() => new ListAsker(checks, time));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LookUp lookUp:
                Ask(lookUp, Sender);
                break;
            case CheckAnswered answered:
                Tell(answered.Slot, answered.Answer);
                break;
            case CheckFailed failed:
                Tell(failed.Slot, null);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Ask(LookUp lookUp, IActorRef asker)
    {
        while (_pending.RemoveOlderThan(AnswerTimeout, out _))
        {
        }

        var subject = new CheckSubject("", lookUp.Client, lookUp.Profile);
        var refused = ImmutableArray.CreateBuilder<SharedEvidence>();
        foreach (var list in lookUp.Lists)
        {
            if (_pending.Count < MaxPending && _checks.TryFindShared(list, out var check))
            {
                _pending.Put(++_lastSlot, new Question(asker, lookUp.Id, list));
                check.Tell(new AskCheck(_lastSlot, subject, Fresh: false, Explain: false, Self));
            }
            else
            {
                refused.Add(new SharedEvidence(list, null));
            }
        }

        if (refused.Count > 0)
            asker.Tell(new EvidenceCame(lookUp.Id, refused.DrainToImmutable()));
    }

    private void Tell(int slot, CheckAnswer? answer)
    {
        if (_pending.Remove(slot, out var question, out _))
            question.Asker.Tell(new EvidenceCame(question.Id, [new SharedEvidence(question.List, answer)]));
    }

    private readonly record struct Question(IActorRef Asker, long Id, ulong List);
}
