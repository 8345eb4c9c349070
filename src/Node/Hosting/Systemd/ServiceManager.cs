using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Systemd;
using Screening.Node.Platform;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting.Systemd;

/// <summary>
/// What a service manager is told of this node, as sd_notify(3) has it. Where none is named, nothing is sent; one that is named and cannot
/// be reached is logged once, and the node runs without it.
/// </summary>
internal sealed partial class ServiceManager
{
    // sd_notify(3): the parent of the process is told by these.
    private const string WatchdogTime = "WATCHDOG_USEC";
    private const string WatchdogProcess = "WATCHDOG_PID";

    private readonly ISystemdNotifier _notifier;
    private readonly ILogger<ServiceManager> _log;
    private int _isLost; // 0 or 1: two services may tell it something at once.

    public ServiceManager(ISystemdNotifier notifier, ILogger<ServiceManager> log)
    {
        _notifier = notifier;
        _log = log;
    }

    /// <summary>The manager takes the node for dead if it hears nothing for so long; null: it does not watch.</summary>
    public TimeSpan? WatchdogTimeout => _notifier.IsEnabled
        ? ParseTimeout(
            Environment.GetEnvironmentVariable(WatchdogTime), Environment.GetEnvironmentVariable(WatchdogProcess), Environment.ProcessId)
        : null;

    /// <summary>The endpoints answer.</summary>
    public void Ready() => Notify("READY=1");

    /// <summary>The configuration is read again; <see cref="Ready"/> follows.</summary>
    // sd_notify(3) wants the time of CLOCK_MONOTONIC, which the system's timestamps count; no other clock will do.
    public void Reloading() => Notify(string.Create(
        CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)TimeProvider.System.GetElapsedTime(0).TotalMicroseconds}"));

    /// <summary>The node ends.</summary>
    public void Stopping() => Notify("STOPPING=1");

    /// <summary>The node is alive.</summary>
    public void Alive() => Notify("WATCHDOG=1");

    /// <summary>The limit that the manager's variables stand for.</summary>
    /// <param name="microseconds">WATCHDOG_USEC.</param>
    /// <param name="process">WATCHDOG_PID; null: whichever process.</param>
    /// <param name="ownProcess">The id of this process: a child of a service inherits the variables.</param>
    public static TimeSpan? ParseTimeout(string? microseconds, string? process, int ownProcess)
    {
        var isOurs = process is null || process == ownProcess.ToString(CultureInfo.InvariantCulture);
        return isOurs && long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var timeout) && timeout > 0
            ? TimeSpan.FromMicroseconds(timeout)
            : null;
    }

    private void Notify(string message)
    {
        if (!_notifier.IsEnabled)
            return;
        try
        {
            _notifier.Notify(new ServiceState(message));
            Interlocked.Exchange(ref _isLost, 0);
        }
        catch (SocketException fault)
        {
            if (Interlocked.Exchange(ref _isLost, 1) == 0)
                LogLost(_log, SystemError.Words(UnixSocket.IsAbsence(fault) ? SystemError.NotThere(fault) : fault));
        }
    }

    [LoggerMessage(EventIds.ServiceManagerLost, LogLevel.Warning,
        "The service manager cannot be told how the node is (NOTIFY_SOCKET): {Fault}")]
    private static partial void LogLost(ILogger log, string fault);
}

/// <summary>The service manager of a node that is not the process's own.</summary>
internal sealed class NoServiceManager : ISystemdNotifier
{
    public bool IsEnabled => false;

    public void Notify(ServiceState state)
    {
    }
}
