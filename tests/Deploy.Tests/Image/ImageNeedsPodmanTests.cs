using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Image;

/// <summary>The image in real containers, confined as docs/containers.md and deploy/k8s confine them.</summary>
public sealed class ImageNeedsPodmanTests(ImageScene scene) : IClassFixture<ImageScene>
{
    private const string User = "65532";
    private const int PluginPort = 10025;
    private const int HttpPort = 10080;
    private static readonly IPAddress Client = IPAddress.Parse("203.0.113.7");

    [SkippableFact]
    public async Task A_node_has_no_rights()
    {
        scene.Need();

        foreach (var kind in (string[])["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"])
            Assert.Equal(0UL, Convert.ToUInt64(await scene.Node.StatusAsync(kind), 16));
        Assert.Equal("1", await scene.Node.StatusAsync("NoNewPrivs"));
        Assert.All((await scene.Node.StatusAsync("Uid")).Split('\t'), id => Assert.Equal(User, id));
        Assert.All((await scene.Node.StatusAsync("Gid")).Split('\t'), id => Assert.Equal(User, id));
    }

    [SkippableFact]
    public void Nothing_in_it_is_a_shell_or_gives_rights()
    {
        scene.Need();

        var files = new DirectoryInfo(scene.Root).GetFiles("*", new EnumerationOptions
        {
            RecurseSubdirectories = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        });
        var programs = files.Where(file => (file.UnixFileMode & UnixFileMode.UserExecute) != 0 && file.Extension is "" or ".2")
            .Select(file => file.Name).Order();
        Assert.Equal(["ld-linux-x86-64.so.2", "screening"], programs);
        Assert.DoesNotContain(files, file => (file.UnixFileMode & (UnixFileMode.SetUser | UnixFileMode.SetGroup)) != 0);
        Assert.DoesNotContain(files, file => (file.UnixFileMode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != 0);
        Assert.DoesNotContain(files, file => file.Extension is ".pdb" or ".key");
    }

    /// <summary>deploy/image/publish.targets leaves out what nothing refers to.</summary>
    [SkippableFact]
    public void Every_type_that_an_assembly_refers_to_is_in_it()
    {
        scene.Need();

        Assert.Empty(AssemblyReferences.Missing(Path.Combine(scene.Root, "usr/lib/screening"), "screening"));
    }

    [SkippableFact]
    public async Task It_says_what_it_is_and_what_is_in_it()
    {
        scene.Need();

        var labels = scene.Image.GetProperty("Labels").EnumerateObject().ToDictionary(l => l.Name, l => l.Value.GetString()!);
        Assert.Equal((await Container.RunOnceAsync([], "--version")).Output.Trim(), labels["org.opencontainers.image.version"]);
        Assert.StartsWith(await HeadAsync(), labels["org.opencontainers.image.revision"], StringComparison.Ordinal);
        Assert.Equal("Apache-2.0", labels["org.opencontainers.image.licenses"]);
        Assert.Equal($"{User}:{User}", scene.Image.GetProperty("User").GetString());

        using var contents = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(scene.Root, "usr/share/screening/screening.cdx.json")));
        var names = contents.RootElement.GetProperty("components").EnumerateArray()
            .Select(component => component.GetProperty("purl").GetString()!.Split('@')[0]);
        Assert.Superset(
            new HashSet<string>
            {
                "pkg:nuget/Akka.Cluster.Sharding", "pkg:nuget/Npgsql", "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64",
                "pkg:deb/debian/libc6", "pkg:deb/debian/libssl3",
            },
            names.ToHashSet());
    }

    [SkippableFact]
    public async Task A_query_from_another_host_is_answered()
    {
        scene.Need();

        using var socket = await scene.Lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, PluginPort));
        Assert.Contains("action=pass\n", await AskAsync(socket), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, await GetAsync("/healthz"));
        Assert.Equal(HttpStatusCode.OK, await GetAsync("/readyz"));
    }

    [SkippableFact]
    public async Task Commands_inside_find_the_node()
    {
        scene.Need();

        var status = await scene.Node.ExecuteAsync("screening", "status");
        Assert.True(status.ExitCode == 0 && status.Output.Contains("all well", StringComparison.Ordinal), $"{status}");
        var verdict = await scene.Node.ExecuteAsync("screening", "check", $"{Client}");
        Assert.True(verdict.ExitCode == 0, $"{verdict}");
        Assert.Contains(": pass", verdict.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task The_demonstration_plays_in_it()
    {
        scene.Need();

        var result = await Container.RunOnceAsync([], "demo", "--once", "--pace", "0");
        Assert.True(result.ExitCode == 0, $"{result}");
        Assert.Contains("drop", result.Output, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task A_file_with_a_fault_ends_the_node_with_status_2()
    {
        scene.Need();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["good.toml"], "[verdict]\ndeadline = \"800ms\"\n");
        await File.WriteAllTextAsync(folder["bad.toml"], "[verdict]\ndedline = \"800ms\"\n");
        string[] Mount(string name) => [$"--volume={folder[name]}:/etc/screening/screening.toml:ro"];

        var good = await Container.RunOnceAsync(Mount("good.toml"), "config", "check");
        Assert.True(good.ExitCode == 0, $"{good}");
        foreach (var command in (string[][])[["config", "check"], ["run"]])
        {
            var bad = await Container.RunOnceAsync(Mount("bad.toml"), command);
            Assert.True(bad.ExitCode == 2, $"{bad}");
            Assert.Contains("/etc/screening/screening.toml:2", bad.Output + bad.Error, StringComparison.Ordinal);
            Assert.Contains("deadline", bad.Output + bad.Error, StringComparison.Ordinal);
        }
    }

    [SkippableFact]
    public async Task A_stop_answers_what_was_asked()
    {
        scene.Need();
        // A list that never answers holds the query until its deadline.
        using var silent = scene.Lab.Client.CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(NetworkLab.ClientAddress(10), 53));
        await using var node = await Container.StartAsync(
            scene.Lab.Mx,
            "--env=SCREENING__ENDPOINTS__PLUGIN=[\"tcp://0.0.0.0:20025?allow=192.0.2.0/24\"]",
            "--env=SCREENING__ENDPOINTS__POLICY=[]", "--env=SCREENING__ENDPOINTS__MEMCACHE=[]", "--env=SCREENING__ENDPOINTS__HTTP=[]",
            "--env=SCREENING__ENDPOINTS__DNSBL=[\"udp://0.0.0.0:20053?allow=192.0.2.0/24\"]",
            "--env=SCREENING__DNSBL__SITES=silent.test", $"--env=SCREENING__DNSBL__RESOLVER=[\"{NetworkLab.ClientAddress(10)}\"]",
            "--env=SCREENING__DNSBL__TIMEOUT=2500ms", "--env=SCREENING__VERDICT__DEADLINE=3s");
        await node.WaitForReadyAsync();
        using var socket = await scene.Lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, 20025));

        await socket.SendAsync(Encoding.ASCII.GetBytes($"query_id=held\nremote_address={Client}\n\n"));
        var asked = new byte[512];
        await silent.ReceiveAsync(asked).Within("the question to the list");
        await node.TerminateAsync();

        Assert.Contains("query_id=held\n", await ReadAsync(socket), StringComparison.Ordinal);
        Assert.Equal(0, await node.WaitForExitAsync());
        Assert.DoesNotContain("Refused", await node.LogAsync(), StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(Socket socket)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes($"query_id=q\nremote_address={Client}\n\n"));
        return await ReadAsync(socket);
    }

    private static async Task<string> ReadAsync(Socket socket)
    {
        var (text, buffer) = ("", new byte[512]);
        while (!text.EndsWith("\n\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer).Within("a reply");
            if (read == 0)
                break;
            text += Encoding.ASCII.GetString(buffer, 0, read);
        }

        return text;
    }

    private async Task<HttpStatusCode> GetAsync(string path)
    {
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => new NetworkStream(
                await scene.Lab.Client.ConnectAsync(new IPEndPoint(NetworkLab.MxAddress, HttpPort)), ownsSocket: true),
        });
        using var response = await http.GetAsync(new UriBuilder("http", $"{NetworkLab.MxAddress}", HttpPort, path).Uri);
        return response.StatusCode;
    }

    private static async Task<string> HeadAsync()
    {
        var result = await RunningProcess.RunAsync(
            new LaunchPlan("git", "rev-parse", "HEAD") { Folder = Repository.File(".") }, Waiting.Limit);
        return result.Output.Trim();
    }
}
