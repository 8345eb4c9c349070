using System.ComponentModel;
using System.Diagnostics;

namespace Screening.Node.Postfix;

/// <summary>Asks the installed Postfix for its settings, by its own program postconf(1).</summary>
internal static class PostconfProgram
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What <c>postconf</c> prints.</summary>
    /// <returns>Null with the reason when there is none, or it fails.</returns>
    public static async Task<(string? Output, string Fault)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("postconf", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var program = Process.Start(start)!;
            using var patience = new CancellationTokenSource(Patience);
            var output = program.StandardOutput.ReadToEndAsync(patience.Token);
            var error = program.StandardError.ReadToEndAsync(patience.Token);
            await program.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            return program.ExitCode == 0 ? (await output.ConfigureAwait(false), "") : (null, (await error.ConfigureAwait(false)).Trim());
        }
        catch (Exception fault) when (fault is Win32Exception or OperationCanceledException)
        {
            return (null, fault is Win32Exception ? "there is no program postconf here" : "postconf does not end");
        }
    }

    /// <summary>The installed Postfix's version; null if there is none.</summary>
    public static async Task<Version?> VersionAsync()
    {
        var (output, _) = await RunAsync("-dh", "mail_version").ConfigureAwait(false);
        return output is not null && TryParseVersion(output.Trim(), out var version) ? version : null;
    }

    /// <summary>The installed Postfix's queue_directory; null if there is none.</summary>
    public static async Task<string?> QueueFolderAsync()
    {
        var (output, _) = await RunAsync("-h", "queue_directory").ConfigureAwait(false);
        return output?.Trim() is { Length: > 0 } folder && Path.IsPathRooted(folder) ? folder : null;
    }

    /// <summary>Reads <c>3.7.11</c>, <c>3.9</c> or a snapshot's <c>3.12-20260821</c>.</summary>
    public static bool TryParseVersion(string text, out Version version)
    {
        version = new Version();
        var parts = text.Split('-')[0].Split('.');
        if (parts.Length < 2 || !int.TryParse(parts[0], out var major) || !int.TryParse(parts[1], out var minor) || major < 0 || minor < 0)
            return false;
        version = new Version(major, minor);
        return true;
    }
}
