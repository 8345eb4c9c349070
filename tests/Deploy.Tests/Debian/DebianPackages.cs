using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Debian;

/// <summary>Two packages of the program that the tests were built with: of the version of the sources, and as if before it.</summary>
public sealed class DebianPackages : IAsyncLifetime
{
    private const string OldVersion = "0.0.1-1";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();
    private string? _missing;

    /// <summary>The package of the sources' version.</summary>
    public string Path { get; private set; } = "";

    public string OldPath => _folder[$"screening_{OldVersion}_amd64.deb"];

    /// <summary>Whether this machine lets its root make groups, which systemd needs.</summary>
    public bool HasWritableGroups => File.Exists("/sys/fs/cgroup/cgroup.procs") || File.Exists("/sys/fs/cgroup/systemd/cgroup.procs");

    public async Task InitializeAsync()
    {
        _missing = new[] { "dpkg-deb", "gzip", "git", "awk", "setsid" }.FirstOrDefault(program => Requires.Find(program) is null);
        if (_missing is not null)
            return;
        var published = await RunAsync(
            "dotnet", "publish", Repository.File("src/Node/Node.csproj"), "-c", Configuration(), "--no-build", "-o", _folder["program"],
            "-v", "quiet", "--nologo");
        Assert.True(published.ExitCode == 0, $"{published}");
        Path = await BuildAsync();
        await BuildAsync("--version", OldVersion);
    }

    public Task DisposeAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }

    /// <summary>What dpkg-deb says of the package.</summary>
    public async Task<string> AskAsync(string question, params string[] arguments)
    {
        Skip.If(_missing is not null, $"needs the program {_missing}");
        var result = await RunAsync("dpkg-deb", [question, Path, .. arguments]);
        Assert.True(result.ExitCode == 0, $"{result}");
        return result.Output;
    }

    /// <summary>A file of the package.</summary>
    public async Task<string> ReadAsync(string file)
    {
        await AskAsync("--extract", _folder["content"]);
        return await File.ReadAllTextAsync(System.IO.Path.Combine(_folder["content"], file));
    }

    public Task<CommandResult> RunAsync(string program, params string[] arguments)
    {
        Skip.If(_missing is not null, $"needs the program {_missing}");
        return RunningProcess.RunAsync(new LaunchPlan(program, arguments), Patience);
    }

    private async Task<string> BuildAsync(params string[] options)
    {
        var built = await RunAsync(
            Repository.File("deploy/debian/build.sh"),
            ["--publish", _folder["program"], "--output", _folder.Root, "--compress", "none", .. options]);
        Assert.True(built.ExitCode == 0, $"{built}");
        return built.Output.Trim().Split('\n')[^1];
    }

    // .../tests/Deploy.Tests/bin/Release/net10.0/
    private static string Configuration() => AppContext.BaseDirectory.TrimEnd('/').Split('/')[^2];
}
