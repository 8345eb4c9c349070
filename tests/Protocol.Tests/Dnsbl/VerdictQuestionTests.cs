using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Dnsbl;

public sealed class VerdictQuestionTests
{
    private const string Nibbles = "8.b.d.0.1.0.0.2";
    private const string Reversed = "4.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." + Nibbles;

    [Theory]
    [InlineData("z.test", VerdictNameKind.Apex, null, "", false)]
    [InlineData("test", VerdictNameKind.Outside, null, "", false)]
    [InlineData("", VerdictNameKind.Outside, null, "", false)]
    [InlineData("az.test", VerdictNameKind.Outside, null, "", false)]
    [InlineData("1.2.0.192.other.test", VerdictNameKind.Outside, null, "", false)]
    [InlineData("1.2.0.192.z.test", VerdictNameKind.Client, "192.0.2.1", "", false)]
    [InlineData("1.2.0.192.allow.z.test", VerdictNameKind.Client, "192.0.2.1", "", true)]
    [InlineData("1.2.0.192.strict.z.test", VerdictNameKind.Client, "192.0.2.1", "strict", false)]
    [InlineData("1.2.0.192.allow.strict.z.test", VerdictNameKind.Client, "192.0.2.1", "strict", true)]
    [InlineData("1.2.0.192.strict.allow.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("1.2.0.192.other.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData(Reversed + ".z.test", VerdictNameKind.Client, "2001:db8::4", "", false)]
    [InlineData(Reversed + ".allow.z.test", VerdictNameKind.Client, "2001:db8::4", "", true)]
    [InlineData(Reversed + ".allow.strict.z.test", VerdictNameKind.Client, "2001:db8::4", "strict", true)]
    [InlineData("4.0.2.0.0.0.0.c.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.z.test", VerdictNameKind.Client, "192.0.2.4", "", false)]
    [InlineData("allow.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("strict.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("192.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("2.0.192.strict.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData(Nibbles + ".z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("other.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("01.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("256.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("1.1.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("-1.z.test", VerdictNameKind.Nothing, null, "", false)]
    public void A_name_stands_for_something(string name, VerdictNameKind kind, string? client, string profile, bool allow)
    {
        var question = VerdictQuestion.Read(name, "z.test", p => p == "strict");
        Assert.Equal(
            new VerdictQuestion(kind, client is null ? default : ClientAddress.Parse(client), profile, allow), question);
    }

    [Fact]
    public void Any_name_is_taken_apart_without_harm()
    {
        var random = new Random(3);
        for (var round = 0; round < 50_000; round++)
        {
            var name = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => "0123.....allowstrict9f-"[random.Next(22)]));
            VerdictQuestion.Read(name + (round % 2 == 0 ? ".z.test" : ""), "z.test", p => p == "strict");
        }
    }
}
