using System.Collections.Immutable;
using System.Runtime.Serialization;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Serialization;

/// <summary>
/// What the values of a message may be, whoever sent it: no number overflows where it is used, no time is one that cannot be shown, and
/// no text can forge a line of a log or command a terminal. A message that breaks a rule is not delivered. A text is cleaned instead,
/// because it changes nothing that nodes decide; texts by which things are found must be clean.
/// </summary>
/// <remarks>
/// The rules know no clock: a node whose own is wrong must still take the bans of its fleet. How long something may live is bounded by what
/// keeps it, by its own clock.
/// </remarks>
internal static partial class PeerChecks
{
    /// <summary>The latest time, 2200-01-01, in milliseconds since 1970.</summary>
    public const long LatestMs = 7_258_118_400_000;

    /// <summary>The message with its texts cleaned.</summary>
    /// <exception cref="SerializationException">A value is out of its range.</exception>
    public static object Checked(object message)
    {
        switch (message)
        {
            case LookUp m:
                Name(m.Profile);
                Name(m.Fingerprint);
                Check(m.Known);
                Range(m.Lists.Length, 0, MaxItems);
                return m;
            case LookUpHit m:
                Check(m.Epoch);
                return Checked(m.Pass) is var hit && ReferenceEquals(hit, m.Pass) ? m : m with { Pass = hit };
            case LookUpMiss m:
                Check(m.Epoch);
                return m;
            case EvidenceCame m:
                return m with { Evidence = All(m.Evidence, Checked) };
            case Conclude m:
                Name(m.Profile);
                Check(m.Epoch);
                Range(m.AgeMs, 0, int.MaxValue);
                return Checked(m.Pass) is var concluded && ReferenceEquals(concluded, m.Pass) ? m : m with { Pass = concluded };
            case RecordTimes m:
                Check(m.Times);
                return m with { By = Clean(m.By, MaxName) };
            case GetTimes m:
                Name(m.Profile);
                Name(m.Fingerprint);
                return m;
            case TimesFound m:
                Check(m.Times);
                Check(m.Epoch);
                return m.Pass is null ? m : m with { Pass = Checked(m.Pass) };
            case Revoke m:
                Range(m.WaitMs, 0, MaxWaitMs);
                return m;
            case Revoked m:
                Range(m.Count, 0, int.MaxValue);
                return m;
            case ImportEntries m:
                return m with { Entries = All(m.Entries, Checked) };
            case EntriesImported m:
                Range(m.Count, 0, int.MaxValue);
                return m;
            case ListEntries m:
                Range(m.Limit, 1, MaxItems);
                return m;
            case EntriesListed m:
                return m with { Entries = All(m.Entries, Checked) };
            case EntriesCounted m:
                Range(m.Count, 0, int.MaxValue);
                return m;
            case WhitelistNews m:
                return m with { Items = All(m.Items, Checked) };
            case SetGrants m:
                Range(m.WaitMs, 0, MaxWaitMs);
                return m with
                {
                    Lines = All(
                    m.Lines, static line => Checked(line with { ExpiresMs = Math.Min(line.ExpiresMs, LatestMs) }))
                };
            case RemoveGrants m:
                Range(m.WaitMs, 0, MaxWaitMs);
                return m;
            case GrantsRecorded m:
                Check(m.Version);
                Range(m.Count, 0, int.MaxValue);
                return m.Fault is null ? m : m with { Fault = Clean(m.Fault, MaxText) };
            case GetGrants m:
                Check(m.Known);
                return m;
            case GetGrantsPart m:
                Check(m.Version);
                Range(m.Part, 0, MaxItems);
                return m;
            case GrantsCopyPart m:
                Check(m.Version);
                Range(m.Parts, 1, MaxItems);
                Range(m.Part, 0, m.Parts - 1);
                return m with { Lines = All(m.Lines, Checked) };
            case GrantsUpToDate m:
                Check(m.Version);
                return m;
            case GrantsChanged m:
                Check(m.Before);
                Check(m.After);
                return m with { Change = Checked(m.Change) };
            case AskPresence m:
                return m with { From = Checked(m.From) };
            case NodePresence m:
                Range(m.CacheMembers, 0, MaxItems);
                return m with { From = Checked(m.From), ClusterId = Clean(m.ClusterId, MaxName), Refusal = Clean(m.Refusal, MaxText) };
            case NodeHoldings m:
                Range(m.Shards, 0, WhitelistLayout.Shards);
                Range(m.Buckets, 0, WhitelistLayout.Buckets + 1);
                Range(m.Recovering, 0, WhitelistLayout.Buckets + 1);
                Range(m.Entries, 0, MaxSequence);
                return m with { Node = Clean(m.Node, MaxName) };
            default:
                return message; // It has nothing but numbers that are echoed, networks and buckets.
        }
    }

