using Akka.Actor;
using Akka.Cluster;

namespace Screening.Actors.Fleet.Forming;

internal sealed class JoinGuard : UntypedActor
{
    public const string Name = "guard";

    public static Props CreateProps(FleetHostSetup setup) => Props.Create(() => new JoinGuard(setup));

    private readonly FleetHostSetup _setup;

    public JoinGuard(FleetHostSetup setup) => _setup = setup;

    protected override void PreStart()
    {
        var cluster = Cluster.Get(Context.System);
        if (_setup.Settings.IsAlone)
        {
            cluster.Join(cluster.SelfAddress);
        }
    }

    protected override void OnReceive(object message) => Unhandled(message);
}
