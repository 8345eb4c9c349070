using System.Buffers;
using System.Text;
using Screening.Protocol.Memcache;

namespace Screening.Protocol.Tests.Memcache;

public sealed class MemcacheReplyTests
{
    [Theory]
    [InlineData(0u, "abc", false, "VALUE k 0 3\r\nabc\r\n")]
    [InlineData(uint.MaxValue, "", true, "VALUE k 4294967295 0 0\r\n\r\n")]
    public void A_value_has_flags_length_and_data(uint flags, string data, bool withUnique, string written) =>
        Assert.Equal(written, Written(output => MemcacheReply.WriteValue(output, "k"u8, flags, Encoding.ASCII.GetBytes(data), withUnique)));

    [Fact]
    public void The_version_stands_in_one_line() =>
        Assert.Equal("VERSION 1.6.0-x\r\n", Written(output => MemcacheReply.WriteVersion(output, "1.6.0-x")));

    [Theory]
    [InlineData("pid", 12, "STAT pid 12\r\n")]
    [InlineData("version", "1.6.0", "STAT version 1.6.0\r\n")]
    public void A_statistic_stands_in_one_line(string name, object value, string written) =>
        Assert.Equal(written, Written(output => MemcacheReply.WriteStat(output, name, value)));

    // memcached, doc/protocol.txt.
    [Fact]
    public void Replies_are_those_of_memcached()
    {
        Assert.Equal("END\r\n"u8, MemcacheReply.End);
        Assert.Equal("STORED\r\n"u8, MemcacheReply.Stored);
        Assert.Equal("NOT_STORED\r\n"u8, MemcacheReply.NotStored);
        Assert.Equal("DELETED\r\n"u8, MemcacheReply.Deleted);
        Assert.Equal("TOUCHED\r\n"u8, MemcacheReply.Touched);
        Assert.Equal("NOT_FOUND\r\n"u8, MemcacheReply.NotFound);
        Assert.Equal("OK\r\n"u8, MemcacheReply.Ok);
        Assert.Equal("MN\r\n"u8, MemcacheReply.MetaNoOp);
        Assert.Equal("ERROR\r\n"u8, MemcacheReply.Error);
        Assert.True(MemcacheReply.BadLine.StartsWith("CLIENT_ERROR "u8));
        Assert.True(MemcacheReply.BadData.StartsWith("CLIENT_ERROR "u8));
        Assert.True(MemcacheReply.NoFlush.StartsWith("CLIENT_ERROR "u8));
        Assert.True(MemcacheReply.NotSupported.StartsWith("SERVER_ERROR "u8));
        Assert.True(MemcacheReply.TooLarge.StartsWith("SERVER_ERROR "u8));
    }

    private static string Written(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.ASCII.GetString(output.WrittenSpan);
    }
}
