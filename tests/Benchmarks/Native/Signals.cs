using System.Runtime.InteropServices;

namespace Screening.Benchmarks.Native;

/// <summary>Ends a process of ours, as an operator would.</summary>
internal static class Signals
{
    private const int Sigkill = 9;
    private const int Sigterm = 15;

    public static void Kill(int processId) => _ = kill(processId, Sigkill);

    public static void Terminate(int processId) => _ = kill(processId, Sigterm);

#pragma warning disable IDE1006, SYSLIB1054 // The system's name.
    [DllImport("libc", SetLastError = true)]
    private static extern int kill(int processId, int signal);
#pragma warning restore IDE1006, SYSLIB1054
}
