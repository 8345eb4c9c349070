using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class ConfigurationFaultTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    [Trait("Finding", "use-2")]
    [Theory]
    [InlineData("[dnsbl]\nsites = \"zen.spamhaus.org=127.0.0.[2-11]*3\"", "screening.toml:2:9: dnsbl.sites is \"zen.spamhaus.org=127.0.0.[2-11]*3\"; 'zen.spamhaus.org=127.0.0.[2-11]*3': a range is written with two dots, 2..11")]
    [InlineData("[store]\nprovider = \"postgres\"", "screening.toml:2:12: store.provider is \"postgres\"; it must be sqlite, postgresql or memory; did you mean postgresql?")]
    [InlineData("[[p0f.rule]]\nmatch = \"exakt\"", "screening.toml:2:9: p0f.rule[1].match is \"exakt\"; it must be exact, generic, fuzzy or several of these separated by |; did you mean exact?")]
    [InlineData("[cluster]\nsplit_brain = \"Keep_Oldest\"", "screening.toml:2:15: cluster.split_brain is \"Keep_Oldest\"; it must be auto, keep-majority, keep-oldest or lease; did you mean keep-oldest?")]
    [InlineData("[verdict]\nreject_action = \"dropp\"", "screening.toml:2:17: verdict.reject_action is \"dropp\"; it must be pass, ignore, enforce or drop; did you mean drop?")]
    [InlineData("[node\nname = \"x\"", "screening.toml:1:6: the brackets of a table's name must match: [node]")]
    [InlineData("[[custom]\nname = \"x\"", "screening.toml:1:9: the brackets of a table's name must match: [[custom]]")]
    [InlineData("[node]\nname = \"x", "screening.toml:2:9: the text is not closed: the quote at its end is missing")]
    [InlineData("[node]\nname =", "screening.toml:2:7: the value after = is missing")]
    [InlineData("[endpoints]\nplugin = [\"tcp://127.0.0.1:1\"\n[node]\nname = \"x\"", "screening.toml:3:1: a comma or the closing ] of the list is missing before this")]
    [InlineData("[p0f]\nalone = Yes", "screening.toml:2:9: yes is written true, in lower case and without quotes: alone = true")]
    [InlineData("[[custom]]\nname = \"a\"\ncommand = \"/usr/local/bin/check\"", "screening.toml:3:11: custom[1].command is \"/usr/local/bin/check\"; it must be a list: [...]")]
    [InlineData("[store]\nprovider = \"postgresql\"\nconnection = \"Host=db;Databse=x\"", "screening.toml:3:14: store.connection has databse, which PostgreSQL does not know; did you mean Database?")]
    [InlineData("[store]\nprovider = \"postgresql\"\nconnection = \"Password=a;geheim=x\"", "screening.toml:3:14: store.connection: PostgreSQL does not know its keyword number 2; a value that holds ; or = stands in quotes")]
    [InlineData("[http]\ntoken_file = \"/proc/self/mem/x\"", "screening.toml:2:14: http.token_file is \"/proc/self/mem/x\"; there is no such file")]
    public void A_mistake_gives_one_fault_in_plain_words_with_its_column(string text, string fault) =>
        Assert.Equal(fault, Assert.Single(fixture.Load(text).Faults).ToString());

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
            Environment = new Dictionary<string, string> { ["SCREENING__LOG__KEEP"] = "1s", ["SCREENING____X"] = "1", ["SCREENING_NODE"] = "http://x" },
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
                "--set verdict.deadline: verdict.deadline is \"soon\"; it must be a duration such as \"250ms\", \"5s\", \"10m\", \"1h\" or \"1d\"",
            ],
            ConfigurationLoader.Load(request).Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void A_key_in_a_zone_is_never_shown()
    {
        const string Key = "a1b2c3d4e5f6a7b8c9d0";
        var result = fixture.Load(
            $"[dnsbl]\nsites = \"{Key}.zen.dq.spamhaus.net=x, tiny.combined.mail.abusix.zone*q\"\n[[dnsbl.list]]\nzone = \"{Key}.other.example\"");
        var fault = Assert.Single(result.Faults).ToString();
        Assert.DoesNotContain(Key, fault, StringComparison.Ordinal);
        Assert.DoesNotContain("tiny", fault, StringComparison.Ordinal);
        Assert.Contains("'***.zen.dq.spamhaus.net=x': ", fault, StringComparison.Ordinal);
        Assert.Contains("'***.combined.mail.abusix.zone*q': ", fault, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_that_no_file_gives_is_warned_of() => Assert.Contains(
        "no dnsbl.list gives a key_file to replace KEY",
        Assert.Single(fixture.Load("[dnsbl]\nsites = \"KEY.zen.dq.spamhaus.net=127.0.0.2*3\"").Warnings).ToString(), StringComparison.Ordinal);
}
