using Akka.Actor;
using Screening.Actors.Checks;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

// The words of the list that refuses the client. They are asked for once the verdict is certain, and never change it.
internal sealed partial class ScreeningActor
{
    private TextState _text;

    // Whether the list that refuses the client was asked for its own words.
    private enum TextState : byte
    {
        NotAsked,
        Awaited,
        Known,
    }

    // The verdict is certain. A door that tells the reason of a refusal also gets the list's own words, if they come in time.
    private void AnswerOrWaitForText(ScreenClient query)
    {
        if (query.Query.TellsReason && _text == TextState.NotAsked && TryAskText())
            _text = TextState.Awaited;
        if (query.Query.TellsReason && _text == TextState.Awaited && !IsOverdue(query))
            _waiting.Add(query);
        else
            Answer(query, _judgement!.Value);
    }

    private bool TryAskText()
    {
        if (_judgement is not { Verdict: { Source: VerdictSource.Screened, Action: VerdictAction.Enforce or VerdictAction.Drop } }
            || !_findings.TryFindSilentList(out var slot) || !_context.Checks.TryFind(_checks[slot].Source, out var check))
            return false;
        check.Tell(new AskText(slot, _first.Client, Self));
        return true;
    }

    private void AnswerAll(List<ScreenClient> queries)
    {
        foreach (var query in queries.ToList())
        {
            _waiting.Remove(query);
            Answer(query, _judgement!.Value);
        }
    }
}
