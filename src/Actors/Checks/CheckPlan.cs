using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>The kinds of check.</summary>
public enum CheckKind : byte
{
    P0f,
    Dnsbl,
    Custom,

    /// <summary>What the query itself tells: no source is asked.</summary>
    Evidence,
}

/// <summary>The words for kinds of check.</summary>
public static class CheckKindWords
{
    /// <summary>The kind's word in JSON.</summary>
    public static string Word(this CheckKind kind) => kind switch
    {
        CheckKind.P0f => "p0f",
        CheckKind.Dnsbl => "dnsbl",
        CheckKind.Evidence => "evidence",
        _ => "custom",
    };
}

/// <summary>
/// One check as one profile uses it: which source to ask, and what its answers weigh. Pure, so that a logged answer can be weighed again
/// under another fingerprint.
/// </summary>
/// <param name="Source">The id of the check actor that is asked; several profiles may share it.</param>
/// <param name="Name">The name in logs, metrics, replies and pages; contains no secret.</param>
/// <param name="Kind">The kind of check.</param>
public abstract record CheckPlan(string Source, string Name, CheckKind Kind)
{
    /// <summary>What any answer of this check could add.</summary>
    public abstract WeightRange Range { get; }

    /// <summary>
    /// The hash by which the fleet knows the source, since the id may contain a key. Equal sources have equal hashes on all nodes.
    /// </summary>
    public ulong SharedId { get; } = SharedIdOf(Source);

    /// <summary>The hash of a source's id.</summary>
    public static ulong SharedIdOf(string source) => BinaryPrimitives.ReadUInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(source)));

    /// <summary>Weighs an answer. An answer of another kind weighs nothing.</summary>
    public abstract WeighedAnswer Weigh(CheckAnswer answer);

    /// <summary>Why the check is not asked about this client; null if it is.</summary>
    public virtual string? SkipReason(ClientAddress client) => null;
}

/// <summary>An answer with its weight.</summary>
/// <param name="Contribution">What it adds.</param>
/// <param name="Says">True if the check knows the client; false for "not listed" and "never seen".</param>
/// <param name="Answer">The answer as words, for people.</param>
/// <param name="TtlSeconds">How long it holds, seconds; null when unknown.</param>
/// <param name="Reason">What the answer means, for people; null when it means nothing.</param>
public readonly record struct WeighedAnswer(
    Contribution Contribution, bool Says, ImmutableArray<string> Answer, int? TtlSeconds, string? Reason)
{
    /// <summary>
    /// The check has never seen the client and may know it later. "Not listed" is an answer about the client; this is not.
    /// </summary>
    public bool KnowsNothing { get; init; }
}

/// <summary>A DNSBL with the site patterns that one profile has for its zone.</summary>
public sealed record DnsblPlan(string Source, string Name, ImmutableArray<SitePattern> Patterns, Func<ClientAddress, bool> Skips)
    : CheckPlan(Source, Name, CheckKind.Dnsbl)
{
    /// <summary>Longest part of a list's own words that is shown, in characters: a sentence and a link.</summary>
    public const int MaxTextLength = 200;

    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(
        Patterns.Sum(p => Math.Min(0, p.Weight)), Patterns.Sum(p => Math.Max(0, p.Weight)));

    /// <inheritdoc/>
    public override string? SkipReason(ClientAddress client) => Skips(client) ? "in dnsbl.skip" : null;

    /// <inheritdoc/>
    public override WeighedAnswer Weigh(CheckAnswer answer)
    {
        if (answer is not DnsblAnswer listed)
            return default;
        var sum = default(Contribution);
        foreach (var pattern in Patterns)
        {
            // A pattern counts once, however many codes match it (postscreen_dnsbl.c).
            if (pattern.Matches(listed.Codes.AsSpan()))
                sum = sum.Plus(pattern.Weight);
        }

        var codes = listed.Codes.Select(c => c.ToString()).ToImmutableArray();
        return new WeighedAnswer(sum, codes.Length > 0, codes, listed.TtlSeconds, ReasonOf(sum, codes, listed.Text));
    }

    /// <summary>A reason followed by the list's own words.</summary>
    /// <param name="text">As <see cref="DnsblAnswer.Text"/>.</param>
    public static string WithText(string reason, string? text) =>
        string.IsNullOrEmpty(text) ? reason : $"{reason}: {PeerText.Clean(text, MaxTextLength)}";

    private string? ReasonOf(Contribution sum, ImmutableArray<string> codes, string? text)
    {
        if (codes.IsEmpty)
            return null;
        var verb = sum.Weight < 0 ? "vouched for by" : sum.Weight > 0 ? "listed by" : "known to";
        return WithText($"{verb} {Name} ({string.Join(' ', codes)})", text);
    }
}

/// <summary>One [[p0f.rule]]: every condition that is given must hold.</summary>
/// <param name="Weight">What it adds.</param>
public sealed record P0fRule(int Weight)
{
    /// <summary>Matches the operating system's name; null: any, even unknown.</summary>
    public Regex? Os { get; init; }

    /// <summary>Matches the system's version.</summary>
    public Regex? Flavor { get; init; }

    /// <summary>Matches the link type.</summary>
    public Regex? Link { get; init; }

