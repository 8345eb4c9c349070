using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Vocabulary;

public sealed class WordsTests
{
    [Fact]
    public void Actions_go_round()
    {
        foreach (var action in Enum.GetValues<VerdictAction>())
        {
            Assert.True(Words.TryParseAction(Encoding.ASCII.GetBytes(action.Word()), out var read));
            Assert.Equal(action, read);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("PASS")]
    [InlineData("pass ")]
    [InlineData("passx")]
    [InlineData("allow")]
    public void Other_words_are_no_action(string word) =>
        Assert.False(Words.TryParseAction(Encoding.ASCII.GetBytes(word), out _));

    [Fact]
    public void Doors_go_round()
    {
        foreach (var door in Enum.GetValues<Door>())
        {
            Assert.True(Words.TryParseDoor(door.Word(), out var read));
            Assert.Equal(door, read);
        }

        Assert.False(Words.TryParseDoor("Plugin", out _));
        Assert.False(Words.TryParseDoor("", out _));
    }

    [Fact]
    public void Each_source_has_its_own_word() =>
        Assert.Equal(Enum.GetValues<VerdictSource>().Length, Enum.GetValues<VerdictSource>().Select(source => source.Word()).Distinct().Count());

    [Fact]
    public void Words_are_the_names_in_lower_case()
    {
        Assert.All(Enum.GetValues<VerdictSource>(), source => Assert.Equal(source.ToString().ToLowerInvariant(), source.Word()));
        Assert.All(Enum.GetValues<Door>(), door => Assert.Equal(door.ToString().ToLowerInvariant(), door.Word()));
        Assert.All(Enum.GetValues<VerdictAction>(), action => Assert.Equal(action.ToString().ToLowerInvariant(), action.Word()));
    }
}
