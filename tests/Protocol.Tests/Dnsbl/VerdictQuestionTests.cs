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
    [InlineData("0.0.2.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("1.0.0.2.z.test", VerdictNameKind.Client, "2.0.0.1", "", false)]
    [InlineData("1.0.0.2.allow.strict.z.test", VerdictNameKind.Client, "2.0.0.1", "strict", true)]
    [InlineData("0.0.a.2.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("8.1.0.0.2.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("4.6.0.0.z.test", VerdictNameKind.Between, null, "", false)]
    [InlineData("10.6.0.0.z.test", VerdictNameKind.Client, "0.0.6.10", "", false)]
    [InlineData("other.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("01.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("256.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("1.1.2.0.192.z.test", VerdictNameKind.Nothing, null, "", false)]
    [InlineData("-1.z.test", VerdictNameKind.Nothing, null, "", false)]
    public void A_name_stands_for_something(string name, VerdictNameKind kind, string? client, string profile, bool allow)
    {
        var question = VerdictQuestion.Read(name, "z.test", p => p is "strict" ? "strict" : null);
        Assert.Equal(
            new VerdictQuestion(kind, client is null ? default : ClientAddress.Parse(client), profile, allow), question);
    }

    [Theory]
    [Trait("Finding", "clients-P3")]
    [InlineData("1.0.0.2", true, true)]
    [InlineData("9.9.9.3", true, true)]
    [InlineData("0.0.0.1", true, false)] // No IPv6 client of the internet begins with a 1.
    [InlineData("8.8.8.8", true, false)]
    [InlineData("1.0.0.10", false, false)]
    [InlineData("10.0.0.2", false, false)]
    [InlineData("1.10.0.2", false, false)]
    [InlineData(Reversed, false, false)]
    [InlineData("0.0.2", false, false)]
    public void A_name_of_digits_may_lead_to_others(string labels, bool isAlso, bool isProbably)
    {
        foreach (var zone in new[] { "z.test", "allow.z.test", "strict.z.test", "allow.strict.z.test" })
        {
            var question = VerdictQuestion.Read($"{labels}.{zone}", "z.test", p => p is "strict" ? "strict" : null);
            Assert.Equal((zone, isAlso, isProbably), (zone, question.IsAlsoBetween, question.IsProbablyBetween));
        }
    }

    [Fact]
    public void Any_name_is_taken_apart_without_harm()
    {
        var random = new Random(3);
        for (var round = 0; round < 50_000; round++)
        {
            var name = string.Concat(Enumerable.Range(0, random.Next(30)).Select(_ => "0123.....allowstrict9f-"[random.Next(22)]));
            VerdictQuestion.Read(name + (round % 2 == 0 ? ".z.test" : ""), "z.test", p => p is "strict" ? "strict" : null);
        }
    }
}
