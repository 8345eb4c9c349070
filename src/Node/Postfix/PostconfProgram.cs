using System.ComponentModel;
using System.Diagnostics;

namespace Screening.Node.Postfix;

/// <summary>Asks the installed Postfix for its settings, by its own program postconf(1).</summary>
internal static class PostconfProgram
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>What <c>postconf</c> prints.</summary>
    /// <returns>Null with the reason when there is none, or it fails.</returns>
    public static async Task<(string? Output, string Fault)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("postconf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var program = Process.Start(start)!;
            using var timeout = new CancellationTokenSource(Timeout);
            var output = program.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = program.StandardError.ReadToEndAsync(timeout.Token);
            await program.WaitForExitAsync(timeout.Token).ConfigureAwait(false);
            return program.ExitCode == 0 ? (await output.ConfigureAwait(false), "") : (null, (await error.ConfigureAwait(false)).Trim());
        }
        catch (Exception fault) when (fault is Win32Exception or OperationCanceledException)
        {
            return (null, fault is Win32Exception ? "the program postconf is not installed" : "the program does not end");
        }
    }
}
