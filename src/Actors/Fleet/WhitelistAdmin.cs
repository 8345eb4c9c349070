using System.Collections.Immutable;
using Akka.Actor;
using Screening.Actors.Profiles;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Fleet;

/// <summary>What operators ask of the whitelist, put to the buckets and to the entity of grants and bans. Holds nothing itself.</summary>
internal sealed class WhitelistAdmin(
    FleetClient client, GrantsAndBans grants, NearCache nearCache, WhitelistMeter meter, TimeProvider time) : IWhitelistAdmin
{
    // How long a change waits to be journaled before it is answered as not durable.
    private const int WaitMs = 2000;
    private const int BucketsAtOnce = 64;

    // A line's reason has 200 characters at most, so that a message stays well below a frame of the cluster (1 MiB).
    private const int LinesPerMessage = 500;

    private static readonly TimeSpan StoreTimeout = TimeSpan.FromMilliseconds(WaitMs);

    /// <inheritdoc/>
    public async Task<WhitelistChange> SetAsync(
        GrantKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation)
    {
        var now = NowMs();
        var line = new GrantOrBan(network, kind, now + (long)life.TotalMilliseconds, now, author, reason);
        var changed = await ChangeAsync(id => new SetGrants(id, [line], OnlyIfLonger: false, WaitMs), cancellation).ConfigureAwait(false);
        if (kind != GrantKind.Ban)
            return new WhitelistChange(changed.Count, changed.Durable);
        var revoked = await RevokeAsync(network, cancellation).ConfigureAwait(false);
        return new WhitelistChange(changed.Count, changed.Durable && revoked.Durable);
    }

    /// <inheritdoc/>
    public async Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation)
    {
        var changed = await ChangeAsync(id => new RemoveGrants(id, network, WaitMs), cancellation).ConfigureAwait(false);
        var revoked = await RevokeAsync(network, cancellation).ConfigureAwait(false);
        return new WhitelistChange(changed.Count + revoked.Count, changed.Durable && revoked.Durable);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation)
    {
        var page = await AskAsync<EntriesListed>(
            id => new ListEntries(id, WhitelistLayout.BucketOf(client), Network.Of(client), null, 1), cancellation).ConfigureAwait(false);
        return [.. LinesThat(line => line.Network.Contains(client)).OrderBy(line => line.Kind == GrantKind.Grant)
            .ThenByDescending(line => line.Network.PrefixLength).Select(LineOf), .. page.Entries.Select(LineOf)];
    }

    /// <inheritdoc/>
    public async Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation)
    {
        var place = Place.Parse(after);
        var lines = ImmutableArray.CreateBuilder<WhitelistLine>();
        if (place.Grant is not null || after is null)
        {
            var sorted = LinesThat(line => within is null || within.Value.Contains(line.Network)).OrderBy(OrderOf).ToList();
            var first = place.Grant is { } last ? sorted.FindIndex(line => OrderOf(line).CompareTo(last) > 0) : 0;
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
        var fresh = lines.Where(line => line.Expires > now).ToList();
        var set = await ImportGrantsAsync([.. fresh.Where(line => line.Kind != WhitelistLineKind.Pass).Select(GrantOf)], cancellation)
            .ConfigureAwait(false);
        var count = set.Count;
        var passes = fresh.Where(line => line.Kind == WhitelistLineKind.Pass)
            .GroupBy(line => WhitelistLayout.BucketOf(line.Network.Address))
            .SelectMany(bucket => bucket.Chunk(LinesPerMessage), (bucket, chunk) => (bucket.Key, chunk));
        foreach (var group in passes.Chunk(BucketsAtOnce))
        {
            var imported = await Task.WhenAll(group.Select(g => AskAsync<EntriesImported>(
                id => new ImportEntries(id, g.Key, [.. g.chunk.Select(line => EntryOf(line, now))]), cancellation))).ConfigureAwait(false);
            count += imported.Sum(i => i.Count);
        }

        return new WhitelistChange(count, set.Durable && meter.Store.IsOk);
    }

    /// <inheritdoc/>
    public async Task<WhitelistCount> CountAsync(Network network, CancellationToken cancellation)
    {
        var inside = LinesThat(line => network.Contains(line.Network)).ToLookup(line => line.Kind);
        var buckets = WhitelistLayout.TryBucketOf(network, out var only) ? [only] : Enumerable.Range(0, WhitelistLayout.Buckets);
        var entries = 0;
        foreach (var group in buckets.Chunk(BucketsAtOnce))
        {
            var counted = await Task.WhenAll(group.Select(b => AskAsync<EntriesCounted>(
                id => new CountInside(id, b, network), cancellation))).ConfigureAwait(false);
            entries += counted.Sum(c => c.Count);
        }

        return new WhitelistCount(inside[GrantKind.Grant].Count(), inside[GrantKind.Ban].Count(), entries);
    }

    /// <inheritdoc/>
    public Task<int> CountImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation)
    {
        ThrowIfUnconfirmed();
        var (now, state) = (time.GetUtcNow(), grants.State);
        return Task.FromResult(lines.Count(line => line.Expires > now
            && (line.Kind == WhitelistLineKind.Pass || state.Find(GrantOf(line).Key) is not { } known
                || known.ExpiresMs < line.Expires.ToUnixTimeMilliseconds())));
    }

    // Only the last change is waited for: it is stored behind all others.
    private async Task<WhitelistChange> ImportGrantsAsync(ImmutableArray<GrantOrBan> lines, CancellationToken cancellation)
    {
        var (count, durable) = (0, true);
        var parts = GrantsParts.Split(lines).ToList();
        foreach (var (index, part) in parts.Index())
        {
            var wait = index == parts.Count - 1 ? WaitMs : 0;
            var changed = await ChangeAsync(id => new SetGrants(id, part, OnlyIfLonger: true, wait), cancellation).ConfigureAwait(false);
            (count, durable) = (count + changed.Count, changed.Durable);
        }

        List<Network> banned = [.. lines.Where(line => line.Kind == GrantKind.Ban).Select(line => line.Network)];
        var revoked = await RevokeAsync(banned, cancellation).ConfigureAwait(false);
        return new WhitelistChange(count, durable && revoked.Durable);
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

    private async Task<GrantsRecorded> ChangeAsync(Func<long, IToWhitelist> change, CancellationToken cancellation)
    {
        var changed = await AskAsync<GrantsRecorded>(change, cancellation).ConfigureAwait(false);
        if (changed.Fault is { } fault)
            throw new WhitelistFullException(fault);
        // Whoever asks this node next must find it here.
        var since = time.GetTimestamp();
        while (grants.State.Version.CompareTo(changed.Version) < 0 && time.GetElapsedTime(since) < StoreTimeout)
            await Task.Delay(TimeSpan.FromMilliseconds(2), time, cancellation).ConfigureAwait(false);
        return changed;
    }

    // News of it take their time; whoever asks this node next must not find a pass that was revoked.
    private async Task<(int Count, bool Durable)> RevokeAsync(Network network, CancellationToken cancellation)
    {
        var revoked = await RevokeAsync([network], cancellation).ConfigureAwait(false);
        nearCache.Forget(network);
        return revoked;
    }

    // An import may ban as many networks as there may be bans: one message for a bucket holds hundreds.
    private async Task<(int Count, bool Durable)> RevokeAsync(IReadOnlyCollection<Network> networks, CancellationToken cancellation)
    {
        var ofOneBucket = networks.ToLookup(network => WhitelistLayout.TryBucketOf(network, out _));
        var messages = ofOneBucket[true].GroupBy(network => WhitelistLayout.BucketOf(network.Address))
            .SelectMany(bucket => bucket.Chunk(LinesPerMessage), (bucket, chunk) => (Bucket: bucket.Key, Networks: chunk))
            .Concat(ofOneBucket[false].Chunk(LinesPerMessage)
                .SelectMany(_ => Enumerable.Range(0, WhitelistLayout.Buckets), (chunk, bucket) => (Bucket: bucket, Networks: chunk)));
        var (count, durable) = (0, true);
        foreach (var group in messages.Chunk(BucketsAtOnce))
        {
            var revoked = await Task.WhenAll(group.Select(m => AskAsync<Revoked>(
                id => new Revoke(id, m.Bucket, [.. m.Networks], WaitMs), cancellation))).ConfigureAwait(false);
            count += revoked.Sum(r => r.Count);
            durable &= revoked.All(r => r.Durable);
        }

        return (count, durable);
    }

    private Task<T> AskAsync<T>(Func<long, IToWhitelist> question, CancellationToken cancellation) =>
        client.AskForOperatorAsync<T>(question, cancellation);

    private IEnumerable<GrantOrBan> LinesThat(Func<GrantOrBan, bool> isMeant)
    {
        ThrowIfUnconfirmed();
        var now = NowMs();
        return grants.State.Lines.Where(line => line.ExpiresMs > now && isMeant(line));
    }

    // A list is whole or not given.
    private void ThrowIfUnconfirmed()
    {
        if (!grants.IsConfirmed)
            throw new WhitelistUnavailableException("this node does not know yet whether its copy of grants and bans is up to date");
    }

    private static (UInt128, int, GrantKind) OrderOf(GrantOrBan line) => (line.Network.Address.Bits, line.Network.PrefixLength, line.Kind);

    private static GrantOrBan GrantOf(WhitelistLine line) => new(
        line.Network, line.Kind == WhitelistLineKind.Ban ? GrantKind.Ban : GrantKind.Grant, line.Expires.ToUnixTimeMilliseconds(),
        line.Made.ToUnixTimeMilliseconds(), line.By, line.Reason);

    private static WhitelistLine LineOf(GrantOrBan line) => new(
        line.Network, Profile.DefaultName, line.Kind == GrantKind.Ban ? WhitelistLineKind.Ban : WhitelistLineKind.Grant,
        DateTimeOffset.FromUnixTimeMilliseconds(line.ExpiresMs), default, line.By, DateTimeOffset.FromUnixTimeMilliseconds(line.MadeMs),
        line.Reason);

    private WhitelistLine LineOf(EntryLine entry)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(time.GetUtcNow().ToUnixTimeSeconds());
        var expires = entry.Pass is { } pass ? now.AddSeconds(pass.TtlSeconds) : DateTimeOffset.FromUnixTimeSeconds(entry.Times.Latest);
        return new WhitelistLine(
            Network.Of(entry.Client), entry.Profile, WhitelistLineKind.Pass, expires, entry.Times, entry.Pass?.By ?? entry.TimesBy,
            entry.Pass is null ? now : now.AddSeconds(-entry.AgeSeconds), entry.Pass?.Reason ?? "postscreen's own tests",
            entry.Pass?.Allow ?? false, entry.Pass?.Score ?? 0, entry.Pass?.Fingerprint ?? "");
    }

    private static EntryLine EntryOf(WhitelistLine line, DateTimeOffset now)
    {
        // A line without a fingerprint holds postscreen's times only.
        var pass = line.Fingerprint.Length == 0 && !line.Times.IsEmpty
            ? null
            : new Pass(
                (int)Math.Clamp((line.Expires - now).TotalSeconds, 1, int.MaxValue), line.Allow, line.Score, line.Fingerprint, line.By,
                line.Reason);
        return new EntryLine(
            line.Network.Address, line.Profile, pass, (int)Math.Clamp((now - line.Made).TotalSeconds, 0, int.MaxValue), line.Times,
            line.Times.IsEmpty ? "" : line.By);
    }

    private long NowMs() => time.GetUtcNow().ToUnixTimeMilliseconds();

    // Where a page ended: behind a grant or a ban, or behind a client in the order of buckets. A bare address is a client's place as well.
    private readonly record struct Place((UInt128, int, GrantKind)? Grant, ClientAddress? Client)
    {
        public static string Behind(GrantOrBan line) => $"{line.Kind}:{line.Network}".ToLowerInvariant();

        public static string Behind(WhitelistLine line) => line.Kind == WhitelistLineKind.Pass
            ? line.Network.Address.ToString()
            : $"{line.Kind}:{line.Network}".ToLowerInvariant();

        public static Place Parse(string? text)
        {
            if (text is null)
                return default;
            foreach (var kind in Enum.GetValues<GrantKind>())
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
