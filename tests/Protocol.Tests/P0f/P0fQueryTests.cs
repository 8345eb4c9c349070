using System.Buffers.Binary;
using Screening.Protocol.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.P0f;

public sealed class P0fQueryTests
{
    [Theory]
    [InlineData("127.0.93.7", "04", "7F005D07000000000000000000000000")]
    [InlineData("::ffff:127.0.93.7", "04", "7F005D07000000000000000000000000")]
    [InlineData("2001:db8::1", "06", "20010DB8000000000000000000000001")]
    public void A_query_is_magic_family_and_address(string client, string family, string address)
    {
        var bytes = new byte[P0fQuery.Length + 2];
        Array.Fill(bytes, (byte)0xee);
        P0fQuery.Write(ClientAddress.Parse(client), bytes);
        var magic = BitConverter.IsLittleEndian ? "01463050" : "50304601";
        Assert.Equal(magic + family + address + "EEEE", Convert.ToHexString(bytes));
        Assert.Equal(0x50304601u, BitConverter.IsLittleEndian
            ? BinaryPrimitives.ReadUInt32LittleEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(bytes));
        Assert.True(P0fQuery.TryRead(bytes.AsSpan(0, P0fQuery.Length), out var read));
        Assert.Equal(ClientAddress.Parse(client), read);
        Assert.False(P0fQuery.TryRead(bytes, out _));
        bytes[4] = 5;
        Assert.False(P0fQuery.TryRead(bytes.AsSpan(0, P0fQuery.Length), out _));
    }
}
