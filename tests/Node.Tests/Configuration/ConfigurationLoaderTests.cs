using System.Net;
using CsCheck;
using Screening.Actors.Checks;
using Screening.Node.Configuration;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Tests.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Every_key_of_the_contract_is_known()
    {
        // The sample entry of [[dnsbl.list]] needs its zone among the sites.
        _fixture.Options(Contract(), "dnsbl.sites=KEY.zen.dq.spamhaus.net");
        var keys = Contract().Split('\n').Select(line => line.Split('=')[0].Trim())
            .Where(key => key.Length > 0 && key.All(c => c == '_' || char.IsAsciiLetterOrDigit(c)));
        Assert.True(keys.Count() > 60, "the contract's block was not copied whole");
    }

    [Fact]
    public void The_defaults_are_those_of_the_contract()
    {
        var given = _fixture.Options(Contract(), "p0f.rule=[]", "dnsbl.list=[]", "custom=[]");
        var defaults = ScreeningOptions.Defaults("/var/lib/screening", "mx1").WithDataDir("/");
        Assert.Equal(ConfigurationFixture.Show(defaults), ConfigurationFixture.Show(given with { Profiles = defaults.Profiles }));
    }

    [Fact]
    public void Without_a_file_the_defaults_hold()
    {
        var result = ConfigurationLoader.Load(_fixture.Request());
        Assert.Null(result.File);
        Assert.Empty(result.Faults);
        Assert.Empty(result.Origins);
        Assert.Equal("mx1", result.Options!.Node.Name);
        Assert.Equal("./data", result.Options.Node.DataDir);
        Assert.Equal("./data/decisions", result.Options.DecisionsFolder());
    }

    [Theory]
    [InlineData("/var/lib/screening", "/var/lib/screening/http.sock")]
    [InlineData("./data", "{folder}/data/http.sock")]
    [Trait("Finding", "security-5")]
    public void The_api_has_a_socket_in_the_data_folder(string dataDir, string path)
    {
        var http = _fixture.Options("", $"node.data_dir={dataDir}").Endpoints.Http;
        Assert.Equal(
            ["tcp://127.0.0.1:10080", $"unix://{path.Replace("{folder}", _fixture.Folder, StringComparison.Ordinal)}?mode=0660"],
            http.Select(address => address.ToString()));
    }

    [Fact]
    public void A_default_socket_whose_path_is_too_long_is_left_out()
    {
        var folder = "/" + new string('d', 100);
        var result = _fixture.Load("", $"node.data_dir={folder}");
        Assert.Equal(["tcp://127.0.0.1:10080"], result.Options!.Endpoints.Http.Select(address => address.ToString()));
        Assert.EndsWith(
            "a socket's path must not be longer than 107 bytes, so this default is left out", Assert.Single(result.Warnings).ToString());
    }

    [Fact]
    public void A_socket_that_was_asked_for_and_has_too_long_a_path_is_a_fault()
    {
        var folder = "/" + new string('d', 100);
        var result = _fixture.Load("", $"node.data_dir={folder}", "endpoints.plugin=[\"unix://DATA_DIR/plugin\"]");
        var fault = Assert.Single(result.Faults).ToString();
        Assert.StartsWith("--set endpoints.plugin: endpoints.plugin[1] is unix:///ddd", fault);
        Assert.EndsWith("...; a socket's path must not be longer than 107 bytes", fault);
    }

    [Fact]
    public void The_file_is_the_first_that_is_there()
    {
        string? Loaded(ConfigurationRequest request) => ConfigurationLoader.Load(request).File;
        var environment = new Dictionary<string, string> { ["SCREENING_CONFIG"] = "named.toml" };
        foreach (var name in new[] { "etc/screening.toml", "screening.toml", "named.toml", "given.toml" })
            _fixture.Write(name, "");
        Assert.Equal("given.toml", Loaded(_fixture.Request() with { ConfigPath = "given.toml", Environment = environment }));
        Assert.Equal("named.toml", Loaded(_fixture.Request() with { Environment = environment }));
        Assert.Equal("screening.toml", Loaded(_fixture.Request()));
        File.Delete(Path.Combine(_fixture.Folder, "screening.toml"));
        Assert.Equal(Path.Combine(_fixture.Folder, "etc", "screening.toml"), Loaded(_fixture.Request()));
    }

    [Fact]
    public void A_named_file_must_be_there()
    {
        var given = ConfigurationLoader.Load(_fixture.Request() with { ConfigPath = "no.toml" });
        Assert.Equal(["no.toml: there is no such file"], given.Faults.Select(fault => fault.ToString()));
        var environment = new Dictionary<string, string> { ["SCREENING_CONFIG"] = "no.toml" };
        var named = ConfigurationLoader.Load(_fixture.Request() with { Environment = environment });
        Assert.Equal(["no.toml: there is no such file"], named.Faults.Select(fault => fault.ToString()));
        var folder = ConfigurationLoader.Load(_fixture.Request() with { ConfigPath = "." });
        Assert.Equal([".: it is a folder, not a file"], folder.Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void Environment_is_over_the_file_and_set_over_both()
    {
        _fixture.Write("screening.toml", "[verdict]\ndeadline = \"1s\"\nignore_at = 1\nenforce_at = 2\n");
        var result = ConfigurationLoader.Load(_fixture.Request("verdict.enforce_at=4", "verdict.enforce_at=5") with
        {
            Environment = new Dictionary<string, string>
            {
                ["SCREENING__VERDICT__DEADLINE"] = "800ms",
                ["screening__verdict__Enforce_At"] = "3",
                ["SCREENING__PROFILE__STRICT__VERDICT__DROP_AT"] = "7",
            },
        });
        Assert.Equal(TimeSpan.FromMilliseconds(800), result.Options!.Verdict.Deadline);
        Assert.Equal(5, result.Options.Verdict.EnforceAt);
        Assert.Equal(7, result.Options.Profiles["strict"].Verdict.DropAt);
        Assert.Equal("environment SCREENING__VERDICT__DEADLINE", result.Origins["verdict.deadline"].ToString());
        Assert.Equal("--set verdict.enforce_at", result.Origins["verdict.enforce_at"].ToString());
        Assert.Equal("screening.toml:3", result.Origins["verdict.ignore_at"].ToString());
    }

    [Fact]
    public void A_set_value_is_toml_or_else_a_text()
    {
        var options = _fixture.Options(
            "",
            "verdict.deadline=800ms",
            "verdict.serial_deadline=\"200ms\"",
            "cache.fail_share=0",
            "node.name=7",
            "policy.shadow=true",
            "endpoints.plugin=[\"tcp://127.0.0.1:0\", \"unix:///run/x?mode=0660\"]",
            "endpoints.memcache=[]",
            "p0f.rule=[{os=\"Windows\",weight=2}]",
            "custom=[{name=\"x\",plugin=\"unix:///x\",weight={ pass = -5 }}]",
            "dnsbl.sites=zen.spamhaus.org=127.0.0.[2..11]*3, b.example",
            "dnsbl.list=[{zone=\"b.example\",name=\"b\"}]",
            "store.provider=postgresql",
            "store.connection=Host=db;Password=geheim",
            "cluster.tls={ certificate = \"/dev/null\", key = \"/dev/null\", ca = \"/dev/null\" }");
        Assert.Equal(TimeSpan.FromMilliseconds(800), options.Verdict.Deadline);
        Assert.Equal(TimeSpan.FromMilliseconds(200), options.Verdict.SerialDeadline);
        Assert.Equal(TimeSpan.Zero, options.Cache.FailShare);
        Assert.Equal("7", options.Node.Name);
        Assert.True(options.Policy.Shadow);
        Assert.Equal(["tcp://127.0.0.1:0", "unix:///run/x?mode=0660"], options.Endpoints.Plugin.Select(address => address.ToString()));
        Assert.Empty(options.Endpoints.Memcache);
        Assert.Equal(2, Assert.Single(options.P0f.Rules).Weight);
        var custom = Assert.Single(options.Customs);
        Assert.Equal((-5, 8), (custom.Weight.Pass, custom.Weight.Drop));
        Assert.Equal("b", Assert.Single(options.Dnsbl.Lists).SafeName());
        Assert.Equal("Host=db;Password=geheim", options.Store.Connection.Reveal());
        Assert.DoesNotContain("geheim", options.ToString(), StringComparison.Ordinal);
        Assert.Equal("/dev/null", options.Cluster.Tls.Ca);
    }

    [Fact]
    public void Values_are_read_into_their_types()
    {
        var options = _fixture.Options(
            """
            [dnsbl]
            resolver = ["127.0.0.1", "127.0.0.1:5353", "::1", "[::1]:54"]
            skip = []
            [[p0f.rule]]
            signature = "^Windows (XP|7)"
            distance = 20
            uptime_min = 60
            nat = true
            match = "exact|fuzzy"
            [access]
            permit = ["192.0.2.0/24", "file:///dev/null"]
            [store]
            provider = "memory"
            [cluster]
            listen = "[::]:4053"
            advertise = "[2001:db8::1]:4053"
            seeds = ["mx1.example.org:4053", "[2001:db8::1]:4053"]
            insecure = true
            """);
        Assert.Equal(
            ["127.0.0.1:53", "127.0.0.1:5353", "[::1]:53", "[::1]:54"], options.Dnsbl.Resolver.Select(endpoint => endpoint.ToString()));
        Assert.Equal(IPAddress.Loopback, options.Dnsbl.Resolver[0].Address);
        Assert.Empty(options.Dnsbl.Skip);
        var rule = Assert.Single(options.P0f.Rules);
        Assert.Equal(
            (20, 60, true, P0fMatchWords.Exact | P0fMatchWords.Fuzzy, 1),
            (rule.Distance, rule.UptimeMin, rule.Nat, rule.Match, rule.Weight));
        Assert.Matches(rule.Signature!, "Windows 7");
        Assert.Equal("/dev/null", options.Access.Permit[1].File);
        Assert.Equal(new HostPort("2001:db8::1", 4053), options.Cluster.Seeds[1]);
    }

    [Fact]
    public void A_profile_inherits_what_it_does_not_set()
    {
        var options = _fixture.Options(
            """
            [profile.strict]
            local = ["192.0.2.25"]
            door = ["policy"]
            verdict.enforce_at = 2
            dnsbl.sites = "b.example*2"
            [[profile.strict.p0f.rule]]
            os = "x"
            [profile.lax]
            custom = []
            [verdict]
            ignore_at = 2
            deadline = "700ms"
            [dnsbl]
            sites = "a.example"
            [[custom]]
            name = "c"
            url = "http://127.0.0.1/"
            """);
        var strict = options.EffectiveProfile("strict")!;
        Assert.Equal((2, 2, 8), (strict.Verdict.IgnoreAt, strict.Verdict.EnforceAt, strict.Verdict.DropAt));
        Assert.Equal(TimeSpan.FromMilliseconds(700), strict.Verdict.Deadline);
        Assert.Equal("b.example*2", strict.Dnsbl.Sites.Reveal());
        Assert.Single(strict.P0f.Rules);
        Assert.Single(strict.Customs);
        Assert.Equal(Door.Policy, Assert.Single(strict.Doors));
        var lax = options.EffectiveProfile("lax")!;
        Assert.Equal((3, "a.example"), (lax.Verdict.EnforceAt, lax.Dnsbl.Sites.Reveal()));
        Assert.Empty(lax.Customs);
        Assert.Equal(3, options.EffectiveProfile("default")!.Verdict.EnforceAt);
        Assert.Equal(3, options.Verdict.EnforceAt);
        Assert.Null(options.EffectiveProfile("other"));
    }

    [Fact]
    public void Nothing_throws_on_random_text()
    {
        var words = Gen.OneOf(
            "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "\n", "\"", "'", "\\", "#", " ", "\0", "\ud800", "\\ud800",
            "\\UFFFFFFFF", "\u0085",
            new string('[', 70), "verdict", "deadline", "custom", "profile", "p0f.rule",
            "dnsbl.list", "sites", "a", "1", "-1", "1e9", "\"1s\"", "true", "0x", "1979-05-27", "\"\"\"",
            "os = \"(\"", "tcp://", "inf", "[profile.a]\n", "zone");
        var text = Gen.OneOf(Gen.String, words.Array[0, 40].Select(parts => string.Concat(parts)));
        text.Select(text, text).Sample(
            (file, value, name) =>
            {
                var root = new SettingTable(ConfigurationPlace.Default);
                TomlSource.Read(file, "f", root);
                var faults = new List<ConfigurationFault>();
                OverrideSource.ApplySets(
                    [$"{name}={value}", value, $"verdict.deadline={value}", $"custom=[{value}]", $"{name}"], root, faults);
                var options = ScreeningOptions.Defaults("./data", "h");
                var binder = new OptionsBinder();
                binder.Bind(root, options);
                ConfigurationValidator.Check(new ValidationContext(options, binder));
                _ = TomlText.Write(OptionsTree.Of(options, binder.Origins));
                Assert.All(binder.Faults, fault => Assert.DoesNotContain('\n', fault.ToString()));
            },
            iter: 5000,
            threads: 1);
    }

    private static string Contract() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Configuration", "contract.toml"));
}
