using Akka.Actor;
using Screening.Actors.Whitelist;

namespace Screening.Actors.Fleet;

/// <summary>
/// The address that buckets of any node answer to: the askers are actors of another system and have none in the cluster system.
/// </summary>
internal sealed class AnswerReceiver(FleetClient client) : UntypedActor
{
    public static Props CreateProps(FleetClient client) => Props.Create(() => new AnswerReceiver(client));

    protected override void OnReceive(object message)
    {
        if (message is LookUpHit or LookUpMiss or EvidenceCame or TimesFound)
            client.Answer(message);
        else
            Unhandled(message);
    }
}
