using Screening.Node.Configuration;
using Screening.Node.Platform;

namespace Screening.Node.Hosting;

/// <summary>
/// Faults that show only when a node starts on this host: parts that are not built yet, folders and lists that cannot be used.
/// </summary>
internal static class StartChecks
{
    /// <summary>Everything that keeps a node with these settings from starting.</summary>
    public static IReadOnlyList<string> Faults(ScreeningOptions options) =>
        [.. NotBuilt(options), .. DataFolder(options), .. AccessFiles.Read(options.Access).Faults];

    /// <summary>Settings of parts that are not built yet.</summary>
    public static IEnumerable<string> NotBuilt(ScreeningOptions options)
    {
        if (options.P0f.Rules.Concat(options.Profiles.Values.SelectMany(p => p.P0f.Rules)).Any(r => r.Signature is not null))
            yield return "p0f.rule.signature: p0f's API does not tell signatures; matching its log is not built yet";
    }

    private static IEnumerable<string> DataFolder(ScreeningOptions options)
    {
        var faults = new List<string>();
        foreach (var folder in new[] { options.Node.DataDir, options.DecisionsFolder() })
        {
            try
            {
                var probe = Path.Combine(folder, $".probe-{Environment.ProcessId}");
                PrivateFiles.Open(probe, FileMode.Create).Dispose();
                File.Delete(probe);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
            {
                faults.Add($"cannot write to {folder}: {SystemError.Words(problem)} (node.data_dir, log.decisions)");
            }
        }

        return faults;
    }
}
