using Screening.Testing.Lab;
using Xunit.Sdk;

namespace Screening.Deploy.Tests.Image;

/// <summary>The image of this checkout, built once in a run of the tests, by the script that operators use.</summary>
internal static class BuiltImage
{
    public const string Name = "localhost/screening-test:checkout";

    private const string Program = "/usr/lib/screening/screening";

    // Of build.sh: this host is not what the image is made of.
    private const int Unfit = 3;

    // podman-run(1): podman failed itself; with this status and the two above it the program was not started.
    private const int NotStarted = 125;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private static readonly Lazy<Task> Built = new(BuildAsync);

    /// <summary>Builds it, or skips the test where it cannot be built or run.</summary>
    public static async Task NeedAsync()
    {
        Requires.Root();
        Requires.Programs("podman", "runc", "dotnet", "git", "jq", "dpkg-query");
        await Built.Value;
    }

    private static async Task BuildAsync()
    {
        var before = await IdAsync();

        // What was compiled stays beside the tests, for the next run.
        var work = Path.Combine(AppContext.BaseDirectory, "image-work");
        var built = await RunningProcess.RunAsync(
            new LaunchPlan(Repository.File("deploy/image/build.sh"), "--tag", Name, "--work", work)
            {
                // The tests' own host sets these for itself.
                Environment = new Dictionary<string, string?> { ["MSBUILD_EXE_PATH"] = null, ["MSBuildSDKsPath"] = null },
            },
            Patience);
        Skip.If(built.ExitCode == Unfit, $"needs a host that can build the image: {LastLine(built)}");
        Skip.If(built.ExitCode == NotStarted, $"needs a podman that can load an image: {LastLine(built)}");
        Skip.If(
            built.ExitCode != 0 && built.Error.Contains("error NU1301", StringComparison.Ordinal), "needs the packages of .NET's runtime");
        if (built.ExitCode != 0)
            throw new XunitException($"build.sh: {built}");

        // The image of an earlier checkout has lost its name.
        if (before.Length > 0 && before != await IdAsync())
            await Container.RunAsync(["rmi", before]);

        var tried = await Container.RunOnceAsync([], "--version");
        Skip.If(
            tried.ExitCode is >= NotStarted and <= NotStarted + 2 && !tried.Error.Contains(Program, StringComparison.Ordinal),
            $"needs a podman that can run a container with limits: {LastLine(tried)}");
        if (tried.ExitCode != 0)
            throw new XunitException($"screening --version: {tried}");
    }

    // Empty: there is none.
    private static async Task<string> IdAsync()
    {
        var found = await Container.RunAsync(["image", "inspect", Name, "--format", "{{.Id}}"]);
        return found.ExitCode == 0 ? found.Output.Trim() : "";
    }

    private static string LastLine(CommandResult result) => result.Error.Trim().Split('\n')[^1];
}
