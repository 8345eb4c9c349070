using Akka;
using Akka.Actor;
using Akka.Hosting;
using Akka.Persistence.Sql.Config;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Screening.Actors.Checks;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Cluster;
using Screening.Actors.Fleet;
using Screening.Actors.Profiles;
using Screening.Actors.Screening;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Hosting;

/// <summary>Everything that the actors need to know at start.</summary>
public sealed record ScreeningSetup
{
    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Hears of decisions.</summary>
    public required IScreeningObserver Observer { get; init; }

    /// <summary>Queries that may wait for a verdict at one time; further ones get the default at once (limits.in_flight).</summary>
    public int MaxInFlight { get; init; } = 20_000;

    /// <summary>Entries in the near cache (cache.near_entries).</summary>
    public int NearEntries { get; init; } = 100_000;

    /// <summary>The fleet, even of this node alone; null: none (tests).</summary>
    public ClusterSettings? Fleet { get; init; }

    /// <summary>Where the cluster system logs to.</summary>
    public ILoggerFactory Loggers { get; init; } = NullLoggerFactory.Instance;

    /// <summary>The profiles.</summary>
    public required ProfileBook Profiles { get; init; }

    /// <summary>The permanent lists.</summary>
    public PermanentLists Access { get; init; } = PermanentLists.Empty;

    /// <summary>When clients' addresses count as lost.</summary>
    public ClientWatchSettings Clients { get; init; } = new();

    /// <summary>The sources.</summary>
    public required UseSources Sources { get; init; }
}

/// <summary>What the actors offer to the rest of the process, once the actor system has started.</summary>
public sealed class ScreeningHandle
{
    private readonly TaskCompletionSource<string> _broken = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Running? _running;

    /// <summary>
    /// Ends with the name of the first actor that is gone for good although the node needs it; never, if all is well. No query is answered
    /// from then on.
    /// </summary>
    public Task<string> Broken => _broken.Task;

    /// <summary>Asks for verdicts.</summary>
    public Screener Screener => Get().Screener;

    /// <summary>Asks single lists.</summary>
    public ListLookup Lists => Get().Lists;

    /// <summary>The passes that this node knows.</summary>
    public NearCache NearCache => Get().NearCache;

    /// <summary>The checks and their health.</summary>
    public CheckDirectory Checks => Get().Checks;

    /// <summary>This node's part in the fleet; null if it has none.</summary>
    public WhitelistRunner? Fleet => Get().Fleet;

    /// <summary>Replaces the profiles; running screenings keep theirs.</summary>
    public void Use(ProfileBook profiles)
    {
        Get().NearCache.Use(profiles.All);
        Get().Screener.Profiles = profiles;
    }

    /// <summary>Replaces the sources; those that did not change keep running.</summary>
    public void Use(UseSources sources)
    {
        Get().Lists.Skips = sources.Skips;
        Get().Supervisor.Tell(sources, ActorRefs.NoSender);
    }

    /// <summary>True if the actors that answer queries and run checks answer this, too.</summary>
    /// <param name="within">False if they take longer.</param>
    public async Task<bool> AnswersAsync(TimeSpan within)
    {
        var running = Get();
        try
        {
            var answers = await Task.WhenAll(IdentifyAsync(running.Gate, within), IdentifyAsync(running.Supervisor, within))
                .ConfigureAwait(false);
            return answers.All(answer => answer.Subject is not null);
        }
        catch (AskTimeoutException)
        {
            return false;
        }
    }

    internal void Set(Running running) => _running = running;

    internal void Break(string actor) => _broken.TrySetResult(actor);

    private static Task<ActorIdentity> IdentifyAsync(IActorRef actor, TimeSpan within) => actor.Ask<ActorIdentity>(new Identify(0), within);

    private Running Get() => _running ?? throw new InvalidOperationException("the actor system has not started");

