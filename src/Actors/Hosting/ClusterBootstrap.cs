using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Persistence.Sql.Config;
using Screening.Actors.Cluster;
using Screening.Actors.Cluster.Forming;

namespace Screening.Actors.Hosting;

/// <summary>The settings that a cluster system starts with: its HOCON, and the objects that HOCON cannot hold.</summary>
internal static class ClusterBootstrap
{
    public static ActorSystemSetup Of(ClusterSystemSetup setup)
    {
        var config = ClusterHocon.Common.WithFallback(ClusterHocon.Of(setup.Settings, setup.Timings));
        var bootstrap = BootstrapSetup.Create().WithConfig(config)
            .And(new AkkaLoggerSetup(setup.Loggers, setup.Faults, usesTls: setup.Settings.Tls is not null))
            .And(new StoreSetup(setup.Settings.Store, setup.Time));
        if (setup.Faults is { } faults)
            bootstrap = bootstrap.And(new PeerFaultsSetup(faults));
        if (setup.Settings.Tls is not null)
            bootstrap = bootstrap.And((setup.Certificates ?? throw new InvalidOperationException("TLS needs certificates")).ToSetup());
        return setup.Settings.Store.Connection is { } connection
            ? bootstrap.And(new DataOptionsSetup(StoreDataOptions.Of(connection)))
            : bootstrap;
    }
}
