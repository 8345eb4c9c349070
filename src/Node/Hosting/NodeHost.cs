using System.Collections.Immutable;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Hosting;
using Screening.Node.Api;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Connections;
using Screening.Node.Endpoints.Dnsbl;
using Screening.Node.Endpoints.Http;
using Screening.Node.Endpoints.Transport;
using Screening.Node.Hosting.Logging;
using Screening.Node.Hosting.Systemd;
using Screening.Node.Platform;
using Screening.Node.Supervision;
using Screening.Node.Telemetry;
using Screening.Node.Telemetry.Otlp;

namespace Screening.Node.Hosting;

/// <summary>
/// One node as a host: logging, metrics, actors, sources and listeners, started in this order and stopped in the reverse one, so that
/// listeners close first and pending queries are still answered.
/// </summary>
internal sealed class NodeHost : IAsyncDisposable
{
    // Every pending query ends by its deadline; a connection that is still open then is closed.
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(4);

    private readonly WebApplication _app;
    private readonly Listeners _listeners;
    private readonly IDisposable _logger;
    private readonly string _dataDir;
    private readonly NodeStatus _status;
    private readonly NodeEnd _end;
    private readonly IReadOnlyList<ConfigurationFault> _warnings;
    private readonly ImmutableArray<OpenEndpoint> _clusterEndpoint;

    private NodeHost(
        WebApplication app, IDisposable logger, Listeners listeners, string dataDir, IReadOnlyList<ConfigurationFault> warnings)
    {
        _logger = logger;
        _dataDir = dataDir;
        var fleet = app.Services.GetRequiredService<ClusterSettings>();
        _clusterEndpoint = fleet.IsAlone ? [] : [new OpenEndpoint("cluster", $"tcp://{new HostPort(fleet.ListenHost, fleet.ListenPort)}")];
        _app = app;
        _listeners = listeners;
        _warnings = warnings;
        _status = app.Services.GetRequiredService<NodeStatus>();
        _end = app.Services.GetRequiredService<NodeEnd>();
    }

    /// <summary>The listeners that are open.</summary>
    public IReadOnlyList<OpenEndpoint> Endpoints => _status.Endpoints;

    /// <summary>The whitelist as operators see it.</summary>
    public IWhitelistAdmin Whitelist => _app.Services.GetRequiredService<Func<IWhitelistAdmin>>()();

    /// <summary>A service of the node, for tests.</summary>
    internal T Service<T>()
        where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Puts a node together; nothing is opened yet.</summary>
    /// <param name="configuration">Settings without faults.</param>
    /// <param name="request">Their source, for reloads.</param>
    /// <param name="replace">Puts other services in place of the node's own, for tests.</param>
    /// <param name="warm">No door opens before this has ended; null: nothing is waited for.</param>
    /// <exception cref="EndpointException">An address cannot be used.</exception>
    public static NodeHost Build(
        ConfigurationResult configuration, ConfigurationRequest request, Action<IServiceCollection>? replace = null, Task? warm = null)
    {
        var options = configuration.Options!;
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        var otlp = OtlpExport.Of(options);
        var logger = NodeLogging.Configure(builder.Logging, options.Log.Format, otlp);
        NodeServices.Add(builder.Services, options, otlp, configuration, request, warm ?? Task.CompletedTask);
        replace?.Invoke(builder.Services);

        var listeners = new Listeners(options);
        builder.Services.Configure<SocketTransportOptions>(listeners.Configure);
        builder.Services.AddSingleton<IConnectionListenerFactory>(_ => new SocketTransport(listeners));
        builder.WebHost.ConfigureKestrel(listeners.Configure);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = DrainTimeout);

