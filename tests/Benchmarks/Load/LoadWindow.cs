using System.Diagnostics;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Load;

/// <summary>The time that is measured, and what the processes had used when it began.</summary>
internal readonly record struct LoadWindow(long Start, TimeSpan Server, TimeSpan Client)
{
    /// <param name="server">Whose CPU time counts; null: nobody's.</param>
    public static LoadWindow Open(ProcessUsage? server) =>
        new(Stopwatch.GetTimestamp(), server?.Cpu() ?? default, ProcessUsage.Self.Cpu());

    public void Close(LoadResult result, ProcessUsage? server)
    {
        result.Window = Stopwatch.GetElapsedTime(Start);
        result.ServerCpu = (server?.Cpu() ?? default) - Server;
        result.ClientCpu = ProcessUsage.Self.Cpu() - Client;
    }
}
