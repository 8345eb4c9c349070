using Screening.Testing.Lab;
using Xunit.Sdk;

namespace Screening.Deploy.Tests.Image;

/// <summary>The image of this checkout, built once in a run of the tests, by the script that operators use.</summary>
internal static class BuiltImage
{
    public const string Name = "localhost/screening-test:checkout";

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
        // What was compiled stays beside the tests, for the next run.
        var work = Path.Combine(AppContext.BaseDirectory, "image-work");
        var result = await RunningProcess.RunAsync(
            new LaunchPlan(Repository.File("deploy/image/build.sh"), "--tag", Name, "--work", work)
            {
                // The tests' own host sets these for itself.
                Environment = new Dictionary<string, string?> { ["MSBUILD_EXE_PATH"] = null, ["MSBuildSDKsPath"] = null },
            },
            Patience);
        if (result.ExitCode != 0)
            throw new XunitException($"build.sh: {result}");
    }
}
