using System.Collections.Immutable;
using Screening.Protocol.P0f;

namespace Screening.Actors.Checks.P0f;

/// <summary>p0f with the rules of one profile.</summary>
/// <param name="Rules">Each rule that matches adds its weight.</param>
/// <param name="Limit">
/// The total is limited to 0..this, which is one below the enforce threshold, because a weak sign alone never blocks; null: no limit.
/// </param>
public sealed record P0fPlan(string Source, ImmutableArray<P0fRule> Rules, int? Limit) : CheckPlan<P0fAnswer>(Source, "p0f", P0fAnswer.Kind)
{
    /// <inheritdoc/>
    public override WeightRange Range { get; } = new(
        Limit is null ? Rules.Sum(r => Math.Min(0, r.Weight)) : 0,
        Math.Min(Rules.Sum(r => Math.Max(0, r.Weight)), Math.Max(0, Limit ?? int.MaxValue)));

    /// <inheritdoc/>
    public override AskedAt AskedAt => AskedAt.ThisNodeAtOnce;

    /// <inheritdoc/>
    protected override WeighedAnswer Weigh(P0fAnswer answer)
    {
        var reply = answer.Reply;
        if (reply.Status != P0fStatus.Ok)
            return default(WeighedAnswer) with { Answer = ["no match"] };
        var total = Rules.Where(rule => rule.Matches(reply)).Sum(rule => rule.Weight);
        if (Limit is { } limit)
            total = Math.Clamp(total, 0, Math.Max(0, limit));
        var words = Words(reply);
        return new WeighedAnswer(
            default(Contribution).Plus(total), words, null, total == 0 ? null : $"p0f: {string.Join(", ", words)}");
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
