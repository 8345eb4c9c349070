using Screening.Node.Configuration;

namespace Screening.Node.Tests.Configuration;

public sealed class RestartSettingsTests(ConfigurationFixture fixture) : IClassFixture<ConfigurationFixture>
{
    [Theory]
    [InlineData("store.connection=Data Source=b.db;Password=geheim2", "store")]
    [InlineData("http.token_file=/dev/null", "http")]
    [InlineData("cluster.tls={ ca = \"/dev/null\", certificate = \"/dev/null\", key = \"/dev/null\" }", "cluster")]
    [InlineData("endpoints.plugin=[]", "endpoints")]
    [InlineData("cache.near_life=11m", "cache")]
    [InlineData("verdict.deadline=900ms", null)]
    [InlineData("profile.a.verdict.deadline=900ms", null)]
    [InlineData("custom=[{ name = \"a\", url = \"http://x/?token=geheim\" }]", null)]
    public void A_changed_value_is_noticed_though_it_may_be_a_secret(string set, string? table)
    {
        const string Before = "store.connection=Data Source=b.db;Password=geheim1";
        Assert.Equal(table is null ? [] : [table], RestartSettings.Changed(fixture.Options("", Before), fixture.Options("", Before, set)));
    }

    [Fact]
    public void Every_table_says_whether_it_takes_a_restart_as_a_whole()
    {
        var within = Setting.Of(typeof(ScreeningOptions)).Where(table => table.Kind == SettingKind.Table)
            .SelectMany(table => Setting.Of(table.Type));
        Assert.DoesNotContain(within, setting => setting.Definition.Restart);
    }
}