    internal sealed record Running(
        Screener Screener, ListLookup Lists, NearCache NearCache, CheckDirectory Checks, IActorRef Supervisor, IActorRef Gate,
        WhitelistRunner? Fleet);
}

/// <summary>
/// Starts the actors: the one way in. The other public types are what it is given and what <see cref="ScreeningHandle"/> offers.
/// </summary>
public static class ScreeningHosting
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(10);

    /// <summary>Runs the screening in this actor system and hands its ends to <paramref name="handle"/>.</summary>
    public static AkkaConfigurationBuilder WithScreening(
        this AkkaConfigurationBuilder builder, ScreeningSetup setup, ScreeningHandle handle) =>
        (setup.Fleet is { IsAlone: true } alone ? WithLocalWhitelist(builder, alone) : builder)
            .AddHocon(ClusterHocon.Common, HoconAddMode.Prepend)
            .AddSetup(new AkkaLoggerSetup(setup.Loggers))
            .WithActors((system, _) => StartAsync(system, setup, handle));

    // A node that is alone stores from this actor system; one of a fleet from its cluster system.
    private static AkkaConfigurationBuilder WithLocalWhitelist(AkkaConfigurationBuilder builder, ClusterSettings settings)
    {
        builder.AddHocon(ClusterHocon.OfLocal(settings), HoconAddMode.Prepend);
        if (settings.Store.Connection is { } connection)
            builder.AddSetup(new DataOptionsSetup(StoreDataOptions.Of(connection)));
        return builder;
    }

    private static async Task StartAsync(ActorSystem system, ScreeningSetup setup, ScreeningHandle handle)
    {
        var directory = new CheckDirectory();
        var (time, fleet) = (setup.Time, setup.Fleet);
        var nearCache = new NearCache(time, setup.NearEntries, fleet?.NearLife ?? TimeSpan.MaxValue / 1000, fleet?.TrustAny ?? false);
        nearCache.Use(setup.Profiles.All);
        var checks = system.ActorOf(
            ChecksSupervisor.CreateProps(new CheckContext(time, directory, setup.Observer)), "checks");
        await checks.Ask<Done>(setup.Sources, StartLimit).ConfigureAwait(false);
        var grants = new GrantsAndBans(time);
        var file = fleet is { DataDir.Length: > 0 } ? GrantsFile.Attach(fleet.DataDir, grants, time, setup.Loggers) : null;
        var node = new RunnerContext(time, new FleetClient(time), directory, checks, nearCache, grants, file);
        var (runner, access) = fleet is null ? default : FleetOf(setup, fleet, node);
        if (runner is LocalRunner local)
            await local.StartAsync(system).ConfigureAwait(false);
        var gate = system.ActorOf(
            ScreeningGate.CreateProps(new ScreeningContext(time, directory, nearCache, access)), "gate");
        var sweeper = system.ActorOf(NearCacheSweeper.CreateProps(nearCache), "near-cache-sweeper");
        system.ActorOf(VitalActors.CreateProps([checks, gate, sweeper], handle.Break), "vital-actors");
        var screener = new Screener(
            time, gate, nearCache, grants, setup.Observer, setup.MaxInFlight, setup.Profiles, setup.Access, new ClientWatch(setup.Clients));
        var lists = new ListLookup(checks, directory, setup.Sources.Skips);
        handle.Set(new ScreeningHandle.Running(screener, lists, nearCache, directory, checks, gate, runner));
    }

    private static (WhitelistRunner Runner, FleetLookUps Access) FleetOf(ScreeningSetup setup, ClusterSettings fleet, RunnerContext node)
    {
        WhitelistRunner runner = fleet.IsAlone
            ? new LocalRunner(fleet, node, setup.Loggers)
            : new ClusterRunner(fleet, node, setup.Loggers, ClusterBootstrap.Of);
        return (runner, new FleetLookUps(node.Client, fleet.Node, fleet.LookUpWait, SharesLists: !fleet.IsAlone));
    }
}
