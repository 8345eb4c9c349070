using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Screening;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>What a list's actor is given.</summary>
/// <param name="Check">The common part.</param>
/// <param name="Zone">The zone that is asked; it may hold a key and is never shown.</param>
/// <param name="FailShare">How long an answer that lists a client is kept; zero: not at all.</param>
/// <param name="LongestKept">How long any answer is kept at most.</param>
/// <param name="MaxKept">How many answers are kept.</param>
public sealed record DnsblSettings(CheckSettings Check, string Zone, TimeSpan FailShare, TimeSpan LongestKept, int MaxKept)
{
    /// <summary>False for a list that has 127.0.0.1 on purpose, as lists of bogus networks have.</summary>
    public bool IsTried { get; init; } = true;
}

/// <summary>
/// Asks one DNSBL. Codes that must not count turn the whole answer into a failure of the list, so that a list gone wrong never refuses
/// mail; so does a list that seems to list everybody (<see cref="ListTrial"/>). Answers are kept, until <see cref="ForgetAnswers"/>: "not
/// listed" as long as the list says, "listed" for seconds only.
/// </summary>
internal sealed class DnsblCheck(DnsblSettings settings, IDnsTransport dns, CheckContext context)
    : CheckActor<DnsblCheck.Question>(settings.Check, context, TimeSpan.FromSeconds(30))
{
    private static readonly TimeSpan TextTimeout = TimeSpan.FromMilliseconds(300);

    private readonly ListTrial _trial = new(settings, dns, context);
    private readonly AnswerKeep _kept = new(context.Time, settings.MaxKept);

    public static Props CreateProps(DnsblSettings settings, IDnsTransport dns, CheckContext context) =>
        Props.Create(() => new DnsblCheck(settings, dns, context));

    /// <summary>Two questions are equal if they name the same client and both, or neither, want the reason.</summary>
    internal readonly record struct Question(ClientAddress Client, bool Explain);

    protected override Question KeyOf(AskCheck ask) => new(ask.Subject.Client, ask.Explain);

    protected override bool Says(CheckAnswer answer) => answer is DnsblAnswer { Codes.IsEmpty: false };

    protected override CheckAnswer? Kept(Question key, AskCheck ask) => key.Explain ? null : _kept.Find(key.Client);

    protected override void Keep(Question key, CheckAnswer answer)
    {
        if (answer is not DnsblAnswer listed)
            return;
        var life = listed.Codes.IsEmpty ? TimeSpan.FromSeconds(listed.TtlSeconds ?? 0) : settings.FailShare;
        if (life < settings.FailShare)
            life = settings.FailShare; // Other nodes ask about the same client at about the same time.
        _kept.Add(key.Client, listed with { Text = null }, life < settings.LongestKept ? life : settings.LongestKept);
    }

    protected override void OnReceive(object message)
    {
        if (message is ForgetAnswers forget)
            _kept.Forget(forget.Network);
        else
            base.OnReceive(message);
    }

    protected override async Task<CheckAnswer> AskSourceAsync(AskCheck ask, CancellationToken stopping)
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
        else if (settings.IsTried && await _trial.ListedAsync().ConfigureAwait(false) is { } impossible)
            throw new SourceException(CheckFailure.BadAnswer, $"lists {impossible}, which no list may: it seems to list everybody (RFC 5782 section 5)");
        var text = ask.Explain && !answer.Codes.IsEmpty ? await TextAsync(name, stopping).ConfigureAwait(false) : null;
        return new DnsblAnswer(answer.Codes, answer.TtlSeconds, text);
    }

    private async Task<string?> TextAsync(string name, CancellationToken stopping)
    {
        try
        {
            Observer.DnsblQueried(Settings.Name);
            var texts = await dns.QueryTextAsync(name, TextTimeout, stopping).ConfigureAwait(false);
            return texts.IsEmpty ? null : string.Join("; ", texts);
        }
        catch (SourceException)
        {
            return null; // The reason is a courtesy; the listing counts without it.
        }
    }
}