    /// <summary>The exact distance in hops; an unknown distance never matches.</summary>
    public int? Distance { get; init; }

    /// <summary>The least uptime in minutes; an unknown uptime never matches.</summary>
    public uint? UptimeMinutesMin { get; init; }

    /// <summary>Whether address sharing was ever seen.</summary>
    public bool? Nat { get; init; }

    /// <summary>Whether the operating system was ever seen to change.</summary>
    public bool? OsChanged { get; init; }

    /// <summary>Match qualities that count; empty: any.</summary>
    public ImmutableArray<P0fMatch> Match { get; init; } = [];

    /// <summary>True if every given condition holds. A condition on the OS never holds while the OS is unknown.</summary>
    public bool Matches(P0fReply reply) =>
        IsMatch(Os, reply.OsName)
        && IsMatch(Flavor, reply.OsFlavor)
        && IsMatch(Link, reply.LinkType)
        && (Distance is not { } distance || reply.Distance == distance)
        && (UptimeMinutesMin is not { } uptime || (reply.UptimeMinutes > 0 && reply.UptimeMinutes >= uptime))
        && (Nat is not { } nat || reply.LastNat > 0 == nat)
        && (OsChanged is not { } changed || reply.LastOsChange > 0 == changed)
        && (Match.IsEmpty || (reply.OsName.Length > 0 && Match.Contains(reply.Match)));

    private static bool IsMatch(Regex? pattern, string text) => pattern is null || (text.Length > 0 && pattern.IsMatch(text));
}

/// <summary>p0f with the rules of one profile.</summary>
/// <param name="Rules">Each rule that matches adds its weight.</param>
/// <param name="Limit">
/// The total is limited to 0..this, which is one below the enforce threshold, because a weak sign alone never blocks; null: no limit.
/// </param>
public sealed record P0fPlan(string Source, ImmutableArray<P0fRule> Rules, int? Limit) : CheckPlan(Source, "p0f", CheckKind.P0f)
{
    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(
        Limit is null ? Rules.Sum(r => Math.Min(0, r.Weight)) : 0,
        Math.Min(Rules.Sum(r => Math.Max(0, r.Weight)), Math.Max(0, Limit ?? int.MaxValue)));

    /// <inheritdoc/>
    public override WeighedAnswer Weigh(CheckAnswer answer)
    {
        if (answer is not P0fAnswer { Reply: var reply } || reply.Status != P0fStatus.Ok)
            return default(WeighedAnswer) with { Answer = ["no match"], KnowsNothing = true };
        var total = Rules.Where(rule => rule.Matches(reply)).Sum(rule => rule.Weight);
        if (Limit is { } limit)
            total = Math.Clamp(total, 0, Math.Max(0, limit));
        var words = Words(reply);
        return new WeighedAnswer(
            default(Contribution).Plus(total), Says: true, words, null, total == 0 ? null : $"p0f: {string.Join(", ", words)}");
    }

    private static ImmutableArray<string> Words(P0fReply reply)
    {
        var words = ImmutableArray.CreateBuilder<string>();
        words.Add(reply.OsName.Length == 0 ? "OS unknown" : $"{reply.OsName} {reply.OsFlavor}".TrimEnd());
        if (reply.OsName.Length > 0 && reply.Match != P0fMatch.Exact)
            words.Add(reply.Match == P0fMatch.Fuzzy ? "fuzzy" : reply.Match == P0fMatch.Generic ? "generic" : "generic fuzzy");
        if (reply.LinkType.Length > 0)
            words.Add(reply.LinkType);
        if (reply.Distance >= 0)
            words.Add($"distance {reply.Distance}");
        if (reply.UptimeMinutes > 0)
            words.Add($"up {reply.UptimeMinutes} min");
        if (reply.LastNat > 0)
            words.Add("NAT");
        if (reply.LastOsChange > 0)
            words.Add("OS changed");
        return words.ToImmutable();
    }
}

/// <summary>A custom check with the weight of each action. A reply's own score, where it gives one, counts instead.</summary>
/// <param name="Weights">
/// Weight by <see cref="VerdictAction"/>. Waiting considers their range only; a score beyond it counts if it is there.
/// </param>
public sealed record CustomPlan(string Source, string Name, ImmutableArray<int> Weights) : CheckPlan(Source, Name, CheckKind.Custom)
{
    /// <summary>A reply's own score is limited to minus this..this.</summary>
    public const int ScoreLimit = 100;

    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(Math.Min(0, Weights.Min()), Math.Max(0, Weights.Max()));

    /// <inheritdoc/>
    public override WeighedAnswer Weigh(CheckAnswer answer)
    {
        if (answer is not CustomAnswer { Reply: var reply })
            return default;
        var weight = reply.Score is { } score ? Math.Clamp(score, -ScoreLimit, ScoreLimit) : Weights[(int)reply.Action];
        return new WeighedAnswer(
            default(Contribution).Plus(weight), Says: true, [reply.Action.Word()], reply.TtlSeconds, ReasonOf(reply, weight));
    }

    private string? ReasonOf(CustomReply reply, int weight) =>
        weight == 0 && reply.Reason is null ? null
        : reply.Reason is null ? $"{Name} says {reply.Action.Word()}"
        : $"{Name} says {reply.Action.Word()}: {PeerText.Clean(reply.Reason)}";
}
