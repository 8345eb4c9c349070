using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Protocol.Dns;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Endpoints;

/// <summary>The answer of one of our zones about a client.</summary>
/// <param name="Code">The code it is listed with; null: not listed.</param>
/// <param name="TtlSeconds">How long that holds.</param>
/// <param name="Reason">Why, for people.</param>
internal readonly record struct ZoneAnswer(AnswerCode? Code, int TtlSeconds, string Reason);

/// <summary>The verdict as a DNSBL: one and the same on the dnsblog socket and in the DNSBL zone.</summary>
internal sealed class VerdictZoneAnswers(ScreeningHandle screening, EndpointSettings settings, ZoneDecisions decisions)
{
    // RFC 5782 section 5: whoever tests a list asks about these, also a list that speaks for clients. They are never screened.
    private const int TestPointTtlSeconds = 3600;
    private static readonly ClientAddress Listed = ClientAddress.FromIPv4(0x7f000002);
    private static readonly ClientAddress NeverListed = ClientAddress.FromIPv4(0x7f000001);
    private static readonly AnswerCode TestCode = new(0x7f000002);

    /// <summary>The zone's name, in lower case.</summary>
    public string Name { get; } = settings.ZoneName.ToLowerInvariant();

    /// <summary>The name of the profile that is called so, which has zones of its own; null if there is none.</summary>
    public string? FindProfile(ReadOnlySpan<char> name) => screening.Screener.Profiles.TryGet(name, out var profile) ? profile.Name : null;

    /// <summary>Asks one of the zones about a client.</summary>
    /// <param name="profile">The profile; empty for the one that the door chooses.</param>
    /// <param name="type">The type of record that is asked for.</param>
    /// <param name="isDoubtful">It is probably not this client that is meant: see <see cref="ScreeningQuery.IsDoubtful"/>.</param>
    /// <returns>Null if there is no such zone. Completed at once where no check has to be asked.</returns>
    public ValueTask<ZoneAnswer?> AskAsync(
        Door door, ClientAddress client, string profile, bool allow, DnsType type = DnsType.A, bool isDoubtful = false)
    {
        var screener = screening.Screener;
        Profile? chosen = null;
        if (profile.Length > 0 && !screener.Profiles.TryGet(profile, out chosen))
            return default;
        if (client == NeverListed || client == Listed)
            return ValueTask.FromResult<ZoneAnswer?>(new ZoneAnswer(client == Listed ? TestCode : null, TestPointTtlSeconds, "test point"));
        var query = screener.QueryFor(door, client, null, chosen) with { Unrecorded = isDoubtful, IsDoubtful = isDoubtful };
        if (!screener.TryPeek(query, out var known))
            return ScreenAsync(screener, query, decisions.Of(query, allow, type), allow);
        if (decisions.IsFirst(query, allow, type))
            screener.Report(known);
        return ValueTask.FromResult<ZoneAnswer?>(AnswerOf(known, allow));
    }

    private async ValueTask<ZoneAnswer?> ScreenAsync(Screener screener, ScreeningQuery query, ZoneDecision shared, bool allow) =>
        AnswerOf(await shared.ScreenAsync(() => screener.ScreenAsync(query)).ConfigureAwait(false), allow);

    private ZoneAnswer AnswerOf(in Decision decision, bool allow)
    {
        var (code, ttl) = VerdictZone.Answer(decision.Verdict, allow, settings.FailTtlSeconds);

        // A node that has no copy of the bans yet does not know of any: no resolver may remember that a client is not listed.
        var mayChange = code is null && screening.Fleet is { Grants.IsKnown: false };
        return new ZoneAnswer(code, mayChange ? 0 : ttl, decision.Reason);
    }
}
