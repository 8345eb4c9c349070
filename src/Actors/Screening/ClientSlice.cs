using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Screening;

/// <summary>
/// The queries of a slice of time: how many name each of the first <see cref="MaxAddresses"/> private and proxy addresses, and how many
/// name any other client. For many threads; takes no lock, and allocates for the first query of an address only.
/// </summary>
internal sealed class ClientSlice
{
    /// <summary>Addresses that are counted each; queries that name further ones count as those of other clients.</summary>
    public const int MaxAddresses = 64;

    // Twice as many places as addresses, so that an address or a free place is found after a step or two.
    private const int Places = 2 * MaxAddresses;

    private readonly Seen?[] _seen = new Seen?[Places];
    private int _addresses;
    private long _others;

    /// <summary>Queries that name any other client.</summary>
    public long Others => Interlocked.Read(ref _others);

    /// <summary>The addresses, each with its number of queries.</summary>
    public IEnumerable<(ClientAddress Client, long Queries)> Addresses =>
        _seen.OfType<Seen>().Select(seen => (seen.Client, Interlocked.Read(ref seen.Queries)));

    /// <summary>All queries.</summary>
    public long Total => Others + Addresses.Sum(seen => seen.Queries);

    public void Count(ClientAddress client, bool mayBeShared)
    {
        if (mayBeShared && Find(client) is { } seen)
            Interlocked.Increment(ref seen.Queries);
        else
            Interlocked.Increment(ref _others);
    }

    // Null if the client is new and there is no room for it.
    private Seen? Find(ClientAddress client)
    {
        Seen? added = null;
        for (var (place, steps) = (PlaceOf(client), 0); steps < Places; place = (place + 1) % Places, steps++)
        {
            var seen = Volatile.Read(ref _seen[place]);
            if (seen is null)
            {
                if (added is null && Interlocked.Increment(ref _addresses) > MaxAddresses)
                {
                    Interlocked.Decrement(ref _addresses);
                    return null;
                }

                added ??= new Seen(client);
                seen = Interlocked.CompareExchange(ref _seen[place], added, null) ?? added;
            }

            if (seen.Client != client)
                continue;
            if (added is not null && seen != added)
                Interlocked.Decrement(ref _addresses); // Another thread was first with the same client.
            return seen;
        }

        return null;
    }

    // Fibonacci hashing: addresses of one network differ in their last bits, and these must tell.
    private static int PlaceOf(ClientAddress client)
    {
        var bits = (ulong)client.Bits ^ (ulong)(client.Bits >> 64);
        return (int)((bits * 0x9E37_79B9_7F4A_7C15) >> 57);
    }

    private sealed class Seen(ClientAddress client)
    {
        public long Queries;

        public ClientAddress Client { get; } = client;
    }
}
