using System.Diagnostics;
using System.Globalization;
using Prometheus;
using Screening.Node.Platform;

namespace Screening.Node.Telemetry;

/// <summary>What the process itself uses, by the names of prometheus-net, so that dashboards for .NET find them.</summary>
internal sealed class ProcessMetrics(MetricCatalogue catalogue)
{
    private readonly Process _process = Process.GetCurrentProcess();
    private readonly Gauge _start = catalogue.CreateGauge("process_start_time_seconds", "When the process began, seconds since 1970.");
    private readonly Counter _cpu = catalogue.CreateCounter("process_cpu_seconds_total", "Processor time of user and system, seconds.");
    private readonly Gauge _virtual = catalogue.CreateGauge("process_virtual_memory_bytes", "Virtual memory.");
    private readonly Gauge _workingSet = catalogue.CreateGauge("process_working_set_bytes", "Resident memory.");
    private readonly Gauge _private = catalogue.CreateGauge("process_private_memory_bytes", "Private memory.");
    private readonly Gauge _handles = catalogue.CreateGauge("process_open_handles", "Open files, sockets and the like.");
    private readonly Gauge _threads = catalogue.CreateGauge("process_num_threads", "Threads.");
    private readonly Gauge _heap = catalogue.CreateGauge("dotnet_total_memory_bytes", "The managed heap, with what is no longer used.");
    private readonly Counter _collections = catalogue.CreateCounter(
        "dotnet_collection_count_total", "Garbage collections.", "generation");

    private readonly Counter _pause = catalogue.CreateCounter(
        "dotnet_gc_pause_seconds_total", "How long garbage collections have stopped this process, seconds.");

    private readonly Gauge _limit = catalogue.CreateGauge(
        "screening_memory_limit_bytes", "Memory that this process may use: the least limit of its control groups, else the host's.");

    /// <summary>Brings them up to date.</summary>
    public void Read()
    {
        _process.Refresh();
        _start.Set(((DateTimeOffset)_process.StartTime).ToUnixTimeMilliseconds() / 1000d);
        _cpu.IncTo(_process.TotalProcessorTime.TotalSeconds);
        _virtual.Set(_process.VirtualMemorySize64);
        _workingSet.Set(_process.WorkingSet64);
        _private.Set(_process.PrivateMemorySize64);
        _handles.Set(_process.HandleCount);
        _threads.Set(_process.Threads.Count);
        _heap.Set(GC.GetTotalMemory(forceFullCollection: false));
        _limit.Set(MemoryLimit.Bytes());
        _pause.IncTo(GC.GetTotalPauseDuration().TotalSeconds);
        for (var generation = 0; generation <= GC.MaxGeneration; generation++)
            _collections.WithLabels(generation.ToString(CultureInfo.InvariantCulture)).IncTo(GC.CollectionCount(generation));
    }
}
