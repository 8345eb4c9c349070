using System.Runtime.InteropServices;
using Screening.Actors.Access;
using Screening.Actors.Hosting;
using Screening.Node.Configuration;
using Screening.Node.Endpoints.Policy;
using Screening.Node.Sources;
using Screening.Node.Telemetry;

namespace Screening.Node.Hosting;

/// <summary>
/// Reads the configuration and the permanent lists again on SIGHUP and when a file changes. Files are looked at once a second rather than
/// watched: that also sees the symbolic links that Kubernetes swaps. A faulty file leaves everything as it was and says so.
/// </summary>
internal sealed class ReloadService(
    ConfigurationResult started, ConfigurationRequest request, ScreeningHandle screening, PolicyTexts policyTexts, TransportSet transports,
    TimeProvider time,
    ILogger<ReloadService> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private ScreeningOptions _options = started.Options!;
    private int _hangups;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            Interlocked.Increment(ref _hangups);
        });
        using var timer = new PeriodicTimer(Interval, time);
        var configuration = Stamp.Of(started.File is null ? [] : [started.File]);
        var lists = Stamp.Of(AccessFiles.Paths(_options.Access));
        while (await NextAsync(timer, stoppingToken).ConfigureAwait(false))
        {
            var told = Interlocked.Exchange(ref _hangups, 0) > 0;
            var configurationNow = Stamp.Of(started.File is null ? [] : [started.File]);
            if (told || configurationNow != configuration)
                ReloadConfiguration();
            var listsNow = Stamp.Of(AccessFiles.Paths(_options.Access));
            if (told || listsNow != lists || configurationNow != configuration)
                ReloadLists();
            (configuration, lists) = (configurationNow, listsNow);
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stopping)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stopping).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void ReloadConfiguration()
    {
        var loaded = ConfigurationLoader.Load(request);
        if (loaded.Options is not { } options)
        {
            foreach (var fault in loaded.Faults)
                log.ConfigurationFault(fault.ToString()!);
            return;
        }

        var notBuilt = StartChecks.NotBuilt(options).ToList();
        if (notBuilt.Count > 0)
        {
            notBuilt.ForEach(log.ConfigurationFault);
            return;
        }

        var fixedNow = FixedSettings.Changed(_options, options);
        if (fixedNow.Count > 0)
            log.RestartNeeded(string.Join(", ", fixedNow));
        ScreeningPlan plan;
        try
        {
            plan = ScreeningPlan.Of(options, transports);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            log.ConfigurationFault(fault.Message); // A list's key file that can't be read.
            return;
        }

        screening.Use(plan.Sources);
        screening.Use(plan.Policies);
        policyTexts.Options = options.Policy;
        _options = options;
        log.ConfigurationReloaded();
    }

    private void ReloadLists()
    {
        var (lines, faults) = AccessFiles.Read(_options.Access);
        if (faults.Count > 0)
        {
            foreach (var fault in faults)
                log.AccessFault(fault);
            return;
        }

        screening.Screener.Access = new PermanentLists(lines);
        log.AccessReloaded(lines.Count);
    }

    // What a file is without reading it.
    private sealed record Stamp(string Text)
    {
        public static Stamp Of(IEnumerable<string> paths) => new(string.Join('\n', paths.Select(path =>
        {
            var file = new FileInfo(path);
            var target = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return target.Exists ? $"{target.FullName} {target.LastWriteTimeUtc.Ticks} {target.Length}" : $"{path} absent";
        })));
    }
}
