using System.Text;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Framing;

public sealed class AttributeTableTests
{
    private const int Name = 0, Other = 1, Last = AttributeTable.MaxAttributes - 1;

    private static readonly AttributeTable Table = new((Name, "name"), (Name, "alias"), (Other, "other"), (Last, "nose"));

    [Theory]
    [InlineData("one", "name=a\n\n", "a", "-", "-")]
    [InlineData("another name of it", "alias=a\n\n", "a", "-", "-")]
    [InlineData("all", "other=b\nname=a\nnose=c\n\n", "a", "b", "c")]
    [InlineData("none", "\n", "-", "-", "-")]
    [InlineData("an empty value", "name=\n\n", "", "-", "-")]
    [InlineData("the last of a repeated one", "name=a\nname=b\n\n", "b", "-", "-")]
    [InlineData("the last of its two names", "alias=a\nname=b\nalias=c\n\n", "c", "-", "-")]
    [InlineData("an empty value after another", "name=a\nalias=\n\n", "", "-", "-")]
    [InlineData("unknown ones", "x=1\nNAME=2\nname =3\nnames=4\nnam=5\n\n", "-", "-", "-")]
    [InlineData("one of the same length and letter", "node=1\nnose=c\n\n", "-", "-", "c")]
    [InlineData("CRLF", "name=a\r\nother=b\r\n\r\n", "a", "b", "-")]
    public void Attributes_are_found_by_name(string label, string message, string name, string other, string last)
    {
        var bytes = Encoding.Latin1.GetBytes(message);
        var found = Table.Read(bytes);
        var read = (Text(found, Name), Text(found, Other), Text(found, Last));
        Assert.True((name, other, last) == read, $"{label}: {read}");
        Assert.Equal(default, found.Error);
        foreach (var attribute in (int[])[Name, Other, Last])
        {
            Assert.Equal(found.Has(attribute), found.OffsetOf(attribute) > 0);
            Assert.True(found[attribute].SequenceEqual(bytes.AsSpan(found.OffsetOf(attribute), found[attribute].Length)), label);
        }
    }

    [Fact]
    public void The_first_line_that_is_not_an_attribute_is_told_and_the_others_are_read()
    {
        var found = Table.Read("name=a\nnonsense\n=b\nother=c\n\n"u8);
        Assert.Equal(new ParseError(ParseErrorKind.MissingSeparator, 7), found.Error);
        Assert.Equal(("a", "c"), (Text(found, Name), Text(found, Other)));
    }

    [Theory]
    [InlineData("", 0, null, null)]
    [InlineData("25", 25, null, "25")]
    [InlineData("65535", 65535, null, "65535")]
    [InlineData("65536", 0, null, "65536")]
    [InlineData("99999999999", 0, null, "99999999999")]
    [InlineData("-1", 0, null, "-1")]
    [InlineData("192.0.2.1", 0, "192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.01", 0, null, "192.0.2.01")]
    public void A_value_is_text_a_port_and_an_address_or_none(string value, int port, string? address, string? text)
    {
        var found = Table.Read(Encoding.ASCII.GetBytes($"name={value}\n\n"));
        Assert.Equal(port, found.Port(Name));
        Assert.Equal(address is null ? null : ClientAddress.Parse(address), found.Address(Name));
        Assert.Equal(text, found.Text(Name));
        Assert.Equal((0, null, null), (found.Port(Other), found.Address(Other), found.Text(Other)));
    }

    [Fact]
    public void A_number_beyond_the_table_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new AttributeTable((AttributeTable.MaxAttributes, "name")));

    private static string Text(in AttributeValues found, int attribute) =>
        found.Has(attribute) ? Encoding.Latin1.GetString(found[attribute]) : "-";
}
