using System.Runtime.InteropServices;

namespace Screening.Testing.Lab;

public enum Signal
{
    Hangup = 1,
    Kill = 9,
    Terminate = 15,
    Continue = 18,
    Stop = 19,
}

/// <summary>The few calls that .NET has no name for.</summary>
public static partial class Native
{
    private const int CloneNewnet = 0x40000000;

    public static bool SendSignal(int pid, Signal signal) => Kill(pid, (int)signal) == 0;

    /// <summary>A process that has ended but was not yet waited for by its parent does not run.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            // proc(5), /proc/PID/stat: the state follows the name, which stands in parentheses and may hold any character.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>setns(2): moves the calling thread, and it alone, into a network namespace.</summary>
    public static void EnterNetwork(SafeHandle handle)
    {
        if (SetNs(handle, CloneNewnet) != 0)
            throw new InvalidOperationException($"setns failed, errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int SetNs(SafeHandle fd, int type);
}
