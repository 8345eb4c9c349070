using System.Text;
using System.Text.Json;
using Screening.Protocol.Access;
using Screening.Protocol.Framing;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests;

/// <summary>The words of enumerations are a contract with operators: each is its member's name in lower case.</summary>
public sealed class WordsTests
{
    [Fact]
    public void Each_member_has_its_word()
    {
        Check<VerdictAction>(action => action.Word());
        Check<VerdictSource>(source => source.Word());
        Check<Door>(door => door.Word());
        Check<AccessRule>(rule => rule.Word());
        Check<ParseErrorKind>(kind => kind.Word());

        static void Check<T>(Func<T, string> word)
            where T : struct, Enum =>
            Assert.All(Enum.GetValues<T>(), m => Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(m.ToString()), word(m)));
    }

    [Fact]
    public void Words_are_read_back()
    {
        Assert.All(Enum.GetValues<VerdictAction>(), action => Assert.Equal((true, action), Action(action.Word())));
        Assert.All(Enum.GetValues<Door>(), door => Assert.Equal((true, door), (DoorWords.TryParse(door.Word(), out var read), read)));
        Assert.All(Enum.GetValues<AccessRule>(), rule => Assert.Equal((true, rule), Rule(rule.Word())));
        Assert.All(Enum.GetValues<AccessRule>(), rule => Assert.Equal((true, rule), Rule(rule.Word().ToUpperInvariant())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("PASS")]
    [InlineData("pass ")]
    [InlineData("passx")]
    [InlineData("allow")]
    [InlineData("Plugin")]
    [InlineData("permits")]
    public void Other_words_are_not_taken_for_them(string word)
    {
        Assert.Equal((false, VerdictAction.Pass), Action(word));
        Assert.False(DoorWords.TryParse(word, out var door));
        Assert.Equal(default, door);
        Assert.Equal((false, AccessRule.Dunno), Rule(word));
    }

    private static (bool IsKnown, VerdictAction Action) Action(string word) =>
        (VerdictActionWords.TryParse(Encoding.ASCII.GetBytes(word), out var action), action);

    private static (bool IsKnown, AccessRule Rule) Rule(string word) => (AccessRuleWords.TryParse(word, out var rule), rule);
}
