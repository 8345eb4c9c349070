using Akka.Actor;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.P0f;

/// <summary>
/// Asks p0f. It answers "no match" for a client whose SYN it has not processed yet, so that is asked once more if there is time. No answer
/// is kept, because what p0f knows about a client changes.
/// </summary>
internal sealed class P0fCheck(CheckSettings settings, IP0fTransport p0f, CheckContext context)
    : CheckActor<ClientAddress, P0fAnswer>(P0fAnswer.Kind, settings, context, TimeSpan.FromSeconds(2))
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(40);

    public static Props CreateProps(CheckSettings settings, IP0fTransport p0f, CheckContext context) =>
        Props.Create(() => new P0fCheck(settings, p0f, context));

    protected override ClientAddress KeyOf(AskCheck ask) => ask.Subject.Client;

    protected override async Task<P0fAnswer> AskSourceAsync(AskCheck ask, CancellationToken stopping)
    {
        var started = Time.GetTimestamp();
        var reply = await p0f.AskAsync(ask.Subject.Client, Settings.Timeout, stopping).ConfigureAwait(false);
        if (reply.Status == P0fStatus.NoMatch && Settings.Timeout - Time.GetElapsedTime(started) > RetryPause)
            reply = await AskAgainAsync(ask.Subject.Client, started, reply, stopping).ConfigureAwait(false);
        if (reply.Status == P0fStatus.BadQuery)
            throw new SourceException(CheckFailure.BadAnswer, "p0f did not understand the query");
        return new P0fAnswer(reply);
    }

    private async Task<P0fReply> AskAgainAsync(ClientAddress client, long started, P0fReply first, CancellationToken stopping)
    {
        await Task.Delay(RetryPause, Time, stopping).ConfigureAwait(false);
        var left = Settings.Timeout - Time.GetElapsedTime(started);
        try
        {
            return left > TimeSpan.Zero ? await p0f.AskAsync(client, left, stopping).ConfigureAwait(false) : first;
        }
        catch (SourceException)
        {
            return first; // It has answered once: the host was unknown.
        }
    }
}
