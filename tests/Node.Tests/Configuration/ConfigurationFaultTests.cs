using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class ConfigurationFaultTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    /// <summary>A file, and all the lines that must come of it.</summary>
    public static readonly TheoryData<string, string[]> FaultyFiles = new()
    {
        // Keys.
        { "[verdict]\ndedline = \"1s\"", ["screening.toml:2: verdict.dedline is not a setting; did you mean verdict.deadline?"] },
        { "[verdcit]\ndeadline = \"1s\"", ["screening.toml:1: verdcit is not a setting; did you mean verdict?"] },
        { "[cache]\npass_ttl = \"1h\"", ["screening.toml:2: cache.pass_ttl is not a setting; did you mean verdict.pass_ttl?"] },
        { "[verdict]\n\"q q\" = 1", ["screening.toml:2: verdict.\"q q\" is not a setting"] },
        { "qqqqqq = 1", ["screening.toml:1: qqqqqq is not a setting"] },
        { "[cluster]\ntls = { cert = \"\" }", ["screening.toml:2: cluster.tls.cert is not a setting; did you mean cluster.tls.certificate?"] },

        // Types.
        { "[verdict]\ndeadline = 5", ["screening.toml:2: verdict.deadline is 5; it must be a duration such as \"250ms\", \"5s\", \"10m\", \"1h\" or \"1d\""] },
        { "[verdict]\nenforce_at = \"three\"", ["screening.toml:2: verdict.enforce_at is \"three\"; it must be a whole number"] },
        { "[verdict]\nenforce_at = 3.5", ["screening.toml:2: verdict.enforce_at is 3.5; it must be a whole number"] },
        { "[verdict]\nenforce_at = 99999999999", ["screening.toml:2: verdict.enforce_at is 99999999999; it must not exceed 2147483647"] },
        { "[p0f]\nalone = \"yes\"", ["screening.toml:2: p0f.alone is \"yes\"; it must be true or false"] },
        { "verdict = 1", ["screening.toml:1: verdict is 1; it must be a table: [verdict]"] },
        { "custom = 1", ["screening.toml:1: custom is 1; it must be a list of tables: [[custom]]"] },
        { "[custom]\nname = \"x\"", ["screening.toml:1: custom is a table; it must be a list of tables: [[custom]]"] },
        { "[endpoints]\nplugin = \"tcp://127.0.0.1:1\"", ["screening.toml:2: endpoints.plugin is \"tcp://127.0.0.1:1\"; it must be a list: [...]"] },
        { "[endpoints]\nplugin = [1]", ["screening.toml:2: endpoints.plugin[1] is 1; it must be an address in quotes"] },
        { "[node]\nname = 1979-05-27", ["screening.toml:2: node.name is 1979-05-27; it must be a text in quotes"] },
        { "[store]\nconnection = 7", ["screening.toml:2: store.connection is ***; it must be a text in quotes"] },

        // Ranges and words.
        { "[verdict]\ndeadline = \"0\"", ["screening.toml:2: verdict.deadline is \"0\"; it must be 1ms to 60s"] },
        { "[verdict]\ndeadline = \"61s\"", ["screening.toml:2: verdict.deadline is \"61s\"; it must be 1ms to 60s"] },
        { "[verdict]\npass_ttl_min = \"500ms\"", ["screening.toml:2: verdict.pass_ttl_min is \"500ms\"; it must be 1s to 365d"] },
        { "[cache]\nfail_share = \"2h\"", ["screening.toml:2: cache.fail_share is \"2h\"; it must be 1ms to 1h, or 0 to turn it off"] },
        { "[verdict]\nallow_at = 0", ["screening.toml:2: verdict.allow_at is 0; it must be -10000 to -1"] },
        { "[limits]\nin_flight = 0", ["screening.toml:2: limits.in_flight is 0; it must be at least 1"] },
        { "[verdict]\ndefault_action = \"drop\"", ["screening.toml:2: verdict.default_action is \"drop\"; it must be pass or ignore"] },
        { "[verdict]\nreject_action = \"ignore\"", ["screening.toml:2: verdict.reject_action is \"ignore\"; it must be enforce or drop"] },
        { "[store]\nprovider = \"mysql\"", ["screening.toml:2: store.provider is \"mysql\"; it must be sqlite, postgresql or memory"] },
        { "[log]\naddress = \"none\"", ["screening.toml:2: log.address is \"none\"; it must be full, truncated or hashed"] },
        { "[cache]\ntrust = \"all\"", ["screening.toml:2: cache.trust is \"all\"; it must be same-policy or any"] },
        { "[cluster]\nsplit_brain = \"x\"", ["screening.toml:2: cluster.split_brain is \"x\"; it must be auto, keep-majority, keep-oldest or lease"] },
        { "[cluster]\nroles = [\"edge\"]", ["screening.toml:2: cluster.roles[1] is \"edge\"; it must be cache"] },
        { "[dnsbl_zone]\nname = \"a..b\"", ["screening.toml:2: dnsbl_zone.name is \"a..b\"; it must be a domain name of at most 110 characters, without a dot at its end"] },
        { "[policy]\ndrop_text = \"550 a\\nb\"", ["screening.toml:2: policy.drop_text is \"550 a\\u000ab\"; it must be one line of 1 to 512 characters"] },

        // Related values.
        {
            "[verdict]\nenforce_at = 9\ndrop_at = 8",
            ["screening.toml:2: verdict.enforce_at is 9; it must not exceed verdict.drop_at, which is 8 (line 3)"]
        },
        { "[verdict]\ndrop_at = 2", ["screening.toml:2: verdict.drop_at is 2; it must not be below verdict.enforce_at, which is 3 (the default)"] },
        { "[verdict]\nallow_at = -7", ["screening.toml:2: verdict.allow_at is -7; it must not be below verdict.allow_cap, which is -6 (the default)"] },
        { "[verdict]\npass_ttl = \"5m\"", ["screening.toml:2: verdict.pass_ttl is 5m; it must not be below verdict.pass_ttl_min, which is 10m (the default)"] },
        {
            "[verdict]\npass_ttl = \"2d\"\n[cache]\nmax_life = \"1d\"",
            ["screening.toml:2: verdict.pass_ttl is 2d; it must not exceed cache.max_life, which is 1d (line 4)"]
        },
        {
            "[verdict]\nenforce_at = \"nine\"\ndrop_at = 2",
            ["screening.toml:2: verdict.enforce_at is \"nine\"; it must be a whole number"]
        },

        // Endpoints.
        { "[endpoints]\nplugin = [\"udp://127.0.0.1:1\"]", ["screening.toml:2: endpoints.plugin[1] is \"udp://127.0.0.1:1\"; it must be tcp:// or unix://"] },
        { "[endpoints]\ndnsbl = [\"unix:///x\"]", ["screening.toml:2: endpoints.dnsbl[1] is \"unix:///x\"; it must be udp:// or tcp://"] },
        { "[endpoints]\nhttp = [\"http://x:80\"]", ["screening.toml:2: endpoints.http[1] is \"http://x:80\"; it must be tcp://HOST:PORT, udp://HOST:PORT or unix:///PATH"] },
        {
            "[endpoints]\nplugin = [\n  \"tcp://[::1]:1\",\n  \"tcp://[::1]:1\",\n]",
            ["screening.toml:4: endpoints.plugin[2] is tcp://[::1]:1; endpoints.plugin[1] has the same address (line 3)"]
        },
        {
            "[endpoints]\nplugin = [\"tcp://127.0.0.1:10026\"]",
            ["screening.toml:2: endpoints.plugin[1] is tcp://127.0.0.1:10026; endpoints.policy[1] has the same address (the default)"]
        },
        {
            "[cluster]\nlisten = \"127.0.0.1:10080\"",
            ["screening.toml:2: cluster.listen is 127.0.0.1:10080; endpoints.http[1] has the same address (the default)"]
        },

        // p0f.
        { "[[p0f.rule]]\nweight = 1", ["screening.toml:1: p0f.rule[1] would match every client; it must give at least one of os, flavor, link, signature, distance, uptime_min, nat, os_changed or match"] },
        { "[[p0f.rule]]\nos = \"(\"", ["screening.toml:2: p0f.rule[1].os is \"(\"; it must be a regular expression (InsufficientClosingParentheses at character 1)"] },
        {
            "[[p0f.rule]]\nos = \"(?=x)\"",
            ["screening.toml:2: p0f.rule[1].os is \"(?=x)\"; it must be a regular expression that needs no backtracking: no look-around, no back-reference, no huge repetition"]
        },
        { "[[p0f.rule]]\nmatch = \"exact|near\"", ["screening.toml:2: p0f.rule[1].match is \"exact|near\"; it must be exact, generic, fuzzy or several of these separated by |"] },
        { "[[p0f.rule]]\nos = \"x\"\nweight = 101", ["screening.toml:3: p0f.rule[1].weight is 101; it must be -100 to 100"] },

        // DNSBL.
        { "[dnsbl]\nresolver = [\"dns.example:53\"]", ["screening.toml:2: dnsbl.resolver[1] is \"dns.example:53\"; it must be IP or IP:PORT; an IPv6 address with a port as [IP]:PORT"] },
        { "[dnsbl]\nskip = [\"10.0.0.1/8\"]", ["screening.toml:2: dnsbl.skip[1] is \"10.0.0.1/8\"; it has host bits set; perhaps 10.0.0.0/8 is meant"] },
        { "[[dnsbl.list]]\nname = \"x\"", ["screening.toml:1: dnsbl.list[1].zone is missing; it must be given"] },
        { "[[dnsbl.list]]\nzone = \"a.example\"", ["screening.toml:2: dnsbl.list[1].zone is \"a.example\"; it must be a zone in dnsbl.sites or in the sites of a profile"] },
        {
            "[dnsbl]\nsites = \"a.example b.example\"\n[[dnsbl.list]]\nzone = \"a.example\"\nname = \"n\"\n[[dnsbl.list]]\nzone = \"B.example\"\nname = \"n\"",
            ["screening.toml:8: dnsbl.list[2].name is \"n\"; dnsbl.list[1].name is the same (line 5)"]
        },
        {
            "[dnsbl]\nsites = \"a.example\"\n[[dnsbl.list]]\nzone = \"a.example\"\nkey_file = \"/nowhere/key\"",
            ["screening.toml:5: dnsbl.list[1].key_file is \"/nowhere/key\"; there is no such file"]
        },

        // Custom checks.
        { "[[custom]]\nplugin = \"unix:///x\"", ["screening.toml:1: custom[1].name is missing; it must be given"] },
        { "[[custom]]\nname = \"A b\"\nurl = \"http://x\"", ["screening.toml:2: custom[1].name is \"A b\"; it must be 1 to 64 of a-z, 0-9, dot, dash and underscore"] },
        { "[[custom]]\nname = \"a\"", ["screening.toml:1: custom[1] gives nothing to ask; it must give one of plugin, url or command"] },
        {
            "[[custom]]\nname = \"a\"\nurl = \"http://x\"\ncommand = [\"/x\"]",
            ["screening.toml:4: custom[1] gives url and command; it must give exactly one of plugin, url or command"]
        },
        { "[[custom]]\nname = \"a\"\ncommand = []", ["screening.toml:1: custom[1] gives nothing to ask; it must give one of plugin, url or command"] },
        { "[[custom]]\nname = \"a\"\ncommand = [\"\"]", ["screening.toml:3: custom[1].command has an empty first text; it must be the name of a program"] },
        { "[[custom]]\nname = \"a\"\nurl = \"ftp://x\"", ["screening.toml:3: custom[1].url is \"ftp://x\"; it must be http:// or https:// and a host"] },
        { "[[custom]]\nname = \"a\"\nplugin = \"tcp://x:0\"", ["screening.toml:3: custom[1].plugin is \"tcp://x:0\"; its port must be 1 to 65535"] },
        {
            "[[custom]]\nname = \"a\"\nurl = \"http://x\"\n[[custom]]\nname = \"a\"\nurl = \"http://y\"\nweight = { pass = -200 }",
            [
                "screening.toml:5: custom[2].name is \"a\"; custom[1].name is the same (line 2)",
                "screening.toml:7: custom[2].weight.pass is -200; it must be -100 to 100",
            ]
        },

        // Access, store, cluster, http.
        { "[access]\nreject = [\"file:///nowhere/reject.cidr\"]", ["screening.toml:2: access.reject[1] is \"file:///nowhere/reject.cidr\"; there is no such file"] },
        { "[access]\nreject = [\"file:///tmp\"]", ["screening.toml:2: access.reject[1] is \"file:///tmp\"; it is a folder, not a file"] },
        { "[access]\npermit = [\"example.org\"]", ["screening.toml:2: access.permit[1] is \"example.org\"; it is not an IP address or network"] },
        { "[store]\nconnection = \"Pasword=geheim\"", ["screening.toml:2: store.connection has pasword, which SQLite does not know; did you mean Password?"] },
        { "[store]\nconnection = \"Data Source=:memory:\"", ["screening.toml:2: store.connection: Data Source must be a file; to store nothing, set store.provider to memory"] },
        {
            "[store]\nprovider = \"postgresql\"\nconnection = \"Host=db;geheim\"",
            ["screening.toml:3: store.connection is not a connection string of PostgreSQL, such as Host=db.example;Database=screening;Username=screening"]
        },
        { "[store]\nprovider = \"postgresql\"", ["screening.toml:2: store.provider is postgresql; it must come with store.connection, which is empty (the default)"] },
        {
            "[cluster]\nseeds = [\"mx1:4053\"]\ninsecure = true",
            ["screening.toml:2: cluster.seeds is not empty; it must be with store.provider sqlite (the default), which holds a cluster of one: use postgresql or memory"]
        },
        { "[cluster]\nroles = []", ["screening.toml:2: cluster.roles is []; an edge node must have cluster.seeds, which is []"] },
        { "[cluster]\nexpected = 3", ["screening.toml:2: cluster.expected is 3; a cluster of more than one must have cluster.seeds, which is []"] },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nseeds = [\"127.0.0.1:4053\", \"mx2.example:4053\", \"MX2.example.:4053\"]\ninsecure = true",
            ["screening.toml:4: cluster.seeds has mx2.example:4053 more than once; each node must stand in it once"]
        },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nlisten = \"[::1]:4053\"\nseeds = [\"[::1]:4053\", \"[0:0:0::1]:4053\"]\ninsecure = true",
            ["screening.toml:5: cluster.seeds has [::1]:4053 more than once; each node must stand in it once"]
        },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nseeds = [\"127.0.0.1:4053\", \"[::1]:4054\"]\ninsecure = true",
            ["screening.toml:4: cluster.seeds has [::1]:4054; its nodes must be IPv4 addresses, or names that have one, as this node is known to the others by cluster.listen, which is 127.0.0.1:4053 (the default)"]
        },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nadvertise = \"mx1.example:4053\"\nseeds = [\"mx1.example:4053\", \"192.0.2.2:4053\"]\ninsecure = true",
            ["screening.toml:5: cluster.seeds has 192.0.2.2:4053; its nodes must be names, as this node is known to the others by cluster.advertise, which is mx1.example:4053 (line 4)"]
        },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nseeds = [\"127.0.0.1:4053\"]",
            ["screening.toml:4: cluster.seeds is not empty; cluster.tls must then be set, because anyone who can connect to 127.0.0.1:4053, on loopback any local user, can otherwise change the whitelist, grants and bans; cluster.insecure = true accepts that risk"]
        },
        {
            "[store]\nprovider = \"memory\"\n[cluster]\nseeds = [\"127.0.0.1:4053\"]\ntls = { certificate = \"/dev/null\", key = \"/dev/null\" }",
            ["screening.toml:5: cluster.tls.certificate is \"/dev/null\"; it must come with cluster.tls.ca, which is empty (the default)"]
        },
        { "[cluster]\ntls = { ca = \"/dev/null\" }", ["screening.toml:2: cluster.tls.ca is \"/dev/null\"; it must come with cluster.tls.certificate, which is empty (the default)"] },
        {
            "[cluster]\npeers = [\"mx1.example:4053\", \"*.edge.example\", \"2001:db8::1\"]",
            ["screening.toml:2: cluster.peers[1] is \"mx1.example:4053\"; it must be an IP address, a host name, or *. and a domain, without a port"]
        },
        { "[cluster]\nsplit_brain = \"lease\"", ["screening.toml:2: cluster.split_brain is lease; it must come with store.provider postgresql, which is sqlite (the default)"] },
        { "[http]\ncertificate = \"/dev/null\"", ["screening.toml:2: http.certificate is \"/dev/null\"; it must come with http.key, which is empty (the default)"] },

        // Profiles.
        { "[profile.default]", ["screening.toml:1: profile.default is a reserved name; choose another"] },
        { "[profile.allow]", ["screening.toml:1: profile.allow is a reserved name; choose another"] },
        { "[profile.\"a_b\"]", ["screening.toml:1: profile.\"a_b\" cannot be the name of a profile; it must be a DNS label of a-z, 0-9 and dashes, at most 63 characters"] },
        { "[profile]\nx = 1", ["screening.toml:2: profile.x is 1; it must be a table: [profile.x]"] },
        { "[profile.a]\ndoor = [\"smtp\"]", ["screening.toml:2: profile.a.door[1] is \"smtp\"; it must be plugin, policy, dnsbl, dnsblog, memcache or http"] },
        { "[profile.a]\np0f.alone = true", ["screening.toml:2: profile.a.p0f.alone is not a setting; did you mean p0f.alone?"] },
        {
            "[profile.a]\nlocal = [\"192.0.2.1\"]\n[profile.b]\nlocal = [\"::ffff:192.0.2.1\"]",
            ["screening.toml:4: profile.b.local[1] is 192.0.2.1; profile.a.local[1] is the same (line 2)"]
        },
        {
            "[verdict]\ndrop_at = 5\n[profile.a]\nverdict.enforce_at = 6",
            ["screening.toml:4: profile.a.verdict.enforce_at is 6; it must not exceed profile.a.verdict.drop_at, which is 5 (line 2)"]
        },
        {
            "[profile.a]\nverdict.pass_ttl = \"60d\"",
            ["screening.toml:2: profile.a.verdict.pass_ttl is 60d; it must not exceed cache.max_life, which is 30d (the default)"]
        },
        {
            "[[custom]]\nname = \"a\"\nurl = \"http://x\"\n[[profile.p.custom]]\nname = \"a\"\nurl = \"http://y\"",
            ["screening.toml:4: profile.p.custom[1] has the name of custom[1] (line 1); it must then have the same plugin, url, command and timeout"]
        },

        // Syntax.
        { "[verdict]\ndeadline = 800ms", ["screening.toml:2: a text must stand in quotes: deadline = \"800ms\""] },
        { "[verdict]\nenforce_at = 2\nenforce_at = 3", ["screening.toml:3: verdict.enforce_at is given twice; it is already on line 2"] },
        { "[verdict", ["screening.toml:1: the brackets of a table's name must match: [verdict]"] },
        { "[store]\nconnection = \"Password=\"geheim\"\"", ["screening.toml:2: this is not TOML; the line may hold a secret and is not shown"] },
        {
            "[verdict]\nignore_at = \"x\"\ndeadline = ]\ndrop_at = \"y\"",
            ["screening.toml:2: verdict.ignore_at is \"x\"; it must be a whole number", "screening.toml:3: this is not a value; a text stands in quotes"]
        },
    };

    [Theory]
    [MemberData(nameof(FaultyFiles))]
    public void A_faulty_file_gives_exactly_these_faults(string text, string[] faults)
    {
        var result = fixture.Load(text);
        Assert.Null(result.Options);

        Assert.Equal(faults, result.Faults.Select(fault => fault with { Place = fault.Place with { Column = 0 } }).Select(fault => fault.ToString()));
    }

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
