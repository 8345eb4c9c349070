using Screening.Protocol.Access;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>
/// Notices that clients' addresses are lost: that a NAT or a load balancer has put its own address in the place of most clients'. While it
/// lasts, nothing is said about such addresses, because each of them stands for anybody.
/// </summary>
/// <remarks>
/// <para>
/// Counted are the queries that an operator has not decided in the client's favour (permit, grant). An address is <b>shared</b> if it is
/// private or a proxy's, and at least <see cref="QueriesOfShared"/> queries of the window name it. Verdicts are suspended when the window
/// has <see cref="ClientWatchSettings.SuspendMin"/> queries and the shared addresses have
/// <see cref="ClientWatchSettings.SuspendShare"/> of them, and judged again when they have less than half of that.
/// </para>
/// <para>
/// The window moves in slices. While verdicts are suspended, a slice lasts until it has its part of the needed queries: silence at night
/// does not end what only other clients can disprove.
/// </para>
/// <para>
/// Counting is for many threads, without locks, and in the memory of <see cref="Slices"/> + 1 slices; <see cref="Tick"/> is for one thread.
/// </para>
/// </remarks>
public sealed class ClientWatch
{
    /// <summary>Slices of a window.</summary>
    public const int Slices = 6;

    /// <summary>From so many queries of a window on an address may stand for several clients.</summary>
    public const int QueriesOfShared = 10;

    private readonly Queue<ClientSlice> _closed = new();
    private volatile ClientSlice _open = new();
    private volatile Rules _rules;
    private volatile bool _isSuspended;

    public ClientWatch(ClientWatchSettings settings) => _rules = new Rules(settings);

    /// <summary>When addresses count as lost. May be replaced at any time.</summary>
    public ClientWatchSettings Settings
    {
        get => _rules.Settings;
        set => _rules = new Rules(value);
    }

    /// <summary>True while verdicts about private and proxy addresses are suspended.</summary>
    public bool IsSuspended => _isSuspended && _rules.IsOn;

    /// <summary>What the latest window said.</summary>
    public ClientShare Share { get; private set; }

    /// <summary>True if no verdict is to be made about this client now.</summary>
    public bool Suspends(ClientAddress client) => _isSuspended && _rules is { IsOn: true } rules && rules.MayBeShared(client);

    /// <summary>Counts a query.</summary>
    public void Count(ClientAddress client)
    {
        if (_rules is { IsOn: true } rules)
            _open.Count(client, rules.MayBeShared(client));
    }

    /// <summary>A slice is over: to be called once in a <see cref="Slices"/>th of the window.</summary>
    /// <returns>True if verdicts are suspended now and were not before, or the other way round.</returns>
    public bool Tick()
    {
        var (settings, wasSuspended) = (Settings, _isSuspended);
        if (settings.SuspendShare == 0)
        {
            _closed.Clear();
            (_open, _isSuspended, Share) = (new ClientSlice(), false, default);
            return wasSuspended;
        }

        if (wasSuspended && _open.Total * Slices < settings.SuspendMin)
            return false;
        _closed.Enqueue(_open);
        _open = new ClientSlice();
        while (_closed.Count > Slices)
            _closed.Dequeue();
        Share = Sum();
        _isSuspended = wasSuspended
            ? _closed.Count < Slices || Share.Reaches((settings.SuspendShare + 1) / 2)
            : Share.Queries >= settings.SuspendMin && Share.Reaches(settings.SuspendShare);
        return _isSuspended != wasSuspended;
    }

    private ClientShare Sum()
    {
        var addresses = _closed.SelectMany(slice => slice.Addresses).GroupBy(seen => seen.Client, seen => seen.Queries)
            .Select(seen => (Client: seen.Key, Queries: seen.Sum())).ToList();
        var shared = addresses.Where(seen => seen.Queries >= QueriesOfShared).ToList();
        var all = addresses.Sum(seen => seen.Queries) + _closed.Sum(slice => slice.Others);
        var most = shared.OrderByDescending(seen => seen.Queries).FirstOrDefault();
        return new ClientShare(all, shared.Sum(seen => seen.Queries), shared.Count, most.Client);
    }

    private sealed class Rules(ClientWatchSettings settings)
    {
        private readonly NetworkTrie<bool> _proxies =
            NetworkTrie<bool>.Build(settings.Proxies.Select(network => (network, true)), static (one, _) => one);

        public ClientWatchSettings Settings => settings;

        public bool IsOn => settings.SuspendShare > 0;

        public bool MayBeShared(ClientAddress client) =>
            client.IsPrivate || (_proxies.Count > 0 && _proxies.TryMatch(client, out _, out _));
    }
}
