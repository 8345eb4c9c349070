using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>What operators ask of the whitelist, put to the buckets and the rules. Holds nothing itself.</summary>
internal sealed class FleetDesk(FleetClient client, FleetRules rules, NearCache nearCache, FleetMeter meter, TimeProvider time) : IFleetWhitelist
{
    // How long a change waits to be journaled before it is answered as not durable; and how long an entity may take to answer at all.
    private static readonly TimeSpan StoreWait = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const int Attempts = 3;
    private const int BucketsAtOnce = 64;
    private const int LinesPerMessage = 500;

    private static long _lastId;

    /// <inheritdoc/>
    public async Task<WhitelistChange> SetRuleAsync(
        RuleKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation)
    {
        var now = NowMs();
        var rule = new Rule(network, kind, now + (long)life.TotalMilliseconds, now, author, reason);
        var changed = await ChangeRulesAsync(id => new SetRules(id, [rule], WaitMs()), cancellation).ConfigureAwait(false);
        if (kind != RuleKind.Ban)
            return new WhitelistChange(changed.Count, changed.Durable);
        var revoked = await RevokeAsync(network, cancellation).ConfigureAwait(false);
        return new WhitelistChange(changed.Count, changed.Durable && revoked.Durable);
    }

    /// <inheritdoc/>
    public async Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation)
    {
        var changed = await ChangeRulesAsync(id => new RemoveRules(id, network, WaitMs()), cancellation).ConfigureAwait(false);
        var revoked = await RevokeAsync(network, cancellation).ConfigureAwait(false);
        return new WhitelistChange(changed.Count + revoked.Count, changed.Durable && revoked.Durable);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation)
    {
        var page = await AskAsync<EntriesListed>(
            id => new ListEntries(id, WhitelistLayout.BucketOf(client), Network.Of(client), null, 1), cancellation).ConfigureAwait(false);
        return [.. RulesThat(r => r.Network.Contains(client)).OrderBy(r => r.Kind == RuleKind.Grant)
            .ThenByDescending(r => r.Network.PrefixLength).Select(LineOf), .. page.Entries.Select(LineOf)];
    }

    /// <inheritdoc/>
    public async Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation)
    {
        var place = Place.Parse(after);
        var lines = ImmutableArray.CreateBuilder<WhitelistLine>();
        if (place.Rule is not null || after is null)
        {
            var sorted = RulesThat(r => within is null || within.Value.Contains(r.Network)).OrderBy(RuleOrder).ToList();
            var first = place.Rule is { } last ? sorted.FindIndex(r => RuleOrder(r).CompareTo(last) > 0) : 0;
            var page = first < 0 ? [] : sorted.Skip(first).Take(limit).ToList();
            lines.AddRange(page.Select(LineOf));
            if (first >= 0 && first + page.Count < sorted.Count)
                return new WhitelistPage(lines.DrainToImmutable(), Place.Behind(page[^1]));
        }

        return await ListEntriesAsync(lines, within, place, limit, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<WhitelistChange> ImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation)
    {
        var now = time.GetUtcNow();
        var (count, durable) = (0, true);
        var fresh = lines.Where(l => l.Expires > now).ToList();
        var newRules = fresh.Where(l => l.Kind != WhitelistLineKind.Pass).Select(RuleOf).Where(IsLonger).ToList();
        foreach (var chunk in newRules.Chunk(LinesPerMessage))
        {
            var changed = await ChangeRulesAsync(id => new SetRules(id, [.. chunk], WaitMs()), cancellation).ConfigureAwait(false);
            (count, durable) = (count + changed.Count, durable && changed.Durable);
        }

        foreach (var ban in newRules.Where(r => r.Kind == RuleKind.Ban))
            durable &= (await RevokeAsync(ban.Network, cancellation).ConfigureAwait(false)).Durable;
        var passes = fresh.Where(l => l.Kind == WhitelistLineKind.Pass)
            .GroupBy(l => WhitelistLayout.BucketOf(l.Network.Address))
            .SelectMany(bucket => bucket.Chunk(LinesPerMessage), (bucket, chunk) => (bucket.Key, chunk));
        foreach (var group in passes.Chunk(BucketsAtOnce))
        {
            var imported = await Task.WhenAll(group.Select(g => AskAsync<EntriesImported>(
                id => new ImportEntries(id, g.Key, [.. g.chunk.Select(l => EntryOf(l, now))]), cancellation))).ConfigureAwait(false);
            count += imported.Sum(i => i.Count);
        }

        return new WhitelistChange(count, durable && meter.Store.IsOk);
    }

    private async Task<WhitelistPage> ListEntriesAsync(
        ImmutableArray<WhitelistLine>.Builder lines, Network? within, Place place, int limit, CancellationToken cancellation)
    {
        var (first, last) = (0, WhitelistLayout.Buckets - 1);
        if (within is { } network && WhitelistLayout.TryBucketOf(network, out var only))
            (first, last) = (only, only);
        if (place.Client is { } client)
            first = Math.Max(first, WhitelistLayout.BucketOf(client));
        // One bucket fills a page of a large whitelist, a small one has a few entries in all of them: ask ever more at once.
        var atOnce = 1;
        for (var bucket = first; bucket <= last; bucket += atOnce, atOnce = Math.Min(atOnce * 2, BucketsAtOnce))
        {
            var wanted = Enumerable.Range(bucket, Math.Min(atOnce, last - bucket + 1));
            var room = Math.Max(1, limit - lines.Count);
            var listed = await Task.WhenAll(wanted.Select(b => AskAsync<EntriesListed>(
                id => new ListEntries(id, b, within, AfterIn(b, place), room), cancellation))).ConfigureAwait(false);
            foreach (var part in listed)
            {
                foreach (var entry in part.Entries)
                {
                    // Lines of one client stay together.
                    if (lines.Count >= limit && lines[^1].Network.Address != entry.Client)
                        return PageOf(lines);
                    lines.Add(LineOf(entry));
                }

                if (part.More && lines.Count >= limit)
                    return PageOf(lines);
            }
        }

        return new WhitelistPage(lines.DrainToImmutable(), null);
    }

    // Draining empties the builder: the place comes first.
    private static WhitelistPage PageOf(ImmutableArray<WhitelistLine>.Builder lines)
    {
        var next = Place.Behind(lines[^1]);
        return new WhitelistPage(lines.DrainToImmutable(), next);
    }

    private static ClientAddress? AfterIn(int bucket, Place place) =>
        place.Client is { } client && WhitelistLayout.BucketOf(client) == bucket ? client : null;

    private async Task<RulesChanged> ChangeRulesAsync(Func<long, IToWhitelist> change, CancellationToken cancellation)
    {
        var changed = await AskAsync<RulesChanged>(change, cancellation).ConfigureAwait(false);
        if (changed.Fault is { } fault)
            throw new WhitelistFullException(fault);
        // Who asked here next must find it here.
        var since = time.GetTimestamp();
        while (rules.Version < changed.Version && time.GetElapsedTime(since) < StoreWait)
            await Task.Delay(TimeSpan.FromMilliseconds(2), time, cancellation).ConfigureAwait(false);
        return changed;
    }

    private async Task<(int Count, bool Durable)> RevokeAsync(Network network, CancellationToken cancellation)
    {
        var buckets = WhitelistLayout.TryBucketOf(network, out var only) ? [only] : Enumerable.Range(0, WhitelistLayout.Buckets);
        var (count, durable) = (0, true);
        foreach (var group in buckets.Chunk(BucketsAtOnce))
        {
            var revoked = await Task.WhenAll(group.Select(b => AskAsync<Revoked>(
                id => new Revoke(id, b, [network], WaitMs()), cancellation))).ConfigureAwait(false);
            count += revoked.Sum(r => r.Count);
            durable &= revoked.All(r => r.Durable);
        }

        nearCache.Forget(network);
        return (count, durable);
    }

    // A question that reaches a bucket as it moves is lost; all of them may be put twice.
    private async Task<T> AskAsync<T>(Func<long, IToWhitelist> question, CancellationToken cancellation)
    {
        for (var attempt = 1; ; attempt++)
        {
            var region = client.Region ?? throw new FleetUnavailableException("this node is in no cluster at the moment");
            try
            {
                return await region.Ask<T>(question(Interlocked.Increment(ref _lastId)), Patience, cancellation).ConfigureAwait(false);
            }
            catch (AskTimeoutException) when (attempt < Attempts)
            {
                // Once more.
            }
            catch (AskTimeoutException)
            {
                throw new FleetUnavailableException($"a part of the whitelist did not answer within {Patience.TotalSeconds * Attempts} s");
            }
        }
    }

    private IEnumerable<Rule> RulesThat(Func<Rule, bool> isMeant)
    {
        var now = NowMs();
        return rules.All.Where(r => r.ExpiresMs > now && isMeant(r));
    }

    // What an import must not shorten.
    private bool IsLonger(Rule rule) =>
        !rules.All.Any(r => r.Network == rule.Network && r.Kind == rule.Kind && r.ExpiresMs >= rule.ExpiresMs);

    private static (UInt128, int, RuleKind) RuleOrder(Rule rule) => (rule.Network.Address.Bits, rule.Network.PrefixLength, rule.Kind);

    private static Rule RuleOf(WhitelistLine line) => new(
        line.Network, line.Kind == WhitelistLineKind.Ban ? RuleKind.Ban : RuleKind.Grant, line.Expires.ToUnixTimeMilliseconds(),
        line.Made.ToUnixTimeMilliseconds(), line.By, line.Reason);

    private static WhitelistLine LineOf(Rule rule) => new(
        rule.Network, ScreeningPolicy.DefaultProfile, rule.Kind == RuleKind.Ban ? WhitelistLineKind.Ban : WhitelistLineKind.Grant,
        DateTimeOffset.FromUnixTimeMilliseconds(rule.ExpiresMs), default, rule.By, DateTimeOffset.FromUnixTimeMilliseconds(rule.MadeMs),
        rule.Reason);

    private WhitelistLine LineOf(EntryLine entry)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var expires = entry.Pass is { } pass ? now.AddSeconds(pass.TtlSeconds) : DateTimeOffset.FromUnixTimeSeconds(entry.Times.Latest);
        return new WhitelistLine(
            Network.Of(entry.Client), entry.Profile, WhitelistLineKind.Pass, expires, entry.Times, entry.Pass?.By ?? "",
            entry.Pass is null ? now : now.AddSeconds(-entry.AgeSeconds), entry.Pass?.Reason ?? "postscreen's own tests",
            entry.Pass?.Allow ?? false, entry.Pass?.Score ?? 0, entry.Pass?.Policy ?? "");
    }

    private static EntryLine EntryOf(WhitelistLine line, DateTimeOffset now)
    {
        // A line without a policy holds postscreen's times only.
        var pass = line.Policy.Length == 0 && !line.Times.IsEmpty
            ? null
            : new Pass((int)Math.Clamp((line.Expires - now).TotalSeconds, 1, int.MaxValue), line.Allow, line.Score, line.Policy, line.By, line.Reason);
        return new EntryLine(
            line.Network.Address, line.Profile, pass, (int)Math.Clamp((now - line.Made).TotalSeconds, 0, int.MaxValue), line.Times);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static int WaitMs() => (int)StoreWait.TotalMilliseconds;

    // Where a page ended: behind a rule, or behind a client in the order of buckets. A bare address is a client's place as well.
    private readonly record struct Place((UInt128, int, RuleKind)? Rule, ClientAddress? Client)
    {
        public static string Behind(Rule rule) => $"{rule.Kind}:{rule.Network}".ToLowerInvariant();

        public static string Behind(WhitelistLine line) => line.Kind == WhitelistLineKind.Pass
            ? line.Network.Address.ToString()
            : $"{line.Kind}:{line.Network}".ToLowerInvariant();

        public static Place Parse(string? text)
        {
            if (text is null)
                return default;
            foreach (var kind in Enum.GetValues<RuleKind>())
            {
                var prefix = $"{kind}:".ToLowerInvariant();
                if (text.StartsWith(prefix, StringComparison.Ordinal) && Network.TryParse(text[prefix.Length..], out var network, out _))
                    return new Place((network.Address.Bits, network.PrefixLength, kind), null);
            }

            return ClientAddress.TryParse(text, out var client)
                ? new Place(null, client)
                : throw new FormatException($"'{PeerText.Clean(text)}' is not where a page ended");
        }
    }
}
