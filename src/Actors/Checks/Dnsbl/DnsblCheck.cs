using Akka.Actor;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>
/// Asks one DNSBL. An answer with an error code is a failure of the list, and so is an answer of a list that seems to list everybody
/// (<see cref="ListTrial"/>), so that a broken list never refuses mail. Answers are kept until <see cref="ForgetAnswers"/>: "not listed"
/// for the lifetime that the list gives, "listed" for seconds only.
/// </summary>
internal sealed class DnsblCheck(DnsblSettings settings, IDnsTransport dns, CheckContext context)
    : CheckActor<DnsblCheck.Question, DnsblAnswer>(DnsblAnswer.Kind, settings.Check, context, TimeSpan.FromSeconds(30))
{
    /// <summary>How long a list may take to give its reason, and how long a refusal waits for it at most.</summary>
    public static readonly TimeSpan TextTimeout = TimeSpan.FromMilliseconds(300);

    private const string Mask = "***";

    private readonly Dictionary<ClientAddress, List<AskText>> _texts = [];
    private readonly ListTrial _trial = new(settings, dns, context);
    private readonly AnswerKeep<DnsblAnswer> _kept = new(context.Time, settings.Keep);

    public static Props CreateProps(DnsblSettings settings, IDnsTransport dns, CheckContext context) =>
        Props.Create(() => new DnsblCheck(settings, dns, context));

    /// <summary>Questions are equal if they are about the same client and agree on whether the reason is wanted.</summary>
    internal readonly record struct Question(ClientAddress Client, bool Explain);

    protected override Question KeyOf(AskCheck ask) => new(ask.Subject.Client, ask.Explain);

    protected override DnsblAnswer? Kept(Question key, AskCheck ask) => key.Explain ? null : _kept.Find(key.Client);

    protected override void Keep(Question key, DnsblAnswer answer) => _kept.Add(key.Client, answer);

    protected override void Forget(Network network) => _kept.Forget(network);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case AskText ask:
                Ask(ask);
                break;
            case TextEnded ended:
                End(ended);
                break;
            default:
                base.OnReceive(message);
                break;
        }
    }

    protected override async Task<DnsblAnswer> AskSourceAsync(AskCheck ask, CancellationToken stopping)
    {
        var name = DnsblName.QueryName(ask.Subject.Client, settings.Zone);
        Observer.DnsblQueried(Settings.Name);
        var answer = await dns.QueryAddressesAsync(name, Settings.Timeout, stopping).ConfigureAwait(false);
        foreach (var code in answer.Codes)
        {
            if (code.ErrorReason() is { } error)
                throw new SourceException(CheckFailure.BadAnswer, $"answered {code}: {error}");
        }

        if (answer.Codes.IsEmpty)
            _trial.NotListed();
        else if (settings.IsTested && await _trial.ListedAsync().ConfigureAwait(false) is { } impossible)
        {
            throw new SourceException(
                CheckFailure.BadAnswer, $"lists {impossible}, which no list may: it seems to list everybody (RFC 5782 section 5)");
        }

        var text = ask.Explain && !answer.Codes.IsEmpty ? await TextAsync(name, stopping).ConfigureAwait(false) : null;
        return new DnsblAnswer(answer.Codes, answer.TtlSeconds, text);
    }

    private void Ask(AskText ask)
    {
        if (_kept.Find(ask.Client)?.Text is { } kept)
            ask.ReplyTo.Tell(new TextCame(ask.Slot, kept));
        else if (_texts.TryGetValue(ask.Client, out var askers))
            askers.Add(ask);
        else if (_texts.Count >= Settings.MaxInFlight)
            ask.ReplyTo.Tell(new TextCame(ask.Slot, ""));
        else
            Query(ask);
    }

    private void Query(AskText ask)
    {
        _texts[ask.Client] = [ask];
        var client = ask.Client;
        TextAsync(DnsblName.QueryName(client, settings.Zone), CancellationToken.None).PipeTo(
            Self, success: text => new TextEnded(client, text), failure: _ => new TextEnded(client, ""));
    }

    // An empty reason is kept too, so that a list without texts delays only the first refusal of a client.
    private void End(TextEnded ended)
    {
        _kept.Complete(ended.Client, kept => kept with { Text = ended.Text });
        _texts.Remove(ended.Client, out var askers);
        foreach (var ask in askers!)
            ask.ReplyTo.Tell(new TextCame(ask.Slot, ended.Text));
    }

    private async Task<string> TextAsync(string name, CancellationToken stopping)
    {
        try
        {
            Observer.DnsblQueried(Settings.Name);
            var texts = await dns.QueryTextAsync(name, TextTimeout, stopping).ConfigureAwait(false);
            return WithoutSecrets(string.Join("; ", texts));
        }
        catch (SourceException)
        {
            return ""; // The reason is a courtesy; the listing counts without it.
        }
    }

    // Some lists repeat the name that was asked for, which may contain the customer's key.
    private string WithoutSecrets(string text)
    {
        var shown = text.Replace(settings.Zone, Settings.Name, StringComparison.OrdinalIgnoreCase);
        if (settings.Key.Length > 0)
            shown = shown.Replace(settings.Key, Mask, StringComparison.OrdinalIgnoreCase);
        return PeerText.Clean(shown, SourceWords.MaxLength);
    }

    private sealed record TextEnded(ClientAddress Client, string Text);
}
