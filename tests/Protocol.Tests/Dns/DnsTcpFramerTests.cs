using System.Buffers;
using Screening.Protocol.Dns;
using Screening.Testing;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsTcpFramerTests
{
    public static TheoryData<string, byte[], OperationStatus, int> Cases => new()
    {
        { "nothing", [], OperationStatus.NeedMoreData, 0 },
        { "half a prefix", [1], OperationStatus.NeedMoreData, 0 },
        { "a prefix", [1, 2], OperationStatus.NeedMoreData, 258 },
        { "a message but one octet", [0, 3, 7, 7], OperationStatus.NeedMoreData, 3 },
        { "a message", [0, 3, 7, 7, 7], OperationStatus.Done, 3 },
        { "a message and more", [0, 1, 7, 0], OperationStatus.Done, 1 },
        { "the longest", [2, 0, .. new byte[512]], OperationStatus.Done, 512 },
        { "no message", [0, 0, 7], OperationStatus.InvalidData, 0 },
        { "longer than the longest", [2, 1], OperationStatus.InvalidData, 513 },
        { "as long as can be", [255, 255], OperationStatus.InvalidData, 65535 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_message_is_found_however_it_arrives(string label, byte[] bytes, OperationStatus expected, int expectedLength)
    {
        foreach (var (way, sequence) in SplitSequences.Of(bytes))
        {
            var status = DnsTcpFramer.TryFind(sequence, 512, out var length);
            Assert.True((expected, expectedLength) == (status, length), $"{label}, {way}: {status}, {length}");
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(258)]
    [InlineData(65535)]
    public void A_prefix_that_was_written_is_read(int length)
    {
        Span<byte> prefix = stackalloc byte[DnsTcpFramer.PrefixBytes];
        DnsTcpFramer.WritePrefix(prefix, length);
        Assert.Equal(length, DnsTcpFramer.ReadPrefix(prefix));
    }

    [Fact]
    public void A_message_that_no_prefix_can_tell_is_refused() =>
        Assert.Throws<OverflowException>(() => DnsTcpFramer.WritePrefix(new byte[2], 65536));
}
