using Microsoft.Extensions.Logging.Abstractions;
using Screening.Node.Configuration;
using Screening.Node.Hosting;
using Screening.Node.Sources;
using Screening.Node.Tests.Configuration;

namespace Screening.Node.Tests.Hosting;

/// <summary>A profile's fingerprint: passes count for each other where it is equal, so that it differs wherever a verdict may.</summary>
public sealed class FingerprintTests : IDisposable
{
    private const string Text = """
        custom = [{ name = "x", url = "http://127.0.0.1:1/" }]
        [p0f]
        socket = "/run/p0f.sock"
        rule = [{ os = "Windows" }]
        [dnsbl]
        sites = "a.test*3, b.test*-3"
        list = [{ zone = "a.test" }]
        [policy]
        rule = [{ helo = "x" }]
        """;

    // Settings that can change a verdict under the same answers, each with a value that is not the one above.
    private static readonly Dictionary<string, string> Judging = new()
    {
        ["verdict.ignore_at"] = "verdict.ignore_at=2",
        ["verdict.enforce_at"] = "verdict.enforce_at=4",
        ["verdict.drop_at"] = "verdict.drop_at=9",
        ["verdict.allow_at"] = "verdict.allow_at=-4",
        ["verdict.allow_cap"] = "verdict.allow_cap=-7",
        ["verdict.default_action"] = "verdict.default_action='ignore'",
        ["verdict.default_ttl"] = "verdict.default_ttl='6m'",
        ["verdict.pass_ttl"] = "verdict.pass_ttl='2h'",
        ["verdict.pass_ttl_min"] = "verdict.pass_ttl_min='11m'",
        ["verdict.reject_action"] = "verdict.reject_action='enforce'",
        ["p0f.socket"] = "p0f.socket=''",
        ["p0f.alone"] = "p0f.alone=true",
        ["p0f.rule.os"] = "p0f.rule=[{ os = 'Linux' }]",
        ["p0f.rule.flavor"] = "p0f.rule=[{ os = 'Windows', flavor = 'XP' }]",
        ["p0f.rule.link"] = "p0f.rule=[{ os = 'Windows', link = 'DSL' }]",
        ["p0f.rule.distance"] = "p0f.rule=[{ os = 'Windows', distance = 3 }]",
        ["p0f.rule.uptime_min"] = "p0f.rule=[{ os = 'Windows', uptime_min = 3 }]",
        ["p0f.rule.nat"] = "p0f.rule=[{ os = 'Windows', nat = true }]",
        ["p0f.rule.os_changed"] = "p0f.rule=[{ os = 'Windows', os_changed = true }]",
        ["p0f.rule.match"] = "p0f.rule=[{ os = 'Windows', match = 'exact' }]",
        ["p0f.rule.weight"] = "p0f.rule=[{ os = 'Windows', weight = 2 }]",
        ["dnsbl.sites"] = "dnsbl.sites='a.test*3, b.test*-2'",
        ["dnsbl.skip"] = "dnsbl.skip=['10.0.0.0/8']",
        ["dnsbl.list.test_entries"] = "dnsbl.list=[{ zone = 'a.test', test_entries = false }]",
        ["custom.name"] = "custom=[{ name = 'y', url = 'http://127.0.0.1:1/' }]",
        ["custom.weight.pass"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:1/', weight = { pass = -2 } }]",
        ["custom.weight.ignore"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:1/', weight = { ignore = 2 } }]",
        ["custom.weight.enforce"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:1/', weight = { enforce = 4 } }]",
        ["custom.weight.drop"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:1/', weight = { drop = 9 } }]",
        ["policy.rule.helo"] = "policy.rule=[{ helo = 'y' }]",
        ["policy.rule.sender"] = "policy.rule=[{ helo = 'x', sender = 'y' }]",
        ["policy.rule.weight"] = "policy.rule=[{ helo = 'x', weight = 2 }]",
    };

    // Where sources are and what they are called, how long they and a query may take, and how doors word an answer.
    private static readonly Dictionary<string, string?> Other = new()
    {
        ["verdict.deadline"] = "verdict.deadline='900ms'",
        ["verdict.serial_deadline"] = "verdict.serial_deadline='200ms'",
        ["verdict.dnsbl_deadline"] = "verdict.dnsbl_deadline='1s'",
        ["p0f.timeout"] = "p0f.timeout='50ms'",
        ["p0f.rule.signature"] = null, // Refused at start.
        ["dnsbl.resolver"] = "dnsbl.resolver=['127.0.0.1:5353']",
        ["dnsbl.timeout"] = "dnsbl.timeout='700ms'",
        ["dnsbl.list.zone"] = "dnsbl.list=[{ zone = 'b.test' }]",
        ["dnsbl.list.name"] = "dnsbl.list=[{ zone = 'a.test', name = 'a' }]",
        ["dnsbl.list.timeout"] = "dnsbl.list=[{ zone = 'a.test', timeout = '700ms' }]",
        ["dnsbl.list.key_file"] = null, // Belongs to a zone with a key.
        ["custom.plugin"] = "custom=[{ name = 'x', plugin = 'tcp://127.0.0.1:1' }]",
        ["custom.url"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:2/' }]",
        ["custom.command"] = "custom=[{ name = 'x', command = ['/bin/true'] }]",
        ["custom.timeout"] = "custom=[{ name = 'x', url = 'http://127.0.0.1:1/', timeout = '200ms' }]",
        ["policy.enforce_text"] = "policy.enforce_text='550 no'",
        ["policy.drop_text"] = "policy.drop_text='550 no'",
        ["policy.shadow"] = "policy.shadow=true",
        ["policy.trace_header"] = "policy.trace_header='X-Screening'",
    };

    // Tables of which nothing takes part in a screening. A profile has a fingerprint of its own.
    private static readonly HashSet<string> OtherTables =
        ["node", "endpoints", "dnsbl_zone", "access", "profile", "cache", "limits", "store", "cluster", "http", "log", "clients", "otlp"];

    private readonly ConfigurationFixture _fixture = new();

    public static TheoryData<string> JudgingPaths => [.. Judging.Keys];

    public static TheoryData<string> OtherPaths => [.. Other.Where(other => other.Value is not null).Select(other => other.Key)];

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [Trait("Finding", "A10")]
    [MemberData(nameof(JudgingPaths))]
    public void A_setting_that_can_change_a_verdict_changes_it(string path) => Assert.NotEqual(Fingerprint(), Fingerprint(Judging[path]));

    [Theory]
    [MemberData(nameof(OtherPaths))]
    public void Another_setting_leaves_it(string path) => Assert.Equal(Fingerprint(), Fingerprint(Other[path]!));

    // Passes are stored with it: with another value nodes disown what they and nodes of another release have stored.
    [Fact]
    public void It_is_the_same_in_every_release() => Assert.Equal("00e9ab4c6ee2", Fingerprint());

    [Fact]
    [Trait("Finding", "A10")]
    public void Every_setting_is_one_or_the_other()
    {
        var tables = Setting.Of(typeof(ScreeningOptions)).Where(table => !OtherTables.Contains(table.Name));
        var settings = tables.SelectMany(table => Leaves(table, ""));
        Assert.Equal(Judging.Keys.Concat(Other.Keys).Order(StringComparer.Ordinal), settings.Order(StringComparer.Ordinal));
    }

    private static IEnumerable<string> Leaves(Setting setting, string prefix) =>
        setting.Kind is SettingKind.Table or SettingKind.Tables
            ? Setting.Of(setting.Type).SelectMany(inner => Leaves(inner, $"{prefix}{setting.Name}."))
            : [prefix + setting.Name];

    private string Fingerprint(params string[] sets) =>
        ScreeningPlan.Of(_fixture.Options(Text, sets), new TransportSet(TimeProvider.System, NullLoggerFactory.Instance))
            .Profiles.Default.Fingerprint;
}