    /// <summary>What was stored, without the items that cannot be right.</summary>
    /// <param name="faults">Why items were left out, one for each.</param>
    public static object Kept(object stored, List<string> faults) => stored switch
    {
        BucketChanged m => m with
        {
            Entries = Kept(m.Entries, Checked, faults),
            Tombstones = Kept(m.Tombstones, Checked, faults),
            Forgotten = Kept(m.Forgotten, Checked, faults),
        },
        BucketSnapshot m => m with
        {
            Entries = Kept(m.Entries, Checked, faults),
            Tombstones = Kept(m.Tombstones, Checked, faults),
            Forgotten = Kept(m.Forgotten, Checked, faults),
        },
        GrantsStored m => m with { Changes = [.. m.Changes.Select(change => change with { Set = Kept(change.Set, Checked, faults) })] },
        GrantsSnapshot m => m with { Lines = Kept(m.Lines, Checked, faults) },
        _ => stored,
    };

    private static ImmutableArray<T> Kept<T>(ImmutableArray<T> items, Func<T, T> check, List<string> faults)
        where T : class
    {
        var kept = ImmutableArray.CreateBuilder<T>(items.Length);
        foreach (var item in items)
        {
            try
            {
                kept.Add(check(item));
            }
            catch (SerializationException fault)
            {
                faults.Add(fault.Message);
            }
        }

        return kept.DrainToImmutable();
    }

    private static Pass Checked(Pass pass)
    {
        Range(pass.TtlSeconds, 1, MaxLifeSeconds);
        return CheckVerdict(pass.Score, pass.Fingerprint, pass.By, pass.Reason) is var (by, reason)
            ? pass with { By = by, Reason = reason }
            : pass;
    }

    // What both forms of a pass say of its verdict. Null: nothing had to be cleaned, so the pass is used as it is, without a copy.
    private static (string By, string Reason)? CheckVerdict(int score, string fingerprint, string by, string reason)
    {
        Range(score, -MaxScore, MaxScore, nameof(Pass.Score));
        Name(fingerprint, nameof(Pass.Fingerprint));
        var (cleanBy, cleanReason) = (Clean(by, MaxName), Clean(reason, MaxReason));
        return ReferenceEquals(cleanBy, by) && ReferenceEquals(cleanReason, reason) ? null : (cleanBy, cleanReason);
    }

    /// <summary>A list's answer.</summary>
    public static DnsblAnswer Checked(DnsblAnswer answer)
    {
        Range(answer.TtlSeconds ?? 0, 0, int.MaxValue);
        return answer.Text is { } text ? answer with { Text = Clean(text, MaxText) } : answer;
    }

    private static SharedEvidence Checked(SharedEvidence evidence)
    {
        if (evidence.Answer is not { } answer)
            return evidence;
        return AnswerForms.Checked(answer) is var sound && ReferenceEquals(sound, answer) ? evidence : evidence with { Answer = sound };
    }

    private static EntryLine Checked(EntryLine line)
    {
        Name(line.Profile);
        Range(line.AgeSeconds, 0, int.MaxValue);
        Check(line.Times);
        return line with { Pass = line.Pass is null ? null : Checked(line.Pass), TimesBy = Clean(line.TimesBy, MaxName) };
    }

    private static NewsItem Checked(NewsItem item)
    {
        Check(item.Epoch);
        switch (item)
        {
            case PassNews news:
                Name(news.Profile);
                return Checked(news.Pass) is var pass && ReferenceEquals(pass, news.Pass) ? news : news with { Pass = pass };
            case TimesNews news:
                Check(news.Times);
                return news;
            case RevocationNews news:
                Range(news.Before, 0, MaxSequence);
                return news;
            default:
                return item;
        }
    }

    private static GrantOrBan Checked(GrantOrBan line)
    {
        Range(line.MadeMs, 0, LatestMs);
        Range(line.ExpiresMs, 0, LatestMs);
        return line with { By = Clean(line.By, MaxName), Reason = Clean(line.Reason, MaxReason) };
    }

    private static GrantsChange Checked(GrantsChange change)
    {
        Range(change.RemoveExpiredBefore, 0, LatestMs);
        return change with { Set = All(change.Set, Checked) };
    }

    private static StoredEntry Checked(StoredEntry entry)
    {
        Name(entry.Profile);
        Check(entry.Times);
        Range(entry.Sequence, 0, MaxSequence);
        return entry with { Passes = All(entry.Passes, Checked), TimesBy = Clean(entry.TimesBy, MaxName) };
    }

    private static StoredPass Checked(StoredPass pass)
    {
        Range(pass.MadeMs, 0, LatestMs);
        Range(pass.ExpiresMs, 0, LatestMs);
        return CheckVerdict(pass.Score, pass.Fingerprint, pass.By, pass.Reason) is var (by, reason)
            ? pass with { By = by, Reason = reason }
            : pass;
    }

    private static Tombstone Checked(Tombstone tombstone)
    {
        Range(tombstone.Sequence, 0, MaxSequence);
        Range(tombstone.MadeMs, 0, LatestMs);
        return tombstone;
    }

    private static ForgottenTimes Checked(ForgottenTimes forgotten)
    {
        Check(forgotten.Times);
        return forgotten;
    }

    private static NodeIdentity Checked(NodeIdentity node)
    {
        Range(node.ClockMs, 0, LatestMs);
        Name(node.Address.Host ?? "");
        return node with
        {
            Node = Clean(node.Node, MaxName),
            Provider = Clean(node.Provider, MaxName),
            SplitBrain = Clean(node.SplitBrain, MaxName)
        };
    }
}
