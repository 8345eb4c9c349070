using System.Threading.Channels;
using Screening.Actors.Checks;
using Screening.Actors.Screening;
using Screening.Node.Telemetry;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Commands.Demo;

/// <summary>Shows the node's decisions to the demonstration as well, since the doors themselves tell neither score nor reason.</summary>
internal sealed class DecisionTap(DecisionLog log, ChannelWriter<Decision> tap) : IScreeningObserver
{
    public void Decided(in Decision decision)
    {
        log.Decided(decision);
        tap.TryWrite(decision);
    }

    public void Shed(Door door) => log.Shed(door);

    public void CheckEnded(string check, CheckResult result, TimeSpan elapsed) => log.CheckEnded(check, result, elapsed);

    public void DnsblQueried(string list) => log.DnsblQueried(list);
}
