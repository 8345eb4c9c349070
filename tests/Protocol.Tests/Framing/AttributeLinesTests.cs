using System.Text;
using Screening.Protocol.Framing;

namespace Screening.Protocol.Tests.Framing;

public sealed class AttributeLinesTests
{
    [Theory]
    [InlineData("one", "a=b\n\n", "a=b@2", ParseErrorKind.None, 0)]
    [InlineData("CRLF", "a=b\r\nc=d\r\n\r\n", "a=b@2 c=d@7", ParseErrorKind.None, 0)]
    [InlineData("an empty value", "a=\n\n", "a=@2", ParseErrorKind.None, 0)]
    [InlineData("a separator in the value", "a=b=c\n\n", "a=b=c@2", ParseErrorKind.None, 0)]
    [InlineData("nothing", "\n", "", ParseErrorKind.None, 0)]
    [InlineData("no bytes", "", "", ParseErrorKind.None, 0)]
    [InlineData("ends at the blank line", "a=b\n\nc=d\n\n", "a=b@2", ParseErrorKind.None, 0)]
    [InlineData("no separator", "a=b\nbad\nc=d\n\n", "a=b@2 c=d@10", ParseErrorKind.MissingSeparator, 4)]
    [InlineData("no name", "=b\nc=d\n\n", "c=d@5", ParseErrorKind.BadName, 0)]
    [InlineData("a CR in the value", "a=b\rc\nc=d\n\n", "c=d@8", ParseErrorKind.BadValue, 0)]
    [InlineData("a zero in the value", "a=b\0\nc=d\n\n", "c=d@7", ParseErrorKind.BadValue, 0)]
    [InlineData("the first of two faults", "a=b\n=\nbad\n\n", "a=b@2", ParseErrorKind.BadName, 4)]
    [InlineData("no end", "a=b", "a=b@2", ParseErrorKind.None, 0)]
    public void Lines_are_walked(string label, string message, string attributes, ParseErrorKind kind, int offset)
    {
        var lines = new AttributeLines(Encoding.Latin1.GetBytes(message));
        var found = new List<string>();
        while (lines.MoveNext())
            found.Add($"{Encoding.Latin1.GetString(lines.Name)}={Encoding.Latin1.GetString(lines.Value)}@{lines.ValueOffset}");
        Assert.True(attributes == string.Join(' ', found), $"{label}: {string.Join(' ', found)}");
        Assert.Equal(new ParseError(kind, offset), lines.Error);
    }
}
