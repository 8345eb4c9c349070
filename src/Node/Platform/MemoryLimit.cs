using System.Globalization;

namespace Screening.Node.Platform;

/// <summary>How much memory this process may use: the least limit of its control groups, else what the host has.</summary>
internal static class MemoryLimit
{
    private const string Groups = "/proc/self/cgroup";
    private const string Host = "/proc/meminfo";
    private const string Mount = "/sys/fs/cgroup";

    /// <summary>The limit in bytes.</summary>
    public static long Bytes() => Of(Read);

    /// <summary>The least limit that control groups set (cgroups(7)) or the host's memory (proc_meminfo(5)), in bytes.</summary>
    /// <param name="read">The content of a file; null: it is not there.</param>
    public static long Of(Func<string, string?> read)
    {
        var least = read(Host) is { } host ? HostBytes(host) : long.MaxValue;

        // Lines ID:CONTROLLERS:PATH; version 1 names its controllers, version 2 does not.
        foreach (var part in (read(Groups) ?? "").Split('\n').Select(line => line.Split(':', 3)).Where(part => part.Length == 3))
        {
            var (root, file) = part[1].Length == 0 ? (Mount, "memory.max") : (Mount + "/memory", "memory.limit_in_bytes");
            if (part[1].Length > 0 && !part[1].Split(',').Contains("memory"))
                continue;

            // A container sees its own group as the root, though its path may be the host's.
            for (var group = part[2]; ; group = Path.GetDirectoryName(group)!)
            {
                var limit = read($"{root}{group.TrimEnd('/')}/{file}");
                if (long.TryParse(limit, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var bytes))
                    least = Math.Min(bytes, least);
                if (group.Length <= 1)
                    break;
            }
        }

        return least;
    }

    // MemTotal comes first: "MemTotal:       16384256 kB".
    private static long HostBytes(string meminfo) =>
        long.Parse(meminfo.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
