using System.Text.RegularExpressions;
using NJsonSchema;
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
            Active, "p0f.rule=[]", "dnsbl.list=[]", "dnsbl.sites=", "custom=[]", "policy.rule=[]",
            $"node.name={Defaults.Node.Name}", $"node.data_dir={Defaults.Node.DataDir}");
        Assert.Equal(
            ConfigurationFixture.Show(Defaults.WithDataDir(fixture.Folder)),
            ConfigurationFixture.Show(given with { Profiles = Defaults.Profiles }));
    }

    [Fact]
    public void The_values_of_its_rules_and_checks_are_defaults_where_they_have_one()
    {
        var given = fixture.Options(Active, "dnsbl.sites=KEY.zen.dq.spamhaus.net");
        var (rule, list) = (given.P0f.Rules.Single(), given.Dnsbl.Lists.Single());
        var (custom, envelope) = (given.Customs.Single(), given.Policy.Rules.Single());
        Assert.Equal((new P0fRuleOptions().Weight, new PolicyRuleOptions().Weight), (rule.Weight, envelope.Weight));
        var defaults = new DnsblListOptions();
        Assert.Equal((given.Dnsbl.Timeout, defaults.KeyFile, defaults.TestEntries), (list.Timeout, list.KeyFile, list.TestEntries));
        Assert.Equal((new CustomOptions().Timeout, new CustomOptions().Weight), (custom.Timeout, custom.Weight));
    }

    [Fact]
    public async Task It_is_valid_by_its_schema() => Assert.Empty((await SchemaAsync()).Validate(Json(Active)));

    [Theory]
    [InlineData("[verdict]\ndedline = \"1s\"")]
    [InlineData("[verdict]\ndeadline = 5")]
    [InlineData("[verdict]\ndeadline = \"5\"")]
    [InlineData("[verdict]\nenforce_at = 10001")]
    [InlineData("[verdict]\ndefault_action = \"drop\"")]
    [InlineData("[endpoints]\nplugin = [\"udp://127.0.0.1:1\"]")]
    [InlineData("[log]\nhits = \"some\"")]
    [InlineData("[[custom]]\nurl = \"http://x\"")]
    [InlineData("[profile.a]\nverdict.enforce_at = 0")]
    [InlineData("custom = 1")]
    public async Task What_is_not_valid_is_not_valid_by_the_schema_either(string text)
    {
        Assert.NotEmpty(fixture.Load(text).Faults);
        Assert.NotEmpty((await SchemaAsync()).Validate(Json(text)));
    }

    private static ScreeningOptions Defaults { get; } = ScreeningOptions.Defaults("/var/lib/screening", "mx1");

    private static Task<JsonSchema> SchemaAsync() => JsonSchema.FromFileAsync(Repository.File("docs/screening.schema.json"));

    private static string Json(string text)
    {
        var root = new SettingTable(ConfigurationPlace.Default);
        Assert.Empty(TomlSource.Read(text, "screening.toml", root));
        return ConfigurationJson.OfNode(root)!.ToJsonString();
    }

    [GeneratedRegex(@"^#(?!(?:url|command) )((?:[a-z_0-9.]+ *= |\[).*)$", RegexOptions.Multiline)]
    private static partial Regex Shown();
}
