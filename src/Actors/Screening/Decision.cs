using System.Collections.Immutable;
using Screening.Actors.Checks;
using Screening.Actors.Profiles;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>A question about a client, as an endpoint asks it.</summary>
/// <param name="Client">The client.</param>
/// <param name="Profile">The profile it falls under.</param>
/// <param name="Door">The listener it came through.</param>
/// <param name="Started">When the question came, a value of <see cref="TimeProvider.GetTimestamp"/>.</param>
/// <param name="Deadline">When the answer must leave.</param>
public readonly record struct ScreeningQuery(ClientAddress Client, Profile Profile, Door Door, long Started, Deadline Deadline)
{
    /// <summary>The mail exchanger's address that the client connected to; null when the door does not know it.</summary>
    public ClientAddress? Local { get; init; }

    /// <summary>The port the client connected to; 0 when unknown.</summary>
    public int LocalPort { get; init; }

    /// <summary>The client's port; 0 when unknown.</summary>
    public int RemotePort { get; init; }

    /// <summary>The client's HELO; only the policy door knows it.</summary>
    public string? Helo { get; private init; }

    /// <summary>The envelope sender; only the policy door knows it.</summary>
    public string? Sender { get; private init; }

    /// <summary>True if HELO or sender speak against the client. A pass that was given without them then does not count.</summary>
    public bool IsSuspect { get; private init; }

    /// <summary>No cache may answer.</summary>
    public bool Fresh { get; init; }

    /// <summary>Reasons are wanted even where they cost another query.</summary>
    public bool Explain { get; init; }

    /// <summary>The answer must not enter the whitelist.</summary>
    public bool Unrecorded { get; init; }

    /// <summary>
    /// Probably another client is meant, as by a resolver on its way to a longer name. The answer must be right, but it is reported only if
    /// it refuses the client. Such a query is <see cref="Unrecorded"/> too.
    /// </summary>
    public bool IsDoubtful { get; init; }

    /// <summary>
    /// True if the verdict may rest on HELO or sender, which belong to one mail: rules of the envelope match them, or a custom check is
    /// told them. A pass of such a query is not kept, since it proves nothing about the client's other mail.
    /// </summary>
    public bool IsJudgedByEnvelope => (Helo ?? Sender) is not null && (Profile.TellsEnvelope || IsSuspect);

    /// <summary>True if the door can tell an allow from a pass, so that an allow is worth waiting for.</summary>
    public bool AllowMatters => Door is not (Door.Plugin or Door.Policy);

    /// <summary>
    /// True if the door's answer includes the reason of a refusal. Only then is a list asked for its own words (its TXT record), and waited
    /// for.
    /// </summary>
    public bool TellsReason => Door is Door.Policy or Door.Dnsbl or Door.Http;

    /// <summary>
    /// The same query with HELO and sender. They are judged here, once: the patterns of <c>[[policy.rule]]</c> are regular expressions.
    /// </summary>
    public ScreeningQuery WithEnvelope(string? helo, string? sender) => this with
    {
        Helo = helo,
        Sender = sender,
        IsSuspect = (helo ?? sender) is not null && Profile.Suspects(helo, sender),
    };

    internal ScreeningKey Key => new(Client, Profile, Helo, Sender, Fresh, Explain, AllowMatters);
}

/// <summary>
/// Queries that are equal in this share one screening, since no check is asked twice about a client at one time: the client, the profile,
/// and all that may change what is asked or when it is decided.
/// </summary>
/// <remarks>
/// The profile counts as the object that it is: a query that comes after a reload does not join a screening by the settings before it.
/// </remarks>
internal readonly record struct ScreeningKey(
    ClientAddress Client, Profile Profile, string? Helo, string? Sender, bool Fresh, bool Explain, bool AllowMatters);

/// <summary>The outcome of a query: the verdict and everything that explains it.</summary>
/// <param name="Query">The question.</param>
/// <param name="Verdict">The answer.</param>
/// <param name="Early">The answer was given while checks were pending that could not change it.</param>
/// <param name="Complete">No unfinished or failed check could have changed the action.</param>
/// <param name="Elapsed">From question to answer.</param>
/// <param name="Reason">The leading reason, for people.</param>
/// <param name="Checks">One report per check; empty when none was asked.</param>
public readonly record struct Decision(
    ScreeningQuery Query, Verdict Verdict, bool Early, bool Complete, TimeSpan Elapsed, string Reason, ImmutableArray<CheckReport> Checks)
{
    /// <summary>The default, because nothing can be said about the client's address now (<see cref="ClientWatch"/>).</summary>
    public bool IsSuspended { get; init; }

    /// <summary>The default, because the node could not screen so many clients.</summary>
    public bool IsShed { get; init; }

    /// <summary>True if it came at once, without a question to anybody.</summary>
    public bool IsFromMemory => Verdict.IsHit || IsSuspended;

    /// <summary>What the fleet was asked; null: it was not.</summary>
    public FleetReport? Fleet { get; init; }
}

/// <summary>How a look-up in the fleet's whitelist went.</summary>
/// <param name="Start">When it was asked, from the start of the query; negative for a query that joined later.</param>
/// <param name="Elapsed">How long it took, or how long it was waited for.</param>
/// <param name="IsHit">True if it knew the client, false if not; null: it has not answered.</param>
public sealed record FleetReport(TimeSpan Start, TimeSpan Elapsed, bool? IsHit);

/// <summary>Is told what the node did: the decision log and the metrics. Must neither block nor throw.</summary>
public interface IScreeningObserver : ICheckObserver
{
    /// <summary>A query was answered.</summary>
    void Decided(in Decision decision);

    /// <summary>A query was answered with the default because too many were in flight.</summary>
    void Shed(Door door);
}
