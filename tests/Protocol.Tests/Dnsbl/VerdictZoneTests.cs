using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Protocol.Tests.Dnsbl;

public sealed class VerdictZoneTests
{
    // Of a verdict with a ttl of 60 and refusals that hold for 5 seconds.
    [Theory]
    [InlineData(VerdictAction.Pass, false, null, 60, null, 60)]
    [InlineData(VerdictAction.Pass, true, null, 60, "127.0.1.1", 60)]
    [InlineData(VerdictAction.Ignore, false, null, 0, null, 0)]
    [InlineData(VerdictAction.Enforce, false, "127.0.0.4", 5, null, 0)]
    [InlineData(VerdictAction.Drop, false, "127.0.0.5", 5, null, 0)]
    public void A_verdict_is_an_answer_in_each_zone(
        VerdictAction action, bool allow, string? code, int ttl, string? allowCode, int allowTtl)
    {
        var verdict = new Verdict(action, allow, action == VerdictAction.Pass ? 60 : 0, 0, VerdictSource.Screened);
        Assert.Equal((code, ttl), Answer(verdict, allow: false));
        Assert.Equal((allowCode, allowTtl), Answer(verdict, allow: true));
    }

    [Theory]
    [InlineData("z.test", "", false)]
    [InlineData("Z.Test", "", false)]
    [InlineData("allow.z.test", "", true)]
    [InlineData("ALLOW.z.test", "", true)]
    [InlineData("Strict.z.test", "strict", false)]
    [InlineData("Allow.STRICT.z.test", "strict", true)]
    [InlineData("allowed.z.test", "allowed", false)]
    public void A_zone_is_that_of_a_profile(string zone, string profile, bool allow)
    {
        Assert.True(VerdictZone.TryParse(zone, "z.test", out var read, out var readAllow));
        Assert.Equal((profile, allow), (read.ToString().ToLowerInvariant(), readAllow));
    }

    [Theory]
    [InlineData("")]
    [InlineData("test")]
    [InlineData("az.test")]
    [InlineData(".z.test")]
    [InlineData("allow..z.test")]
    [InlineData("a.b.z.test")]
    [InlineData("strict.allow.z.test")]
    [InlineData("z.test.example")]
    public void Other_zones_are_not_ours(string zone) => Assert.False(VerdictZone.TryParse(zone, "z.test", out _, out _));

    private static (string? Code, int TtlSeconds) Answer(Verdict verdict, bool allow)
    {
        var (code, ttl) = VerdictZone.Answer(verdict, allow, failTtlSeconds: 5);
        return (code?.ToString(), ttl);
    }
}
