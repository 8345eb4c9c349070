using System.Globalization;
using System.Net;

namespace Screening.Node.Platform;

/// <summary>
/// Which user of this host has the other end of a loopback connection, by the kernel's tables of sockets (proc_net_tcp in the kernel's
/// documentation).
/// </summary>
/// <remarks>
/// Only an established connection whose socket is open tells: for one that is being closed the kernel shows user 0. A peer on another host
/// or in another network namespace is in none of the tables.
/// </remarks>
internal static class TcpPeer
{
    private const string Established = "01";
    private const uint Root = 0;

    // A socket of IPv6 that is connected to an IPv4 address is in the second.
    private static readonly string[] Tables = ["/proc/self/net/tcp", "/proc/self/net/tcp6"];

    /// <summary>True if the peer is a process of root or of this process's user, which can read this process's files anyway.</summary>
    /// <param name="peer">The peer's end of the connection.</param>
    /// <param name="own">This process's end of it.</param>
    public static bool IsOwnUserOrRoot(IPEndPoint peer, IPEndPoint own)
    {
        if (!IPAddress.IsLoopback(peer.Address))
            return false;
        try
        {
            var owner = Tables.Where(File.Exists)
                .Select(table => FindOwner(File.ReadLines(table), peer, own)).FirstOrDefault(user => user is not null);
            return owner is { } user && (user == Root || user == FileOwner.Of("/proc/self")?.User);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The user id that a table has for a connection as the peer sees it.</summary>
    /// <param name="table">Lines of <c>sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode ...</c>
    /// below a header.</param>
    /// <returns>Null: the table does not have it, or it is not established, or its socket is closed.</returns>
    public static uint? FindOwner(IEnumerable<string> table, IPEndPoint peer, IPEndPoint own)
    {
        foreach (var line in table.Skip(1))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                    is [_, var local, var remote, Established, _, _, _, var user, _, not "0", ..]
                && Is(local, peer) && Is(remote, own) && uint.TryParse(user, NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            {
                return id;
            }
        }

        return null;
    }

    private static bool Is(string text, IPEndPoint wanted) =>
        text.Split(':') is [var address, var port]
        && int.TryParse(port, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var number) && number == wanted.Port
        && Unmapped(AddressOf(address)).Equals(Unmapped(wanted.Address));

    // One or four words of 32 bits, each in the byte order of the machine.
    private static IPAddress AddressOf(string hex) => new(
        [
            .. hex.Chunk(8).SelectMany(
                word => BitConverter.GetBytes(uint.Parse(word, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture))),
        ]);

    private static IPAddress Unmapped(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
