using System.CommandLine;
using System.Text.Json;
using Screening.Node.Commands;
using Screening.Node.Configuration;
using Screening.Node.Tests.Configuration;

namespace Screening.Node.Tests.Commands;

public sealed class ConfigCommandTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Check_names_all_faults_and_exits_2()
    {
        var file = _fixture.Write("c.toml", "[verdict]\ndeadline = \"9m\"\nfoo = 1\n");
        var (status, output, error) = Run(ConfigCheckCommand.Create(), file, "--set", "log.address=x");
        Assert.Equal(2, status);
        Assert.Empty(output);
        Assert.Equal(
            [
                $"{file}:2:12: verdict.deadline is \"9m\"; it must be 1ms to 60s",
                $"{file}:3:7: verdict.foo is not a setting",
                "--set log.address: log.address is \"x\"; it must be full, truncated or hashed",
            ],
            error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Check_of_a_good_file_lists_warnings_and_exits_0()
    {
        var file = _fixture.Write("c.toml", "[dnsbl]\nsites = \"zen.spamhaus.org*3\"\n");
        var (status, output, error) = Run(ConfigCheckCommand.Create(), "--config", file);
        Assert.Equal((0, ""), (status, error));
        Assert.StartsWith(
            $"{file}: no faults\nwarning: {file}:2:9: dnsbl.sites has zen.spamhaus.org*3; it has no filter", output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Check_prints_json()
    {
        var file = _fixture.Write("c.toml", "[verdict]\ndeadline = \"9m\"\n");
        var (status, output, _) = Run(ConfigCheckCommand.Create(), file, "--json");
        Assert.Equal(2, status);
        var fault = JsonDocument.Parse(output).RootElement.GetProperty("faults")[0];
        Assert.Equal(
            (2, 12),
            (fault.GetProperty("place").GetProperty("line").GetInt32(), fault.GetProperty("place").GetProperty("column").GetInt32()));
        Assert.Equal("verdict.deadline", fault.GetProperty("setting").GetString());
    }

    [Fact]
    public void Show_tells_where_each_setting_came_from_and_hides_secrets()
    {
        var file = _fixture.Write(
            "c.toml",
            "[verdict]\nignore_at = 2\n[profile.p]\nverdict.enforce_at = 4\n[store]\nconnection = \"Data Source=x.db;Password=geheim\"\n");
        var (status, output, error) = Run(
            ConfigShowCommand.Create(), "--config", file, "--set", "verdict.deadline=800ms", "--set",
            "dnsbl.sites=abc.zen.dq.spamhaus.net*3");
        Assert.Equal((0, ""), (status, error));
        var lines = output.Split('\n');
        Assert.Contains("deadline = \"800ms\" # --set", lines);
        Assert.Contains($"ignore_at = 2 # {file}:2", lines);
        Assert.Contains("drop_at = 8", lines);
        Assert.Contains($"connection = \"***\" # {file}:6", lines);
        Assert.Contains("sites = \"***.zen.dq.spamhaus.net*3\" # --set", lines);
        Assert.Contains($"verdict.enforce_at = 4 # {file}:4", lines);
        Assert.Contains("verdict.ignore_at = 2 # inherited", lines);
        Assert.DoesNotContain("geheim", output, StringComparison.Ordinal);

        var again = Run(ConfigCheckCommand.Create(), _fixture.Write("shown.toml", output));
        Assert.Equal((0, ""), (again.Status, again.Error));
        Assert.Contains("store.connection is ***, which config show prints in place of a secret", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_prints_json()
    {
        var (status, output, _) = Run(
            ConfigShowCommand.Create(), "--config", _fixture.Write("c.toml", ""), "--json", "--set", "verdict.drop_at=9");
        Assert.Equal(0, status);
        var root = JsonDocument.Parse(output).RootElement;
        Assert.Equal(9, root.GetProperty("settings").GetProperty("verdict").GetProperty("drop_at").GetInt32());
        Assert.Equal("--set verdict.drop_at", root.GetProperty("origins").GetProperty("verdict.drop_at").GetString());
    }

    [Fact]
    public void Show_of_a_faulty_file_exits_2()
    {
        var (status, output, error) = Run(ConfigShowCommand.Create(), "--config", Path.Combine(_fixture.Folder, "no.toml"));
        Assert.Equal((2, ""), (status, output));
        Assert.EndsWith("no.toml: there is no such file\n", error, StringComparison.Ordinal);
    }

    [Fact]
    public void What_show_prints_reads_back_as_the_same_settings()
    {
        var first = _fixture.Options(
            """
            [node]
            name = "a"
            [p0f]
            socket = "/run/p0f \"x\"\\.sock"
            [[p0f.rule]]
            os = 'Win\d "x"'
            match = "generic|exact"
            [[p0f.rule]]
            nat = false
            weight = -2
            [dnsbl]
            sites = "KEY.zen.dq.spamhaus.net=127.0.0.[2..11]*3"
            resolver = ["[::1]:54", "127.0.0.1"]
            [[dnsbl.list]]
            zone = "KEY.zen.dq.spamhaus.net"
            key_file = "/dev/null"
            timeout = "1.5s"
            [[custom]]
            name = "c"
            command = ["/x", "tab\there"]
            weight.drop = 5
            [profile.a]
            local = ["::1"]
            custom = []
            [profile.b]
            verdict.drop_at = 9
            dnsbl.sites = ""
            [[profile.b.p0f.rule]]
            uptime_min = 5
            [[profile.b.custom]]
            name = "d"
            plugin = "unix:///x?mode=0600"
            """,
            "endpoints.dnsblog=[]");
        var origins = ConfigurationLoader.Load(_fixture.Request()).Origins;
        var shown = TomlText.Write(OptionsTree.Of(first, origins));
        var second = _fixture.Options(shown);
        Assert.Equal(ConfigurationFixture.Show(first), ConfigurationFixture.Show(second));
        Assert.Equal(
            first.Profiles.Select(profile => ConfigurationFixture.Show(AsDefault(profile.Value))),
            second.Profiles.Select(profile => ConfigurationFixture.Show(AsDefault(profile.Value))));
    }

    // A profile's lists are only shown where they are its own; as the default's they are always.
    private static ScreeningOptions AsDefault(ProfileOptions profile) => new()
    {
        Verdict = profile.Verdict,
        Customs = profile.Customs,
        P0f = new P0fOptions { Rules = profile.P0f.Rules },
        Dnsbl = new DnsblOptions { Sites = profile.Dnsbl.Sites },
    };

    private static (int Status, string Output, string Error) Run(Command command, params string[] arguments)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var status = command.Parse(arguments).Invoke(new InvocationConfiguration { Output = output, Error = error });
        return (status, output.ToString(), error.ToString());
    }
}
