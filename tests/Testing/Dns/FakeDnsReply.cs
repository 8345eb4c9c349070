using System.Collections.Immutable;
using System.Net;

namespace Screening.Testing.Dns;

/// <summary>What was asked of a <see cref="FakeDnsServer"/>.</summary>
/// <param name="Name">Lower case, without trailing dot.</param>
/// <param name="Type">1 is A, 16 is TXT.</param>
/// <param name="OverTcp">True for TCP.</param>
/// <param name="Number">1 for the first question of this name, then 2, ...</param>
public readonly record struct FakeDnsQuestion(string Name, ushort Type, bool OverTcp, int Number);

/// <summary>
/// What a <see cref="FakeDnsServer"/> answers. Start from one of the factories and change details with <c>with</c>:
/// <c>FakeDnsReply.A(60, "127.0.0.2") with { Delay = TimeSpan.FromMilliseconds(50) }</c>.
/// </summary>
public sealed record FakeDnsReply
{
    /// <summary>No answer at all.</summary>
    public static readonly FakeDnsReply Dropped = new() { Drop = true };

    /// <summary>RFC 1035 response code: 0 no error, 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED.</summary>
    public byte Rcode { get; init; }

    /// <summary>The records' TTL.</summary>
    public uint Ttl { get; init; } = 300;

    /// <summary>A records; a question for TXT does not get them.</summary>
    public ImmutableArray<IPAddress> Addresses { get; init; } = [];

    /// <summary>TTLs of single A records, by their place; the others have <see cref="Ttl"/>.</summary>
    public ImmutableArray<uint> AddressTtls { get; init; } = [];

    /// <summary>TXT records, one string each; cut into character-strings of 255 octets. A question for A does not get them.</summary>
    public ImmutableArray<string> Texts { get; init; } = [];

    /// <summary>Names that the question's name is an alias of, in the order of the chain; the records belong to the last.</summary>
    public ImmutableArray<string> Aliases { get; init; } = [];

    /// <summary>The SOA record's own TTL; null sends none. Sent only when there are no records.</summary>
    public uint? SoaTtl { get; init; }

    /// <summary>The SOA record's MINIMUM field, which should not matter.</summary>
    public uint SoaMinimum { get; init; } = 7;

    /// <summary>Over UDP: sets the TC bit and leaves the records out.</summary>
    public bool TruncateUdp { get; init; }

    /// <summary>No answer.</summary>
    public bool Drop { get; init; }

    /// <summary>Instead of the server's delay.</summary>
    public TimeSpan? Delay { get; init; }

    /// <summary>Not sent before this ends, the delay coming after it.</summary>
    public Task? After { get; init; }

    /// <summary>Changes the whole message just before it leaves, or replaces it.</summary>
    public Func<byte[], byte[]>? Garble { get; init; }

    /// <summary>Sends the answer so many times.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>Listed, under these codes.</summary>
    public static FakeDnsReply A(uint ttl, params string[] addresses) =>
        new() { Ttl = ttl, Addresses = [.. addresses.Select(IPAddress.Parse)] };

    /// <summary>TXT records.</summary>
    public static FakeDnsReply Text(uint ttl, params string[] texts) => new() { Ttl = ttl, Texts = [.. texts] };

    /// <summary>NXDOMAIN, with an SOA record of this TTL.</summary>
    public static FakeDnsReply NotFound(uint? soaTtl = 300) => new() { Rcode = 3, SoaTtl = soaTtl };

    /// <summary>NOERROR without records.</summary>
    public static FakeDnsReply NoData(uint? soaTtl = 300) => new() { SoaTtl = soaTtl };

    /// <summary>An error: 2 SERVFAIL, 5 REFUSED.</summary>
    public static FakeDnsReply Error(byte rcode) => new() { Rcode = rcode };
}
