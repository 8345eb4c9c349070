using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Screening.Deploy.Tests.Kubernetes;
using Screening.Node.Configuration;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Compose;

/// <summary>
/// What can be seen of <c>deploy/compose</c> without starting it; <c>tests/Deploy.Tests/compose-look.sh</c> starts it and runs its page.
/// </summary>
public sealed partial class ComposeFileTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly string Folder = Repository.File("deploy/compose");
    private static readonly JsonObject Project = YamlDocuments.Parse(Text("compose.yaml")).Single();

    private static JsonObject Services => Project["services"]!.AsObject();

    public static TheoryData<string> Nodes => ["node1", "node2"];

    [SkippableFact]
    public async Task Needs_docker_compose__The_schema_of_compose_files_is_met()
    {
        Requires.Programs("docker-compose");
        Assert.Equal((0, ""), await ConfigAsync(Path.Combine(Folder, "compose.yaml")));
    }

    [SkippableTheory]
    [InlineData("cap_drop: [ALL]", "cap_dropped: [ALL]", "cap_dropped")]
    [InlineData("read_only: true", "read_only: [all]", "read_only")]
    [InlineData("depends_on: [node1]", "depends_on: [node3]", "node3")]
    [InlineData("- node1:/var/lib/screening", "- node3:/var/lib/screening", "node3")]
    public async Task Needs_docker_compose__A_fault_is_told(string right, string wrong, string told)
    {
        Requires.Programs("docker-compose");
        var text = Text("compose.yaml");
        Assert.Contains(right, text, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["compose.yaml"], text.Replace(right, wrong, StringComparison.Ordinal));
        var (status, error) = await ConfigAsync(folder["compose.yaml"]);
        Assert.NotEqual(0, status);
        Assert.Contains(told, error, StringComparison.Ordinal);
    }

    // Even a dry run makes networks and volumes that are missing. So podman is a program here to which everything is there already.
    [SkippableFact]
    public async Task Needs_podman_compose__Its_oldest_release_makes_a_container_of_each_service()
    {
        Requires.Programs("podman-compose", "true");
        var result = await RunningProcess.RunAsync(
            new LaunchPlan(
                "podman-compose", "--podman-path", Requires.Find("true")!, "-f", Path.Combine(Folder, "compose.yaml"), "-p", "dry",
                "--dry-run", "up", "--no-build", "-d"),
            Limit);
        Assert.True(result.ExitCode == 0, result.ToString());
        foreach (var name in Services.Select(service => service.Key))
            Assert.Matches($"true run --name=dry_{name}_1 -d ", result.Output);
    }

    [Fact]
    public void Every_folder_file_and_volume_exists()
    {
        foreach (var (name, service) in Services)
        {
            if (Value(service!, "build") is { } build)
            {
                var context = Path.Combine(Folder, build["context"]!.GetValue<string>());
                Assert.True(File.Exists(Path.Combine(context, build["dockerfile"]!.GetValue<string>())), name);
            }

            foreach (var source in Texts(service!, "volumes").Select(volume => volume.Split(':')[0]))
            {
                Assert.True(source[0] == '.'
                    ? File.Exists(Path.Combine(Folder, source))
                    : Project["volumes"]!.AsObject().ContainsKey(source), $"{name}: {source}");
            }
        }
    }

    [Fact]
    public void Files_that_images_copy_exist()
    {
        foreach (var file in Directory.EnumerateFiles(Folder, "Containerfile", SearchOption.AllDirectories))
        {
            // As compose.yaml has it: the folder above for Prometheus, else the file's own.
            var context = file.Contains("/prometheus/", StringComparison.Ordinal)
                ? Repository.File("deploy")
                : Path.GetDirectoryName(file)!;
            foreach (Match copy in Copy().Matches(File.ReadAllText(file)))
            {
                Assert.All(copy.Groups["from"].Captures, from =>
                    Assert.True(File.Exists(Path.Combine(context, from.Value)), $"{file}: {from.Value}"));
            }
        }
    }

    [Fact]
    public void Nothing_is_published_beyond_this_machine() =>
        Assert.All(Services.SelectMany(service => Texts(service.Value!, "ports")), port => Assert.StartsWith("127.0.0.1:", port));

    [Fact]
    public void Images_of_this_project_have_its_version()
    {
        var version = XDocument.Load(Repository.File("Directory.Build.props")).Descendants("Version").Single().Value;
        var images = Services.Select(service => Value(service.Value!, "image")!.GetValue<string>())
            .Where(image => !image.Contains("-try-"));
        Assert.All(images, image => Assert.EndsWith($":${{SCREENING_VERSION:-{version}}}", image));
    }

    [Theory]
    [MemberData(nameof(Nodes))]
    public void The_program_finds_no_fault_in_a_nodes_settings(string name)
    {
        using var folder = new TemporaryFolder();
        var toml = Text("lists/screening.toml").Replace("LISTS:", "10.0.0.2:", StringComparison.Ordinal);
        File.WriteAllText(folder["screening.toml"], toml);
        var environment = Services[name]!["environment"]!.AsObject()
            .Concat(Project["x-settings"]!.AsObject())
            .Where(variable => variable.Key != "<<")
            .ToDictionary(variable => variable.Key, variable => Default().Replace(variable.Value!.GetValue<string>(), "${value}"));
        var result = ConfigurationLoader.Load(new ConfigurationRequest
        {
            Environment = environment,
            SystemDirectory = folder.Root,
            CurrentDirectory = "/nowhere",
        });
        Assert.Empty(result.Faults.Select(fault => fault.ToString()));
        Assert.Equal((name, $"{name}:4053"), (result.Options!.Node.Name, result.Options.Cluster.Advertise!.ToString()));
        Assert.Equal(Nodes.Count, result.Options.Cluster.Seeds.Length);
        Assert.DoesNotContain(result.Warnings, warning => !warning.ToString().Contains("in plain text", StringComparison.Ordinal));
    }

    // Postfix and Prometheus name what the nodes open.
    [Fact]
    public void Postfix_and_Prometheus_find_the_nodes()
    {
        var settings = Project["x-settings"]!.AsObject();
        var main = Text("postfix/main.cf");
        Assert.Contains("dnsblog_service_name = ../screening/dnsblog\n", main, StringComparison.Ordinal);
        Assert.Contains("unix:///run/screening/dnsblog?", settings["SCREENING__ENDPOINTS__DNSBLOG"]!.GetValue<string>());
        Assert.Contains("memcache = unix:screening/memcache\n", Text("postfix/screening_cache.cf"), StringComparison.Ordinal);
        Assert.Contains("unix:///run/screening/memcache?", settings["SCREENING__ENDPOINTS__MEMCACHE"]!.GetValue<string>());
        foreach (var i in Enumerable.Range(1, Nodes.Count))
        {
            Assert.Contains($"sockets{i}:/run/screening", Texts(Services[$"node{i}"]!, "volumes"));
            Assert.Contains($"sockets{i}:/var/spool/postfix/screening", Texts(Services[$"mx{i}"]!, "volumes"));
            Assert.Contains($"[\"node{i}:10080\"]", Text("prometheus/prometheus.yml"));
        }
    }

    private static async Task<(int Status, string Error)> ConfigAsync(string file)
    {
        var result = await RunningProcess.RunAsync(
            new LaunchPlan("docker-compose", "--project-directory", Folder, "-f", file, "config", "--quiet"), Limit);
        return (result.ExitCode, result.Error);
    }

    private static string Text(string file) => File.ReadAllText(Path.Combine(Folder, file));

    // A service's own value, or that of what it merges ("<<").
    private static JsonNode? Value(JsonNode service, string name) => service[name] ?? service["<<"]?[name];

    private static IEnumerable<string> Texts(JsonNode service, string name) =>
        Value(service, name)?.AsArray().Select(item => item!.GetValue<string>()) ?? [];

    [GeneratedRegex(@"\$\{\w+:-(?<value>[^}]*)\}")]
    private static partial Regex Default();

    [GeneratedRegex(@"^COPY (--\S+ )?((?<from>\S+) )+\S+$", RegexOptions.Multiline)]
    private static partial Regex Copy();
}
