using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.EndToEnd.Tests;

/// <summary>Runs programs as an ordinary user, also where the tests run as root.</summary>
internal static class Unprivileged
{
    private static readonly string[] Drop = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];

    /// <summary>
    /// The plan as an ordinary user; unchanged where the tests are one, or where the programs are in a place that only root may enter.
    /// </summary>
    public static async Task<LaunchPlan> AsUserAsync(LaunchPlan plan) =>
        await IsPossibleAsync() ? plan with { Program = "setpriv", Arguments = [.. Drop, plan.Program, .. plan.Arguments] } : plan;

    /// <summary>True if root can start the program as an ordinary user.</summary>
    public static async Task<bool> IsPossibleAsync()
    {
        var version = NodeProcess.Launch(null, "--version");
        return Environment.IsPrivilegedProcess
            && (await RunningProcess.RunAsync(version with
            {
                Program = "setpriv",
                Arguments = [.. Drop, version.Program, .. version.Arguments]
            }, Waiting.Limit)).ExitCode == 0;
    }
}
