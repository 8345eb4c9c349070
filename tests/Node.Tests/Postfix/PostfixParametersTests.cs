using Screening.Node.Postfix;

namespace Screening.Node.Tests.Postfix;

public sealed class PostfixParametersTests
{
    [Theory]
    [InlineData("a = b", "b")]
    [InlineData("a=b", "b")]
    [InlineData("a = x\na = b", "b")]
    [InlineData("# a = x\n\na = b\n# c\n  c", "b  c")]
    [InlineData("x = b\na = $x.c", "b.c")]
    [InlineData("x = b\na = ${x}c", "bc")]
    [InlineData("x = b\na = $(x)c", "bc")]
    [InlineData("a = p$$q", "p$q")]
    [InlineData("a = ${x?y}${x:z}", "z")]
    [InlineData("x = 1\na = ${x?y}${x:z}", "y")]
    [InlineData("stress = \na = ${stress?{2}:{6}}s", "6s")]
    [InlineData("stress = yes\na = ${stress?{2}:{6}}s", "2s")]
    [InlineData("x = 1\ny = ${x}2\na = ${x?$y}", "12")]
    [InlineData("a = $", "$")]
    [InlineData("a = ${x", "")]
    public void A_value_is_what_postconf_would_fill_in(string text, string value) =>
        Assert.Equal(value, PostfixParameters.Parse(text).Value("a"));

    [Theory]
    [InlineData("a = $a")]
    [InlineData("a = $b\nb = ${a?$b}$a")]
    public void A_value_that_goes_round_in_circles_is_named(string text)
    {
        var parameters = PostfixParameters.Parse(text);
        Assert.NotNull(parameters.Value("a"));
        Assert.Contains("refers to itself", Assert.Single(parameters.Faults), StringComparison.Ordinal);
    }

    [Trait("Finding", "security-13")]
    [Fact]
    public void Expansion_that_doubles_with_each_line_ends()
    {
        var text = string.Concat(Enumerable.Range(0, 60).Select(i => $"a{i} = $a{i + 1}$a{i + 1}\n")) + "a60 =\n";
        var parameters = PostfixParameters.Parse(text);
        Assert.NotNull(parameters.Value("a0"));
        Assert.Contains("too long when expanded", Assert.Single(parameters.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_parameter_is_named_with_its_line()
    {
        var parameters = PostfixParameters.Parse("a = 1\nnonsense\n= 2\ntwo words = 3\n");
        Assert.Equal(["a"], parameters.Names);
        Assert.Equal(["2", "3", "4"], parameters.Faults.Select(fault => fault.Split(' ')[1]));
    }

    [Fact]
    public void Any_text_is_read_without_harm()
    {
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var text = "a = " + string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => "$$$$ab{}{}()?:= \n"[random.Next(17)]));
            PostfixParameters.Parse(text).Value("a");
        }
    }
}
