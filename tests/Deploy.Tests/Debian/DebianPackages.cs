using Screening.Testing.Lab;

namespace Screening.Deploy.Tests.Debian;

/// <summary>Two packages of the program that the tests were built with: of the version of the sources, and as if before it.</summary>
public sealed class DebianPackages : IAsyncLifetime
{
    private const string OldVersion = "0.0.1-1";

    // The time of the files where git does not tell that of the commit; 2026-01-01.
    private const string SomeTime = "1767225600";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    private readonly TemporaryFolder _folder = new();
    private string? _missing;

    /// <summary>The package of the sources' version.</summary>
    public string Path { get; private set; } = "";

    public string OldPath => _folder[$"screening_{OldVersion}_amd64.deb"];

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
        // git refuses root a checkout of another user.
        var commit = await RunAsync("git", "-C", Repository.File("."), "rev-parse", "HEAD");
        var environment = new Dictionary<string, string?>();
        if (commit.ExitCode != 0)
            environment["SOURCE_DATE_EPOCH"] = SomeTime;
        var built = await RunningProcess.RunAsync(
            new LaunchPlan(
                Repository.File("deploy/debian/build.sh"),
                ["--publish", _folder["program"], "--output", _folder.Root, "--compress", "none", .. options])
            { Environment = environment },
            Patience);
        Assert.True(built.ExitCode == 0, $"{built}");
        return built.Output.Trim().Split('\n')[^1];
    }

    // .../tests/Deploy.Tests/bin/Release/net10.0/
    private static string Configuration() => AppContext.BaseDirectory.TrimEnd('/').Split('/')[^2];
}
