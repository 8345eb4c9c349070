using System.Globalization;
using System.Runtime.InteropServices;

namespace Screening.Testing.Postgres;

/// <summary>Signals to processes, and what /proc tells of them (proc(5)).</summary>
internal static class Signals
{
    public const int Quit = 3;
    public const int Kill = 9;
    public const int Continue = 18;
    public const int Stop = 19;

    public static void Send(int pid, int signal)
    {
        if (pid > 1)
            _ = SendSignal(pid, signal);
    }

    public static List<int> ChildrenOf(int parent) =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Stat(pid) is [_, var ppid, ..] && ppid == parent.ToString(CultureInfo.InvariantCulture)),
    ];

    /// <summary>One that has ended and is not yet waited for does not run.</summary>
    public static bool IsRunning(int pid) => Stat(pid) is [not ("Z" or "X"), ..];

    // State and parent and more; the name before them stands in parentheses and may hold any character.
    private static string[] Stat(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return [];
        }
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static extern int SendSignal(int pid, int signal);
}
