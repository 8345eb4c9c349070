using System.Globalization;

namespace Screening.Node.Platform;

/// <summary>Another process that has a file open.</summary>
/// <param name="Name">Its program, as proc(5) names it.</param>
internal sealed record FileHolder(int Pid, string Name)
{
    /// <summary>
    /// The first one that can be found; null: none. Processes of other users, and those that systemd hides, cannot be looked into. Costs a
    /// look at every open file of the host: for faults, not for each query.
    /// </summary>
    public static FileHolder? Find(string path)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && pid != Environment.ProcessId && TryFind(process, pid, path) is { } holder)
            {
                return holder;
            }
        }

        return null;
    }

    private static FileHolder? TryFind(string process, int pid, string path)
    {
        try
        {
            return new DirectoryInfo(Path.Combine(process, "fd")).EnumerateFileSystemInfos().Any(file => file.LinkTarget == path)
                ? new FileHolder(pid, File.ReadAllText(Path.Combine(process, "comm")).Trim())
                : null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null; // Another user's, or it has just ended.
        }
    }
}
