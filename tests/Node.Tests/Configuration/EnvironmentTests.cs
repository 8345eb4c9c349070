using Screening.Node.Configuration;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Configuration;

/// <summary>A container is configured by its environment alone: every setting, lists and tables too.</summary>
public sealed class EnvironmentTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();
    private readonly string _file;

    public EnvironmentTests()
    {
        var secret = _fixture.Write("secret", "Name: text\n");
        _file = File.ReadAllText(Repository.File("tests/Node.Tests/Configuration/every.toml"))
            .Replace("FILE", secret, StringComparison.Ordinal);
    }

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void The_file_of_this_test_has_every_setting_with_another_value_than_the_default()
    {
        var (tree, options) = (Read(_file), _fixture.Options(_file));
        AssertEvery(typeof(ScreeningOptions), [tree], "");
        var defaults = ScreeningOptions.Defaults("./data", "mx1");
        AssertDiffers(Setting.Of(typeof(ScreeningOptions)), defaults, options, "");
    }

    [Fact]
    public void Each_setting_by_a_variable_of_its_own_is_the_same_as_by_file()
    {
        var variables = new Dictionary<string, string>();
        Flatten(Read(_file), "SCREENING", variables);
        Assert.Contains("SCREENING__CUSTOM__1__WEIGHT__DROP", variables.Keys);
        AssertSame(_fixture.Options(_file), Load(variables));
    }

    [Fact]
    public void Each_table_as_a_value_in_toml_is_the_same_as_by_file()
    {
        var variables = Read(_file).Entries.ToDictionary(
            entry => "SCREENING__" + entry.Key.ToUpperInvariant(), entry => Inline(entry.Value));
        AssertSame(_fixture.Options(_file), Load(variables));
    }

    [Fact]
    public void A_variable_reaches_one_item_of_a_list_in_the_file()
    {
        _fixture.Write("screening.toml", """
            [[custom]]
            name = "one"
            url = "http://127.0.0.1:1/"
            [[custom]]
            name = "two"
            url = "http://127.0.0.1:2/"
            """);
        var options = Load(new Dictionary<string, string>
        {
            ["SCREENING__CUSTOM__1__URL"] = "http://127.0.0.1:22/",
            ["SCREENING__CUSTOM__2__NAME"] = "three",
            ["SCREENING__CUSTOM__2__COMMAND__0"] = "/bin/cat",
        });
        Assert.Equal(["one", "two", "three"], options.Customs.Select(custom => custom.Name));
        Assert.Equal("http://127.0.0.1:22/", options.Customs[1].Url!.Reveal());
        Assert.Equal("/bin/cat", Assert.Single(options.Customs[2].Command));
    }

    [Fact]
    public void More_than_ten_items_keep_their_order()
    {
        var seeds = Enumerable.Range(0, 12).ToDictionary(i => $"SCREENING__CLUSTER__SEEDS__{i}", i => $"screening-{i}.screening:4053");
        seeds["SCREENING__CLUSTER__ADVERTISE"] = "screening-11.screening:4053";
        seeds["SCREENING__CLUSTER__INSECURE"] = "true";
        seeds["SCREENING__STORE__PROVIDER"] = "memory";
        Assert.Equal(seeds.Values.Take(12), Load(seeds).Cluster.Seeds.Select(seed => seed.ToString()));
    }

    [Theory]
    [InlineData("SCREENING__VERDIKT__DEADLINE", "1s", "verdikt is not a setting; did you mean SCREENING__VERDICT?")]
    [InlineData("SCREENING__VERDICT__DEADLIN", "1s", "verdict.deadlin is not a setting; did you mean SCREENING__VERDICT__DEADLINE?")]
    [InlineData("SCREENING__CLUSTER__SEEDS__1", "a:4053", "cluster.seeds has no item number 0; items are numbered from 0 without a gap")]
    [InlineData("SCREENING__CLUSTER__SEEDS__A", "a:4053", "cluster.seeds is a table; it must be a list: [...]")]
    [InlineData("SCREENING__VERDICT__0", "1", "verdict.0 is not a setting")]
    [InlineData("SCREENING__STORE__CONNECTION_FILE", "/nowhere", "store.connection_file is \"/nowhere\"; there is no such file")]
    public void What_cannot_be_meant_is_a_fault(string name, string value, string message)
    {
        var result = ConfigurationLoader.Load(_fixture.Request() with { Environment = new Dictionary<string, string> { [name] = value } });
        Assert.Equal([$"environment {name}: {message}"], result.Faults.Select(fault => fault.ToString()));
    }

    [Fact]
    public void A_misspelt_setting_in_a_list_is_told_by_its_variable()
    {
        var result = ConfigurationLoader.Load(_fixture.Request() with
        {
            Environment = new Dictionary<string, string> { ["SCREENING__CUSTOM__0__TIMEOT"] = "1s" },
        });
        Assert.Contains(
            "custom[1].timeot is not a setting; did you mean SCREENING__CUSTOM__0__TIMEOUT?", result.Faults.Select(fault => fault.Message));
    }

    // A Service that is called screening, with ports that have names, as kubelet makes them (Service environment variables).
    [Fact]
    public void What_Kubernetes_says_of_its_services_is_no_setting()
    {
        var links = new Dictionary<string, string>();
        foreach (var service in (string[])["SCREENING", "SCREENING_DOORS", "SCREENING_CONFIG", "SCREENING_NODE", "SCREENING_STORE"])
        {
            links[service + "_SERVICE_HOST"] = "10.96.0.7";
            links[service + "_SERVICE_PORT"] = "10025";
            links[service + "_SERVICE_PORT_PLUGIN"] = "10025";
            links[service + "_PORT"] = "tcp://10.96.0.7:10025";
            links[service + "_PORT_10025_TCP"] = "tcp://10.96.0.7:10025";
            links[service + "_PORT_10025_TCP_PROTO"] = "tcp";
            links[service + "_PORT_10025_TCP_PORT"] = "10025";
            links[service + "_PORT_10025_TCP_ADDR"] = "10.96.0.7";
        }

        var result = ConfigurationLoader.Load(_fixture.Request() with { Environment = links });
        Assert.Empty(result.Faults);
        Assert.DoesNotContain(result.Warnings, warning => warning.Place.Kind == PlaceKind.Environment);
        AssertSame(_fixture.Options(""), result.Options!);
    }

    [Fact]
    public void One_underscore_too_few_is_told()
    {
        var result = ConfigurationLoader.Load(_fixture.Request() with
        {
            Environment = new Dictionary<string, string> { ["SCREENING_VERDICT_DEADLINE"] = "2s" },
        });
        Assert.Contains(
            "SCREENING_VERDICT_DEADLINE is not read; did you mean SCREENING__VERDICT__DEADLINE, with two underscores?",
            result.Warnings.Select(warning => warning.Message));
    }

    [Fact]
    public void A_connection_string_can_lie_in_a_file()
    {
        var file = _fixture.Write("connection", "Host=db;Password=from-file\n");
        var options = _fixture.Options($"[store]\nprovider = \"postgresql\"\nconnection_file = \"{file}\"");
        Assert.Equal("Host=db;Password=from-file", options.Store.ConnectionString.Reveal());
        Assert.DoesNotContain("from-file", ConfigurationFixture.Show(options));

        File.WriteAllText(file, "Hots=db");
        var fault = _fixture.Load($"[store]\nprovider = \"postgresql\"\nconnection_file = \"{file}\"").Faults;
        Assert.Contains("store.connection_file has hots, which PostgreSQL does not know; did you mean Host?", Assert.Single(fault).Message);
        fault = _fixture.Load(
            $"[store]\nprovider = \"postgresql\"\nconnection = \"Host=db\"\nconnection_file = \"{file}\"").Faults;
        Assert.Equal("store.connection_file is given; it must be without store.connection (line 3)", Assert.Single(fault).Message);
        File.WriteAllText(file, "");
        Assert.NotEmpty(_fixture.Load($"[store]\nprovider = \"postgresql\"\nconnection_file = \"{file}\"").Faults);
    }

    private static SettingTable Read(string text)
    {
        var root = new SettingTable(ConfigurationPlace.Default);
        Assert.Empty(TomlSource.Read(text, "every.toml", root));
        return root;
    }

    private ScreeningOptions Load(Dictionary<string, string> variables)
    {
        var result = ConfigurationLoader.Load(_fixture.Request() with { Environment = variables });
        Assert.Empty(result.Faults.Select(fault => fault.ToString()));
        return result.Options!;
    }

    private static void AssertSame(ScreeningOptions expected, ScreeningOptions actual)
    {
        Assert.Equal(ConfigurationFixture.Show(expected), ConfigurationFixture.Show(actual));
        // What is not shown.
        Assert.Equal(Secrets(expected), Secrets(actual));
    }

    private static List<string?> Secrets(ScreeningOptions options) =>
    [
        options.Store.Connection.Reveal(), options.Dnsbl.Sites.Reveal(), .. options.Dnsbl.Lists.Select(list => list.Zone.Reveal()),
        .. options.Customs.Select(custom => custom.Url?.Reveal()), .. options.Customs.SelectMany(custom => custom.Command),
        .. options.Profiles.Values.Select(profile => profile.Dnsbl.Sites.Reveal()),
    ];

    private static void Flatten(SettingNode node, string name, Dictionary<string, string> variables)
    {
        switch (node)
        {
            case SettingTable table:
                foreach (var (key, entry) in table.Entries)
                    Flatten(entry, $"{name}__{key.ToUpperInvariant()}", variables);
                break;
            case SettingList list:
                foreach (var (index, item) in list.Items.Index())
                    Flatten(item, $"{name}__{index}", variables);
                break;
            case SettingValue value:
                variables[name] = value.Value as string ?? value.Source;
                break;
        }
    }

    private static string Inline(SettingNode node) => node switch
    {
        SettingTable table => $"{{ {string.Join(", ", table.Entries.Select(entry => $"{entry.Key} = {Inline(entry.Value)}"))} }}",
        SettingList list => $"[{string.Join(", ", list.Items.Select(Inline))}]",
        SettingValue { Value: string text } => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal)}\"",
        SettingValue value => value.Source,
        _ => throw new InvalidOperationException(),
    };

    private static void AssertEvery(Type options, IReadOnlyList<SettingNode> nodes, string prefix)
    {
        foreach (var setting in Setting.Of(options))
        {
            var path = prefix + setting.Name;
            var given = nodes.OfType<SettingTable>().Select(table => table[setting.Name]).OfType<SettingNode>().ToList();
            Assert.True(given.Count > 0, $"every.toml lacks {path}");
            if (setting.Kind == SettingKind.Table)
                AssertEvery(setting.Type, given, path + '.');
            else if (setting.Kind == SettingKind.Tables)
                AssertEvery(setting.Type, [.. given.OfType<SettingList>().SelectMany(list => list.Items)], path + '.');
            else if (setting.Kind == SettingKind.Profiles)
            {
                var profiles = given.OfType<SettingTable>().SelectMany(table => table.Entries.Select(profile => profile.Value));
                AssertEvery(typeof(ProfileOptions), [.. profiles], path + ".NAME.");
            }
        }
    }

    private static void AssertDiffers(IEnumerable<Setting> settings, object defaults, object options, string prefix)
    {
        foreach (var setting in settings)
        {
            var path = prefix + setting.Name;
            if (setting.Kind == SettingKind.Table)
                AssertDiffers(Setting.Of(setting.Type), setting.Get(defaults)!, setting.Get(options)!, path + '.');
            else if (setting.Kind == SettingKind.Value && path != "store.connection_file") // It is in place of store.connection.
                Assert.False(Equals(setting.Get(defaults), setting.Get(options)), $"{path} has its default");
            else if (setting.Kind is SettingKind.Values or SettingKind.Tables)
                Assert.False(setting.GetItems(defaults).SequenceEqual(setting.GetItems(options)), $"{path} has its default");
        }
    }
}
