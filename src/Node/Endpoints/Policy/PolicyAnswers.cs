using Screening.Actors.Hosting;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Policy;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Policy;

/// <summary>What the policy door answers: one decision for each mail, told as an action of access(5).</summary>
internal sealed class PolicyAnswers(
    ScreeningHandle screening, PolicyTexts texts, PolicyInstances instances, AddressView addresses, ILogger<PolicyAnswers> log)
{
    /// <summary>The action for a request; at once, and without allocating, where no check has to be asked.</summary>
    public ValueTask<string> ActionAsync(in PolicyRequest request)
    {
        if (request.IsAuthenticated)
            return ValueTask.FromResult(PolicyReply.Dunno);
        var isOfMail = !request.Instance.IsEmpty;
        var key = new MailKey(request.Instance, request.Client);
        if (isOfMail && instances.TryFind(key, out var decision))
            return ValueTask.FromResult(ActionFor(decision, MailToTrace(request, key)));
        var query = QueryOf(request);
        var isHit = screening.Screener.TryPeek(query, out decision);
        if (isHit && (!isOfMail || instances.TryAdd(key, decision)))
        {
            screening.Screener.Report(decision);
            return ValueTask.FromResult(ActionFor(decision, MailToTrace(request, key)));
        }

        if (!query.Profile.JudgesEnvelope)
            query = query.WithEnvelope(request.HeloText(), request.SenderText());
        return ScreenAsync(query, isOfMail ? instances.Of(key, TextLength(query)) : null, request.MayPrepend);
    }

    private async ValueTask<string> ScreenAsync(ScreeningQuery query, PolicyInstances.Mail? mail, bool mayPrepend)
    {
        var decision = mail is null
            ? await screening.Screener.ScreenAsync(query).ConfigureAwait(false)
            : await mail.DecideAsync(() => screening.Screener.ScreenAsync(query)).ConfigureAwait(false);
        return ActionFor(decision, mayPrepend ? mail : null);
    }

    // The mail that may get a header; a mail that is not remembered gets none.
    private PolicyInstances.Mail? MailToTrace(in PolicyRequest request, in MailKey key) =>
        texts.IsTraced && request.MayPrepend && !request.Instance.IsEmpty ? instances.Of(key, 0) : null;

    private string ActionFor(in Decision decision, PolicyInstances.Mail? mail)
    {
        var action = texts.ActionFor(decision);
        if (action != PolicyReply.Dunno && texts.Options.Shadow)
        {
            var client = decision.Query.Client;
            log.PolicyShadow(addresses.Show(client), addresses.Conceal(PeerText.Clean(action, PolicyReply.MaxActionLength), client));
            action = PolicyReply.Dunno;
        }

        return action == PolicyReply.Dunno && mail is not null && texts.TraceOf(decision) is { } trace && mail.IsFirstTrace()
            ? trace
            : action;
    }

    private static int TextLength(in ScreeningQuery query) => (query.Helo?.Length ?? 0) + (query.Sender?.Length ?? 0);

    // HELO and sender become texts only if somebody looks at them: a rule, or whoever screens the client.
    private ScreeningQuery QueryOf(in PolicyRequest request)
    {
        var query = screening.Screener.QueryFor(Door.Policy, request.Client, request.Server) with
        {
            LocalPort = request.ServerPort,
            RemotePort = request.ClientPort,
        };
        return query.Profile.JudgesEnvelope ? query.WithEnvelope(request.HeloText(), request.SenderText()) : query;
    }
}
