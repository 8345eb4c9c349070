using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

/// <summary>
/// Finds out whether a list lists everybody, as a list does whose domain has been parked. It is tested before its listings count, with
/// addresses that no mail comes from. Safe for many threads.
/// </summary>
/// <remarks>
/// The first test is 127.0.0.1, which no list may have (RFC 5782 section 5). A resolver may still remember "not listed" for it, so a list
/// that has listed several clients in a row is also tested with an address that has never been asked for.
/// </remarks>
internal sealed class ListTrial(DnsblSettings settings, IDnsTransport dns, CheckContext context)
{
    /// <summary>How long the result of a test holds.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromSeconds(3);

    /// <summary>After this many listings in a row the list is also tested with a random address.</summary>
    public const int DoubtfulRun = 5;

    /// <summary>Shortest time between two tests with a random address.</summary>
    public static readonly TimeSpan StrangerPause = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(300);
    private static readonly ClientAddress NeverListed = ClientAddress.FromIPv4(0x7f000001);

    private readonly Lock _lock = new();
    private Task<ClientAddress?>? _trial;
    private long _triedAt;
    private long? _strangerAt;
    private int _run;
    private volatile bool _failed;

    /// <summary>The list does not have a client.</summary>
    public void NotListed() => Volatile.Write(ref _run, 0);

    /// <summary>The list has a client. Callers share one test.</summary>
    /// <returns>A test address that the list has and must not have; null: it is believed.</returns>
    public Task<ClientAddress?> ListedAsync()
    {
        lock (_lock)
        {
            _run++;
            var isDoubtful = _failed
                || (_run >= DoubtfulRun && (_strangerAt is not { } at || context.Time.GetElapsedTime(at) >= StrangerPause));
            var isOver = _trial is null || context.Time.GetElapsedTime(_triedAt) >= Life;
            if (_trial is not null && !isOver && (_failed || !isDoubtful))
                return _trial;
            _triedAt = context.Time.GetTimestamp();
            if (isDoubtful)
                _strangerAt = _triedAt;
            return _trial = TryAsync(isDoubtful);
        }
    }

    private async Task<ClientAddress?> TryAsync(bool withStranger)
    {
        ClientAddress? had = await IsListedAsync(NeverListed).ConfigureAwait(false) ? NeverListed : null;
        if (had is null && withStranger)
        {
            // 127.128.0.0/9: this host's own addresses (RFC 1122 section 3.2.1.3), far from the test entries that lists have.
            var stranger = ClientAddress.FromIPv4(0x7f800000 | (uint)Random.Shared.Next(1 << 23));
            had = await IsListedAsync(stranger).ConfigureAwait(false) ? stranger : null;
        }

        _failed = had is not null;
        return had;
    }

    // Also false when the list does not answer.
    private async Task<bool> IsListedAsync(ClientAddress address)
    {
        try
        {
            context.Observer.DnsblQueried(settings.Check.Name);
            var timeout = settings.Check.Timeout < LongestWait ? settings.Check.Timeout : LongestWait;
            var name = DnsblName.QueryName(address, settings.Zone);
            var answer = await dns.QueryAddressesAsync(name, timeout, CancellationToken.None).ConfigureAwait(false);
            return !answer.Codes.IsEmpty;
        }
        catch (SourceException)
        {
            return false;
        }
    }
}
