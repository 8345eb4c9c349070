using System.Runtime.InteropServices;
using Screening.Actors.Hosting;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Policy;
using Screening.Node.Hosting.Systemd;
using Screening.Node.Sources;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting;

/// <summary>How often files are looked at.</summary>
internal sealed record ReloadInterval(TimeSpan Period);

/// <summary>
/// Reads the configuration and the permanent lists again on SIGHUP and when a file changes. Files are looked at twice a second
/// rather than watched: that also sees the symbolic links that Kubernetes swaps. A change counts once it is at rest from one look to the
/// next.
/// </summary>
/// <remarks>
/// What is faulty, a file that is gone included, leaves everything as it was. It is logged once, kept in <see cref="ReloadState"/>, and
/// read again at each look until it is mended.
/// </remarks>
internal sealed class ReloadService(
    ConfigurationRequest request, ReloadInterval interval, ReloadState state, ServiceManager manager, ScreeningHandle screening,
    PolicyTexts policyTexts, TransportSet transports, Troubles troubles, TimeProvider time, ILogger<ReloadService> log)
    : NodeService(troubles, time, log)
{
    private readonly ConfigurationRequest _request = state.File is { } file ? request with { ConfigPath = file } : request;

    private readonly FileWatch _configuration = new(StampOf(request, state));
    private readonly FileWatch _lists = new(FileStamp.Of(AccessFiles.Paths(state.Options.Access)));
    private int _hangups;

    protected override async Task RunAsync(CancellationToken stopping)
    {
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Interlocked.Increment(ref _hangups);
        });
        using var timer = new PeriodicTimer(interval.Period, Time);
        while (await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false))
            Look();
    }

    // The file that the node was started with is named again: without it, the node would take another one or fall back to the defaults.
    private static FileStamp StampOf(ConfigurationRequest request, ReloadState state) =>
        FileStamp.Of(state.File is { } file ? [Path.Combine(request.CurrentDirectory, file)] : []);

    private void Look()
    {
        var isTold = Interlocked.Exchange(ref _hangups, 0) > 0;
        if (isTold)
            manager.Reloading();
        Reload(isTold);
        if (isTold)
            manager.Ready();
    }

    private void Reload(bool isTold)
    {
        var configuration = StampOf(request, state);
        var isReloaded = false;
        if (_configuration.HasChanged(configuration) || isTold || state.HasFaults(ReloadPart.Configuration))
        {
            isReloaded = TryReloadConfiguration();
            _configuration.Use(configuration);
        }

        var lists = FileStamp.Of(AccessFiles.Paths(state.Options.Access));
        if (_lists.HasChanged(lists) || isTold || isReloaded || state.HasFaults(ReloadPart.Lists))
        {
            ReloadLists();
            _lists.Use(lists);
        }
    }

    private bool TryReloadConfiguration()
    {
        var loaded = ConfigurationLoader.Load(_request);
        IReadOnlyList<string> faults = loaded.Options is { } valid
            ? [.. StartChecks.NotBuilt(valid)]
            : [.. loaded.Faults.Select(fault => fault.ToString())];
        ScreeningPlan? plan = null;
        if (faults.Count == 0 && !TryPlan(loaded.Options!, out plan, out var fault))
            faults = [fault];
        if (faults.Count > 0)
        {
            if (state.Fail(ReloadPart.Configuration, faults))
                Log(faults, log.ConfigurationFault);
            return false;
        }

        screening.Use(plan!.Sources);
        screening.Use(plan.Profiles);
        screening.Screener.Clients.Settings = ScreeningPlan.ClientsOf(loaded.Options!.Clients);
        policyTexts.Options = loaded.Options.Policy;
        var restartNeeded = state.Use(loaded.Options);
        if (restartNeeded.Count > 0)
            log.RestartNeeded(string.Join(", ", restartNeeded));
        log.ConfigurationReloaded();
        return true;
    }

    private bool TryPlan(ScreeningOptions options, out ScreeningPlan? plan, out string fault)
    {
        (plan, fault) = (null, "");
        try
        {
            plan = ScreeningPlan.Of(options, transports);
            return true;
        }
        catch (IOException problem)
        {
            fault = problem.Message; // A list's key file that cannot be read.
            return false;
        }
    }

    private void ReloadLists()
    {
        var (lines, faults) = AccessFiles.Read(state.Options.Access);
        if (faults.Count > 0)
        {
            if (state.Fail(ReloadPart.Lists, faults))
                Log(faults, log.AccessFault);
            return;
        }

        screening.Screener.Access = new PermanentLists(lines);
        state.Mend(ReloadPart.Lists);
        log.AccessReloaded(lines.Count);
    }

    private static void Log(IReadOnlyList<string> faults, Action<string> write)
    {
        foreach (var fault in faults)
            write(fault);
    }
}
