using CsCheck;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests;

/// <summary>Random addresses and networks, with the groups in which texts differ made likely.</summary>
internal static class Addresses
{
    public static readonly Gen<ClientAddress> IPv4 = Gen.UInt.Select(ClientAddress.FromIPv4);

    public static readonly Gen<ClientAddress> IPv6 = Gen
        .Select(Gen.Int[0, 3], Gen.UShort, (kind, value) => kind switch { 0 or 1 => (ushort)0, 2 => (ushort)0xffff, _ => value })
        .Array[8]
        .Select(groups => ClientAddress.FromBits(groups.Aggregate(UInt128.Zero, (bits, group) => (bits << 16) | group)));

    public static readonly Gen<ClientAddress> Any = Gen.OneOf(IPv4, IPv6);

    /// <summary>Few different addresses, so that networks nest and meet.</summary>
    public static readonly Gen<ClientAddress> Close = Gen.OneOf(
        Gen.UInt[0, 63].Select(low => ClientAddress.FromIPv4(0x0a000000 | (low << 26) | low)),
        Gen.UInt[0, 63].Select(low => ClientAddress.FromBits(((UInt128)low << 122) | low)),
        Gen.UInt[0, 15].Select(low => ClientAddress.FromBits((UInt128)(0xfffcu + (low & 7)) << 32 | low)));

    public static readonly Gen<Network> CloseNetwork =
        Gen.Select(Close, Gen.Int[0, 128], (address, length) => Network.Of(address, length % (address.BitLength + 1)));
}
