using System.Collections.Immutable;
using System.Globalization;
using Screening.Actors.Fleet;
using Screening.Actors.Whitelist;
using Screening.Protocol.Vocabulary;

namespace Screening.Testing.Whitelist;

/// <summary>A fleet's whitelist in memory, that does what it is told to.</summary>
public sealed class FakeFleetWhitelist : IWhitelistAdmin
{
    // Needs escaping in a URL.
    private const string PlacePrefix = "a+b/c=&";

    private readonly Lock _lock = new();
    private ImmutableList<WhitelistLine> _lines = [];

    /// <summary>What is in it, in the order of lists.</summary>
    public ImmutableList<WhitelistLine> Lines
    {
        get
        {
            lock (_lock)
                return _lines;
        }
    }

    /// <summary>What changes say of themselves.</summary>
    public bool Durable { get; set; } = true;

    /// <summary>What every call ends with instead.</summary>
    public Exception? Fault { get; set; }

    /// <summary>Calls of <see cref="ListAsync"/> that go well before <see cref="Fault"/>.</summary>
    public int GoodPages { get; set; }

    /// <summary>How often it was asked for a page.</summary>
    public int Pages { get; private set; }

    /// <summary>Calls of <see cref="ImportAsync"/>, by their numbers of lines.</summary>
    public ImmutableList<int> Imports { get; private set; } = [];

    /// <summary>Puts lines in.</summary>
    public void Add(params IEnumerable<WhitelistLine> lines)
    {
        lock (_lock)
        {
            _lines =
            [
                .. _lines.Concat(lines)
                    .OrderBy(l => l.Kind == WhitelistLineKind.Pass).ThenBy(l => l.Network.Address).ThenBy(l => l.Network.PrefixLength),
            ];
        }
    }

    public Task<WhitelistChange> SetAsync(
        GrantKind kind, Network network, TimeSpan life, string author, string reason, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        var line = kind == GrantKind.Ban ? WhitelistLineKind.Ban : WhitelistLineKind.Grant;
        var now = TimeProvider.System.GetUtcNow();
        Remove(l => l.Kind == line && l.Network == network);
        Add(new WhitelistLine(network, "default", line, now + life, default, author, now, reason));
        return Task.FromResult(new WhitelistChange(1, Durable));
    }

    public Task<WhitelistChange> ForgetAsync(Network network, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        return Task.FromResult(new WhitelistChange(Remove(l => network.Contains(l.Network)), Durable));
    }

    public Task<ImmutableArray<WhitelistLine>> ShowAsync(ClientAddress client, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        return Task.FromResult<ImmutableArray<WhitelistLine>>(
            [.. Lines.Where(l => l.Network.Contains(client)).OrderByDescending(l => l.Kind)]);
    }

    public Task<WhitelistPage> ListAsync(Network? within, string? after, int limit, CancellationToken cancellation)
    {
        if (++Pages > GoodPages)
            ThrowIfFaulty();
        if (after?.StartsWith(PlacePrefix, StringComparison.Ordinal) is false)
            throw new FormatException("no place");
        var from = after is null ? 0 : int.Parse(after[PlacePrefix.Length..], CultureInfo.InvariantCulture);
        var all = Lines.Where(l => within is not { } network || network.Contains(l.Network)).ToList();
        var next = from + limit < all.Count ? string.Create(CultureInfo.InvariantCulture, $"{PlacePrefix}{from + limit}") : null;
        return Task.FromResult(new WhitelistPage([.. all.Skip(from).Take(limit)], next));
    }

    public Task<WhitelistChange> ImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        Imports = Imports.Add(lines.Length);
        Add(lines);
        return Task.FromResult(new WhitelistChange(lines.Length, Durable));
    }

    public Task<WhitelistCount> CountAsync(Network network, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        var inside = Lines.Where(l => network.Contains(l.Network)).ToLookup(l => l.Kind);
        return Task.FromResult(new WhitelistCount(
            inside[WhitelistLineKind.Grant].Count(), inside[WhitelistLineKind.Ban].Count(), inside[WhitelistLineKind.Pass].Count()));
    }

    public Task<int> CountImportAsync(ImmutableArray<WhitelistLine> lines, CancellationToken cancellation)
    {
        ThrowIfFaulty();
        return Task.FromResult(lines.Length);
    }

    private int Remove(Predicate<WhitelistLine> match)
    {
        lock (_lock)
        {
            var before = _lines.Count;
            _lines = _lines.RemoveAll(match);
            return before - _lines.Count;
        }
    }

    private void ThrowIfFaulty()
    {
        if (Fault is not null)
            throw Fault;
    }
}
