using System.Diagnostics;
using System.Globalization;

namespace Screening.Benchmarks.Processes;

/// <summary>The checkout that this program was built from, and the machine it runs on.</summary>
internal static class Checkout
{
    /// <summary>The folder of Screening.sln, or null outside a checkout.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>One line that goes with every table.</summary>
    public static string Machine()
    {
        var model = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Environment.ProcessorCount} cores ({model ?? "unknown"}), .NET {Environment.Version}, Linux "
                + $"{Environment.OSVersion.Version.ToString(2)}, commit {Commit()}, {DateTime.UtcNow:yyyy-MM-dd}");
    }

    /// <summary>The node's program: what was asked for, else the one built beside this program.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static string NodeProgram(string asked)
    {
        if (asked.Length > 0)
            return File.Exists(asked) ? Path.GetFullPath(asked) : throw new UsageException($"--node: there is no {asked}");
        var configuration = AppContext.BaseDirectory.Contains("/Debug/", StringComparison.Ordinal) ? "Debug" : "Release";
        var path = Path.Combine(Root ?? ".", "src", "Node", "bin", configuration, "net10.0", "screening");
        return File.Exists(path) ? path : throw new UsageException($"there is no {path}: build src/Node, or give --node PATH");
    }

    private static string Commit()
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", ["describe", "--always", "--dirty", "--exclude", "*"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Root ?? ".",
            })!;
            return git.StandardOutput.ReadToEnd().Trim() is { Length: > 0 } commit ? commit : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }

    private static string? FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Screening.sln")))
            folder = folder.Parent;
        return folder?.FullName;
    }
}
