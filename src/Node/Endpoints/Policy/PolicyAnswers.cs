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
    /// <summary>The action for a request; at once where no check has to be asked.</summary>
    public ValueTask<string> ActionAsync(PolicyRequest request) =>
        request.IsAuthenticated ? ValueTask.FromResult(PolicyReply.Dunno) : ScreenAsync(request);

    private async ValueTask<string> ScreenAsync(PolicyRequest request)
    {
        var mail = request.Instance is { } instance ? instances.Of(instance, request.Client, TextLength(request)) : null;
        var decision = mail is null
            ? await DecideAsync(request).ConfigureAwait(false)
            : await mail.DecideAsync(() => DecideAsync(request).AsTask()).ConfigureAwait(false);
        var action = texts.ActionFor(decision);
        if (action != PolicyReply.Dunno && texts.Options.Shadow)
        {
            log.PolicyShadow(
                addresses.Show(request.Client), addresses.Conceal(PeerText.Clean(action, PolicyReply.MaxActionLength), request.Client));
            action = PolicyReply.Dunno;
        }

        return action == PolicyReply.Dunno && request.MayPrepend && texts.TraceOf(decision) is { } trace && mail?.IsFirstTrace() == true
            ? trace
            : action;
    }

    private static int TextLength(PolicyRequest request) => (request.Helo?.Length ?? 0) + (request.Sender?.Length ?? 0);

    private ValueTask<Decision> DecideAsync(PolicyRequest request) => screening.Screener.DecideAsync(
        screening.Screener.QueryFor(Door.Policy, request.Client, request.Server).WithEnvelope(request.Helo, request.Sender) with
        {
            LocalPort = request.ServerPort,
            RemotePort = request.ClientPort,
        });
}
