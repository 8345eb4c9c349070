using System.Text.RegularExpressions;
using Screening.Node.Configuration;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Configuration;

/// <summary><c>docs/screening.toml</c> shows every setting with its default, commented out as PostgreSQL's sample does.</summary>
[Trait("Finding", "use-3")]
public sealed partial class SampleConfigurationTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    private static readonly string Sample = File.ReadAllText(Repository.File("docs/screening.toml"));

    // Every line that shows a setting or a table, but those of a custom check's two other kinds.
    private static readonly string Active = Shown().Replace(Sample, "$1");

    [Fact]
    public void As_it_stands_it_changes_nothing_and_is_clean()
    {
        var result = fixture.Load(Sample);
        Assert.Empty(result.Faults.Concat(result.Warnings).Select(fault => fault.ToString()));
        Assert.Empty(result.Origins);
    }

    [Fact]
    public void Its_values_are_the_defaults()
    {
        var given = fixture.Options(
            Active, "p0f.rule=[]", "dnsbl.list=[]", "dnsbl.sites=", "custom=[]", "policy.rule=[]", $"node.name={Defaults.Node.Name}", $"node.data_dir={Defaults.Node.DataDir}");
        Assert.Equal(ConfigurationFixture.Show(Defaults.WithDataDir(fixture.Folder)), ConfigurationFixture.Show(given with { Profiles = Defaults.Profiles }));
    }

    [Fact]
    public void The_values_of_its_rules_and_checks_are_defaults_where_they_have_one()
    {
        var given = fixture.Options(Active, "dnsbl.sites=KEY.zen.dq.spamhaus.net");
        var (rule, list, custom, envelope) = (given.P0f.Rules.Single(), given.Dnsbl.Lists.Single(), given.Customs.Single(), given.Policy.Rules.Single());
        Assert.Equal((new P0fRuleOptions().Weight, new PolicyRuleOptions().Weight), (rule.Weight, envelope.Weight));
        Assert.Equal((given.Dnsbl.Timeout, new DnsblListOptions().KeyFile, new DnsblListOptions().Tried), (list.Timeout, list.KeyFile, list.Tried));
        Assert.Equal((new CustomOptions().Timeout, new CustomOptions().Weight), (custom.Timeout, custom.Weight));
    }

    [Fact]
    public void No_setting_is_missing_and_each_tells_its_range()
    {
        Assert.All(Settings(typeof(ScreeningOptions), ""), found =>
        {
            var line = LineOf(found.Path);
            foreach (var rule in found.Setting.Rules)
            {
                // "it must be 1ms to 60s, or 0 to turn it off"
                object? beyond = rule is BetweenAttribute ? int.MinValue : rule is LastsAttribute ? TimeSpan.MaxValue : rule is HoldsAttribute ? default(ByteSize) : null;
                if (beyond is not null)
                    Assert.Contains(rule.Broken(beyond)!["it must be ".Length..].Split(',')[0], line, StringComparison.Ordinal);
            }

            if (Nullable.GetUnderlyingType(found.Setting.Type) is null && found.Setting.Type.IsEnum && found.Path != "profile.NAME.door")
                Assert.All(WordsOf(found.Setting), word => Assert.Contains(word, line, StringComparison.Ordinal));
        });
    }

    private static ScreeningOptions Defaults { get; } = ScreeningOptions.Defaults("/var/lib/screening", "mx1");

    // The words that the setting takes: those of its type, or the fewer that a rule leaves.
    private static IEnumerable<string> WordsOf(Setting setting) => Enum.GetValues(setting.Type).Cast<Enum>()
        .Where(value => setting.Rules.All(rule => rule.Broken(value) is null)).Select(SettingTypes.Word);

    private static IEnumerable<(string Path, Setting Setting)> Settings(Type type, string prefix) => SettingSchema.Of(type).SelectMany(setting => setting.Kind switch
    {
        SettingKind.Table or SettingKind.Tables => Settings(setting.Type, $"{prefix}{setting.Name}."),
        SettingKind.Profiles => SettingSchema.Of(typeof(ProfileOptions)).Where(own => own.Name is "local" or "door").Select(own => ($"profile.NAME.{own.Name}", own)),
        _ => [(prefix + setting.Name, setting)],
    });

    // The line below the header of the setting's table; of an inline table, its one line.
    private static string LineOf(string path)
    {
        var parts = path.Replace("profile.NAME", "profile.strict", StringComparison.Ordinal).Split('.');
        for (var length = parts.Length - 1; length > 0; length--)
        {
            var table = Regex.Escape(string.Join('.', parts[..length]));
            var found = Regex.Match(Sample, $@"^#?\[{{1,2}}{table}\]{{1,2}}.*\n(?:(?!#?\[).*\n)*?#{parts[length]} *= .*(?:\n {{20,}}.*)*", RegexOptions.Multiline);
            if (found.Success)
                return found.Value[found.Value.LastIndexOf($"\n#{parts[length]} ", StringComparison.Ordinal)..];
        }

        Assert.Fail($"docs/screening.toml lacks {path}");
        return "";
    }

    [GeneratedRegex(@"^#(?!(?:url|command) )((?:[a-z_0-9.]+ *= |\[).*)$", RegexOptions.Multiline)]
    private static partial Regex Shown();
}
