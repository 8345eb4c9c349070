using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class ConfigurationFaultTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    [Trait("Finding", "security-13")]
    [Theory]
    [InlineData("/dev/zero", "/dev/zero: it is larger than 4 MiB")]
    [InlineData("/proc/self/mem", "/proc/self/mem: it cannot be read: Input/output error")]
    public void A_file_without_an_end_or_a_text_is_a_fault(string path, string fault) =>
        Assert.Equal(fault, Assert.Single(ConfigurationLoader.Load(fixture.Request() with { ConfigPath = path }).Faults).ToString());

    [Theory]
    [Trait("Finding", "security-1")]
    [InlineData("127.0.0.1:4053")]
    [InlineData("localhost:4053")]
    [InlineData("192.0.2.1:4053")]
    public void Seeds_without_tls_need_insecure_wherever_the_port_is(string listen)
    {
        string[] settings = ["store.provider=memory", $"cluster.listen={listen}", $"cluster.seeds=[\"{listen}\"]"];
        var fault = Assert.Single(fixture.Load("", settings).Faults).ToString();
        Assert.Contains("cluster.tls must then be set", fault, StringComparison.Ordinal);
        Assert.Contains($"connect to {listen}", fault, StringComparison.Ordinal);
        Assert.Contains("cluster.insecure = true", fault, StringComparison.Ordinal);
        Assert.Empty(fixture.Load("", [.. settings, "cluster.insecure=true"]).Faults);

        // Without seeds there is no port.
        Assert.Empty(fixture.Load("", $"cluster.listen={listen}").Faults);
    }

    [Fact]
    public void All_faults_come_at_once_file_first_by_line()
    {
        fixture.Write("screening.toml", "[verdict]\ndrop_at = \"x\"\n\n[cash]\n[limits]\nin_flight = 0\n");
        var request = fixture.Request("verdict.deadline=soon", "nonsense", "verdict..x=1") with
        {
            Environment = new Dictionary<string, string>
            {
                ["SCREENING__LOG__KEEP"] = "1s",
                ["SCREENING____X"] = "1",
                ["SCREENING_NODE"] = "http://x",
            },
        };
        Assert.Equal(
            [
                "screening.toml:2:11: verdict.drop_at is \"x\"; it must be a whole number",
                "screening.toml:4:1: cash is not a setting; did you mean cache?",
                "screening.toml:6:13: limits.in_flight is 0; it must be at least 1",
                "environment SCREENING____X: the name of a setting is missing; write, for example, SCREENING__VERDICT__DEADLINE",
                "environment SCREENING__LOG__KEEP: log.keep is \"1s\"; it must be 1h to 3650d",
                "--set nonsense: write path=value, for example --set verdict.deadline=800ms",
                "--set verdict..x: the name of a setting is missing; write, for example, --set verdict.deadline=800ms",
                "--set verdict.deadline: verdict.deadline is \"soon\";"
                    + " it must be a duration such as \"250ms\", \"5s\", \"10m\", \"1h\" or \"1d\"",
            ],
            ConfigurationLoader.Load(request).Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void A_key_in_a_zone_is_never_shown()
    {
        const string Key = "a1b2c3d4e5f6a7b8c9d0";
        var result = fixture.Load(
            $"[dnsbl]\nsites = \"{Key}.zen.dq.spamhaus.net=x, tiny.combined.mail.abusix.zone*q\"\n"
                + $"[[dnsbl.list]]\nzone = \"{Key}.other.example\"");
        var fault = Assert.Single(result.Faults).ToString();
        Assert.DoesNotContain(Key, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("tiny", fault, StringComparison.Ordinal);
        Assert.Contains("'***.zen.dq.spamhaus.net=x': ", fault, StringComparison.Ordinal);
        Assert.Contains("'***.combined.mail.abusix.zone*q': ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_no_file_gives_is_warned_of() => Assert.Contains(
        "no dnsbl.list gives a key_file to replace KEY",
        Assert.Single(fixture.Load("[dnsbl]\nsites = \"KEY.zen.dq.spamhaus.net=127.0.0.2*3\"").Warnings).ToString(),
        StringComparison.Ordinal);
}
