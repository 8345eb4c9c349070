using System.Text;
using CsCheck;
using Screening.Protocol.Dns;

namespace Screening.Protocol.Tests.Dns;

public sealed class DnsNameTests
{
    [Theory]
    [InlineData(0x000c)]
    [InlineData(0x0100)]
    [InlineData(0x0ff0)]
    [InlineData(0x1234)]
    [InlineData(0x3fe0)]
    public void A_pointer_reaches_as_far_as_its_14_bits(int target)
    {
        var message = new byte[0x4000];
        Labels("bl.test", 0).CopyTo(message, target);
        var start = message.Length - 4;
        Labels("x", Pointer(target)).CopyTo(message, start);

        Assert.Equal(("x.bl.test", message.Length), Read(message, start));
    }

    [Fact]
    public void Pointers_lead_further_and_further_back()
    {
        byte[] message = [.. new byte[12], .. Labels("test", 0), .. Labels("bl", Pointer(12)), .. Labels("x", Pointer(18)), 7];

        Assert.Equal(("test", 18), Read(message, 12));
        Assert.Equal(("bl.test", 23), Read(message, 18));
        Assert.Equal(("x.bl.test", 27), Read(message, 23));
    }

    [Theory]
    [InlineData("c00b", "into the header")]
    [InlineData("c00c", "to itself")]
    [InlineData("c00e", "forwards")]
    [InlineData("0161c00c", "to the piece that it ends")]
    [InlineData("c0", "cut")]
    [InlineData("80", "a label type nobody uses")]
    [InlineData("bf00", "another label type nobody uses")]
    [InlineData("0261", "a label over the end")]
    [InlineData("0161", "without the root")]
    [InlineData("", "nothing")]
    public void What_is_no_name_is_not_read(string name, string why)
    {
        var offset = DnsMessage.HeaderBytes;
        byte[] message = [.. new byte[12], .. Convert.FromHexString(name)];
        Assert.False(TryRead(message, ref offset, new byte[DnsName.MaxBytes], out _), why);
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void A_label_of_63_octets_is_the_longest(int octets, bool isName)
    {
        byte[] label = [(byte)octets, .. Encoding.ASCII.GetBytes(new string('x', octets)), 0];
        var offset = 0;
        Assert.Equal(isName, TryRead(label, ref offset, new byte[DnsName.MaxBytes], out _));
    }

    // Three labels of 63 octets, and a last one that fills the name up; in one piece and in two.
    [Theory]
    [InlineData(61, 255)]
    [InlineData(62, null)]
    [InlineData(63, null)]
    public void A_name_of_255_octets_is_the_longest(int last, int? length)
    {
        var x = new string('x', 63);
        byte[] whole = Labels($"{x}.{x}.{x}.{new string('y', last)}", 0);
        byte[] pieces = [.. new byte[12], .. Labels(new string('y', last), 0), .. Labels($"{x}.{x}.{x}", Pointer(12))];
        foreach (var (message, start) in new[] { (whole, 0), (pieces, 12 + last + 2) })
        {
            var offset = start;
            var known = TryRead(message, ref offset, new byte[DnsName.MaxBytes], out var read);
            Assert.Equal(length, known ? read : null);
        }
    }

    [Fact]
    public void Only_letters_change_their_case()
    {
        var octets = Enumerable.Range(0, 256).Select(i => (byte)i).ToArray();
        var name = new byte[DnsName.MaxBytes];
        foreach (var octet in octets)
        {
            var offset = 0;
            Assert.True(TryRead([1, octet, 0], ref offset, name, out var length));
            Assert.Equal([1, octet is >= (byte)'A' and <= (byte)'Z' ? (byte)(octet + 32) : octet, 0], name[..length]);
        }
    }

    [Theory]
    [InlineData("a", 3)]
    [InlineData("a.", 4)] // Room is asked for the dot, which is not written.
    [InlineData("ab.c", 6)]
    public void A_name_is_written_where_it_fits(string name, int room)
    {
        var destination = new byte[room];
        Assert.True(DnsName.TryWrite(destination, name, out var length));
        Assert.Equal(Labels(name.TrimEnd('.'), 0), destination[..length]);
        Assert.False(DnsName.TryWrite(new byte[length - 1], name, out _));
    }

    [Fact]
    public void What_is_written_is_read() => Gen
        .Char['!', '~'].Where(c => c is not '.' and not (>= 'A' and <= 'Z')).Array[1, 63].Array[1, 3]
        .Sample(labels =>
        {
            var name = string.Join('.', labels.Select(label => new string(label)));
            var written = new byte[DnsName.MaxBytes];
            Assert.True(DnsName.TryWrite(written, name, out var length));
            Assert.Equal((name, length), Read(written[..length], 0));
        });

    [Theory]
    [Trait("Finding", "security-13")]
    [InlineData(DnsName.MaxPointers, true)]
    [InlineData(DnsName.MaxPointers + 1, false)]
    public void A_name_has_no_more_pointers_than_labels(int pointers, bool isName)
    {
        // Each pointer leads to the one before it, the first to the root.
        byte[] message = [.. new byte[12], 0, .. Enumerable.Range(0, pointers).SelectMany(i => Pointer(i == 0 ? 12 : 11 + (2 * i)))];
        var offset = message.Length - 2;
        Assert.Equal(isName, TryRead(message, ref offset, new byte[DnsName.MaxBytes], out _));
    }

    private static bool TryRead(ReadOnlySpan<byte> message, ref int offset, byte[] name, out int length)
    {
        var stepsLeft = DnsName.MaxSteps;
        return DnsName.TryRead(message, ref offset, name, out length, ref stepsLeft);
    }

    private static byte[] Pointer(int target) => [(byte)(0xc0 | target >> 8), (byte)target];

    private static byte[] Labels(string name, params byte[] end) =>
        [.. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]), .. end];

    private static (string Name, int End) Read(byte[] message, int offset)
    {
        var name = new byte[DnsName.MaxBytes];
        Assert.True(TryRead(message, ref offset, name, out var length), Convert.ToHexString(message));
        var labels = new List<string>();
        var at = 0;
        for (; name[at] != 0; at += name[at] + 1)
            labels.Add(Encoding.ASCII.GetString(name, at + 1, name[at]));
        Assert.Equal(length, at + 1);
        return (string.Join('.', labels), offset);
    }
}
