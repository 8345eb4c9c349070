using Screening.Node.Telemetry;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints.Dnsbl;

/// <summary>
/// Answers DNS requests about our zone, and about nothing else: no recursion, no transfer, no referral. The answers over UDP and TCP are
/// the same.
/// </summary>
internal sealed class DnsblZone(VerdictZoneAnswers answers, NodeMetrics metrics)
{
    /// <summary>How long a resolver may remember what does not depend on a verdict.</summary>
    public const int StaticTtlSeconds = 300;

    private static readonly DnsAnswerContent Refused = new(DnsRcode.Refused);
    private static readonly DnsAnswerContent NoData = new(DnsRcode.NoError, null, StaticTtlSeconds);
    private static readonly DnsAnswerContent NoName = new(DnsRcode.NxDomain, null, StaticTtlSeconds);

    private readonly Func<ReadOnlySpan<char>, string?> _findProfile = answers.FindProfile;

    /// <summary>The zone's name, in lower case.</summary>
    public string Name => answers.Name;

    /// <summary>Answers a request; at once where no check has to be asked.</summary>
    /// <param name="request">Not of kind <see cref="DnsRequestKind.Ignore"/>.</param>
    /// <param name="name">What it asks about, as <see cref="DnsRequest.Read"/> gave it.</param>
    public ValueTask<DnsAnswerContent> AnswerAsync(in DnsRequest request, ReadOnlySpan<char> name)
    {
        if (request.Kind != DnsRequestKind.Question)
        {
            metrics.BadRequest(Door.Dnsbl, request.Kind == DnsRequestKind.Malformed ? ParseErrorKind.BadValue : ParseErrorKind.BadName);
            return ValueTask.FromResult(default(DnsAnswerContent));
        }

        if (!request.IsInternet || request.Type is DnsType.Axfr or DnsType.Ixfr)
            return ValueTask.FromResult(Refused);
        var question = VerdictQuestion.Read(name, answers.Name, _findProfile);
        return question.Kind switch
        {
            VerdictNameKind.Client => AboutClientAsync(question, request.Type),
            VerdictNameKind.Apex => ValueTask.FromResult(AboutZone(request.Type)),
            VerdictNameKind.Between => ValueTask.FromResult(NoData),
            VerdictNameKind.Nothing => ValueTask.FromResult(NoName),
            _ => ValueTask.FromResult(Refused),
        };
    }

    private static DnsAnswerContent AboutZone(DnsType type) => type switch
    {
        DnsType.Soa or DnsType.Any => new DnsAnswerContent(DnsRcode.NoError, DnsType.Soa, StaticTtlSeconds),
        DnsType.Ns => new DnsAnswerContent(DnsRcode.NoError, DnsType.Ns, StaticTtlSeconds),
        _ => NoData,
    };

    private ValueTask<DnsAnswerContent> AboutClientAsync(in VerdictQuestion question, DnsType type)
    {
        // Lists are asked for A and TXT records. Resolvers that minimise names ask for A, AAAA or NS (RFC 9156 section 2.1).
        var isBetween = question.IsAlsoBetween;
        if (isBetween && type is not (DnsType.A or DnsType.Txt or DnsType.Any))
            return ValueTask.FromResult(NoData);
        var isDoubtful = type == DnsType.A && question.IsProbablyBetween;
        var asked = answers.AskAsync(Door.Dnsbl, question.Client, question.Profile, question.Allow, type, isDoubtful);
        return asked.IsCompletedSuccessfully
            ? ValueTask.FromResult(ContentOf(asked.Result, type, isBetween))
            : WaitAsync(asked, type, isBetween);
    }

    private static async ValueTask<DnsAnswerContent> WaitAsync(ValueTask<ZoneAnswer?> asked, DnsType type, bool isBetween) =>
        ContentOf(await asked.ConfigureAwait(false), type, isBetween);

    // A name with names below it exists (RFC 8020): a client that is not listed has no data there, and does not end the way to others.
    private static DnsAnswerContent ContentOf(ZoneAnswer? found, DnsType type, bool isBetween) => (found, type) switch
    {
        (null, _) => NoName, // The profile went with a reload.
        ({ Code: null, TtlSeconds: var ttl }, _) => new DnsAnswerContent(isBetween ? DnsRcode.NoError : DnsRcode.NxDomain, null, ttl),
        ({ Code: { } code, TtlSeconds: var ttl }, DnsType.A or DnsType.Any) =>
            new DnsAnswerContent(DnsRcode.NoError, DnsType.A, ttl) { Code = code },
        ({ TtlSeconds: var ttl, Reason: var reason }, DnsType.Txt) =>
            new DnsAnswerContent(DnsRcode.NoError, DnsType.Txt, ttl) { Text = PeerText.Clean(reason, DnsAnswerWriter.MaxTextBytes) },
        ({ TtlSeconds: var ttl }, _) => new DnsAnswerContent(DnsRcode.NoError, null, ttl),
    };
}