        var app = builder.Build();
        var screening = app.Services.GetRequiredService<ScreeningHandle>();
        var metrics = app.Services.GetRequiredService<NodeMetrics>();
        metrics.OnScrape(
            screening, app.Services.GetRequiredService<Ladder>(), app.Services.GetRequiredService<ReloadState>(),
            app.Services.GetRequiredService<Drain>());
        metrics.WatchCertificate("http", () => listeners.CertificateExpiry);
        metrics.WatchCertificate("cluster", () => screening.Fleet?.CertificateExpiry);
        app.Use(AnswerAsync);
        app.UseStatusCodePages(Answers.DescribeAsync);
        app.UseMiddleware<HostGuard>(options.Node.Name);
        app.Services.GetRequiredService<HttpApi>().Map(app);
        app.Services.GetRequiredService<CacheApi>().Map(app);
        app.Services.GetRequiredService<DrainApi>().Map(app);
        return new NodeHost(app, logger, listeners, options.Node.DataDir, configuration.Warnings);
    }

    /// <summary>Opens everything.</summary>
    /// <exception cref="EndpointException">An address cannot be bound.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        Warn();
        await _app.StartAsync(cancellation).ConfigureAwait(false);
        _ = EndWhenBrokenAsync(_app.Services.GetRequiredService<ScreeningHandle>());
        _status.Endpoints = [.. _listeners.Opened(), .. _app.Services.GetRequiredService<DnsblDatagrams>().Opened, .. _clusterEndpoint];
        var manager = _app.Services.GetRequiredService<ServiceManager>();
        var drain = _app.Services.GetRequiredService<Drain>();
        var log = _app.Services.GetRequiredService<ILogger<NodeHost>>();
        manager.Ready();
        _app.Lifetime.ApplicationStopping.Register(() =>
        {
            manager.Stopping();
            drain.Begin();
            _status.Endpoints = [];
            log.Draining();
        });
    }

    /// <summary>Opens everything. False if the process was told to end meanwhile.</summary>
    /// <exception cref="EndpointException">An address cannot be bound.</exception>
    public async Task<bool> TryStartAsync(CancellationToken cancellation)
    {
        try
        {
            await StartAsync(cancellation).ConfigureAwait(false);
            return true;
        }
        catch (Exception fault) when (fault is not EndpointException && _app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return false; // Whatever error a half-started part reports.
        }
    }

    /// <summary>Ends once the process has been told to end and all pending queries are answered.</summary>
    /// <returns>False if the node ended by itself, which the log explains.</returns>
    public async Task<bool> WaitForShutdownAsync(CancellationToken cancellation = default)
    {
        await _app.WaitForShutdownAsync(cancellation).ConfigureAwait(false);
        return cancellation.IsCancellationRequested || _end.WasOrderly();
    }

    /// <summary>Closes the listeners, answers pending queries, and ends.</summary>
    public Task StopAsync(CancellationToken cancellation = default) => _app.StopAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync().ConfigureAwait(false);
        await NodeLogging.EndAsync(_logger, TimeProvider.System).ConfigureAwait(false);
    }

    // What the configuration probably does not mean, and what this host should give a node and does not.
    private void Warn()
    {
        var log = _app.Services.GetRequiredService<ILogger<NodeHost>>();
        foreach (var warning in _warnings)
            log.ConfigurationWarning(warning.ToString());
        var files = _app.Services.GetRequiredService<OpenFileLimit>();
        if (files.IsTooSmall)
            log.FewOpenFiles(files.Files, files.Doors, files.Needed, files.Each);
        if (PrivateFiles.IsOpenToOthers(_dataDir))
            log.DataDirIsOpen(_dataDir, Convert.ToString((int)File.GetUnixFileMode(_dataDir), 8).PadLeft(4, '0'));
    }

    private async Task EndWhenBrokenAsync(ScreeningHandle screening)
    {
        var actor = await screening.Broken.ConfigureAwait(false);
        _end.Fail($"the actor {actor} is gone");
    }

    // A connection with a request is not idle.
    private static async Task AnswerAsync(HttpContext context, RequestDelegate next)
    {
        var watch = ConnectionWatch.Of(context.Features);
        watch.IsAnswering = true;
        try
        {
            // The server answers the requests that one connection sent at once without a pause: others are to get their turn between them.
            await Task.Yield();
            await next(context).ConfigureAwait(false);
        }
        finally
        {
            watch.IsAnswering = false;
        }
    }
}
