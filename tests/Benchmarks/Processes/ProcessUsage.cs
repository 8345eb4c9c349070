using System.Globalization;

namespace Screening.Benchmarks.Processes;

/// <summary>CPU time and memory of a process, from proc(5).</summary>
internal sealed class ProcessUsage(int processId)
{
    // USER_HZ is 100 wherever .NET runs.
    private const double TicksPerSecond = 100;

    public static readonly ProcessUsage Self = new(Environment.ProcessId);

    /// <summary>User and system time since the start, in steps of 10 ms.</summary>
    public TimeSpan Cpu()
    {
        var stat = File.ReadAllText($"/proc/{processId}/stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        var ticks = long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }

    /// <summary>Memory in use now, in megabytes.</summary>
    public double ResidentMegabytes() => StatusMegabytes("VmRSS:");

    /// <summary>Memory in use now that no file stands behind, in megabytes.</summary>
    public double OwnMegabytes() => StatusMegabytes("RssAnon:");

    /// <summary>The most it ever used, in megabytes.</summary>
    public double PeakMegabytes() => StatusMegabytes("VmHWM:");

    /// <summary>Files and sockets that are open now.</summary>
    public int OpenFiles() => Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Count();

    private double StatusMegabytes(string name)
    {
        var line = File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..^2], CultureInfo.InvariantCulture) / 1024;
    }
}
