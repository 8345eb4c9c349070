namespace Screening.Benchmarks.Load;

/// <summary>A client to ask about.</summary>
/// <param name="Address">Its IPv4 address.</param>
/// <param name="Group">Which of the result's groups it counts in.</param>
internal readonly record struct LoadClient(uint Address, int Group = 0);

/// <summary>
/// Gives out addresses, each once. 198.18.0.0/15 is meant for benchmarks (RFC 2544, RFC 5735): its lower half are clean clients, its
/// upper half those that fake lists may list. What does not fit goes on at 20.0.0.0, which nobody asks about outside loopback.
/// </summary>
internal sealed class LoadClients
{
    private const uint CleanBase = 198u << 24 | 18 << 16;
    private const uint ListedBase = 198u << 24 | 19 << 16;
    private const uint OverflowBase = 20u << 24;
    private const int HalfCount = 1 << 16;

    private uint _clean;
    private uint _listed;

    /// <summary>The same few clients, over and over.</summary>
    public static Func<int, LoadClient> Repeat(uint first, int count) => number => new LoadClient(first + (uint)(number % count));

    /// <summary>A client that was never asked about and is on no list.</summary>
    public LoadClient NextClean(int group = 0)
    {
        var number = _clean++;
        return new LoadClient(number < HalfCount ? CleanBase + number : OverflowBase + (number - HalfCount), group);
    }

    /// <summary>A client that was never asked about, in 198.19.0.0/16. After 65,536 they begin again.</summary>
    public LoadClient NextListed(int group = 0) => new(ListedBase + (_listed++ & (HalfCount - 1)), group);

    /// <summary>An address from its text.</summary>
    public static uint Parse(string address)
    {
        var octets = address.Split('.').Select(byte.Parse).ToArray();
        return (uint)(octets[0] << 24 | octets[1] << 16 | octets[2] << 8 | octets[3]);
    }
}
