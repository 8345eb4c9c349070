using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class HeaderLinesTests
{
    [Fact]
    public void Lines_are_names_and_values_and_a_value_may_have_anything_but_controls()
    {
        Assert.True(TryRead("# token\n\nAuthorization: Bearer a=b, c\r\nx-scope: 1:2\n", out var headers, out _));
        Assert.Equal(["Authorization=Bearer a=b, c", "x-scope=1:2"], headers!.Select(header => $"{header.Key}={header.Value}"));
    }

    [Theory]
    [InlineData("Authorization Bearer geheim")]
    [InlineData(": geheim")]
    [InlineData("name:")]
    [InlineData("na me: geheim")]
    [InlineData("name: geh\u0001eim")]
    [InlineData("name: geh\u00e9im")]
    public void A_fault_names_the_line_and_not_its_value(string line)
    {
        Assert.False(TryRead("# first\n" + line, out _, out var problem));
        Assert.Equal("its line 2 is not NAME: VALUE", problem);
    }

    private static bool TryRead(string text, out IReadOnlyList<KeyValuePair<string, string>>? headers, out string problem)
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllText(file, text);
            return HeaderLines.TryRead(file, out headers, out problem);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
