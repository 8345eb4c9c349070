using Screening.Protocol.Dns;
using Screening.Testing.Dns;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsQueryWriterTests
{
    [Fact]
    public void Query_is_a_question_with_recursion_desired_and_an_opt_record()
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        query.AsSpan().Fill(0xee); // Buffers are used again.

        Assert.True(DnsQueryWriter.TryWrite(query, 0x1234, "2.0.0.127.bl.example", DnsType.A, out var length));

        Assert.Equal(
            "12340100000100000000000101320130013003313237" + "02626C076578616D706C6500" + "00010001"
            + "00" + "0029" + "04D0" + "00000000" + "0000",
            Convert.ToHexString(query.AsSpan(0, length)));
    }

    [Fact]
    public void Another_id_changes_nothing_else()
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 0x1234, "bl.example", DnsType.Txt, out var length));
        var other = query[..length];
        DnsQueryWriter.SetId(other, 0xabcd);

        Assert.Equal([0xab, 0xcd, .. query[2..length]], other);
        Assert.Equal((0x1234, 0xabcd), (DnsReplyReader.Id(query), DnsReplyReader.Id(other)));
        Assert.Equal(0, DnsReplyReader.Id(query.AsSpan(0, 11)));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a.")]
    [InlineData("_x-1.Example")]
    public void Another_reader_reads_the_name_that_was_written(string name)
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        Assert.True(DnsQueryWriter.TryWrite(query, 1, name, DnsType.Txt, out var length));

        Assert.True(FakeDnsWire.TryReadQuestion(query.AsSpan(0, length), out var read, out var type, out _));
        Assert.Equal((name.TrimEnd('.').ToLowerInvariant(), FakeDnsWire.TypeText), (read, type));
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData(".", "root")]
    [InlineData("a..b", "empty label")]
    [InlineData(".a", "empty first label")]
    [InlineData("a..", "two trailing dots")]
    [InlineData("a b", "space")]
    [InlineData("a\0b", "NUL")]
    [InlineData("bücher.example", "not ASCII")]
    public void What_is_no_name_is_refused(string name, string why)
    {
        Assert.False(DnsQueryWriter.TryWrite(new byte[DnsQueryWriter.MaxBytes], 1, name, DnsType.A, out _), why);
    }

    [Fact]
    public void Labels_of_63_and_names_of_255_octets_are_the_longest()
    {
        var query = new byte[DnsQueryWriter.MaxBytes];
        var label = new string('x', 63);
        var longest = $"{label}.{label}.{label}.{new string('x', 61)}";

        Assert.True(DnsQueryWriter.TryWrite(query, 1, longest, DnsType.A, out var length));
        Assert.Equal(DnsQueryWriter.MaxBytes, length);
        Assert.False(DnsQueryWriter.TryWrite(query, 1, longest + "x", DnsType.A, out _));
        Assert.False(DnsQueryWriter.TryWrite(query, 1, label + "x.example", DnsType.A, out _));
    }
}
