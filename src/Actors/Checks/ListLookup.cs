using Akka.Actor;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>
/// Asks one DNSBL by its zone, with the kept answers, single flight and health of the checks but no weights: for the doors where Postfix
/// names lists that are not ours.
/// </summary>
public sealed class ListLookup
{
    private readonly IActorRef _supervisor;
    private readonly CheckDirectory _directory;

    private volatile Func<ClientAddress, bool> _skips;

    internal ListLookup(IActorRef supervisor, CheckDirectory directory, Func<ClientAddress, bool> skips)
    {
        _skips = skips;
        _supervisor = supervisor;
        _directory = directory;
    }

    /// <summary>The clients that no list is ever asked about; replaced on reload.</summary>
    internal Func<ClientAddress, bool> Skips
    {
        set => _skips = value;
    }

    /// <summary>
    /// The list's answer; null if none came in time, if the list must not be asked about this client, or if no list can have this name.
    /// </summary>
    public async Task<DnsblAnswer?> AskAsync(string zone, ClientAddress client, TimeSpan timeout)
    {
        if (_skips(client) || ZoneName.ErrorReason(zone) is not null)
            return null;
        try
        {
            if (_directory.TryFind(DnsblSourceId.Of(zone), out var check))
                _supervisor.Tell(new ZoneAsked(zone));
            else
                check = await _supervisor.Ask<IActorRef>(new OpenZone(zone), timeout).ConfigureAwait(false);
            if (check.IsNobody())
                return null;
            var subject = new CheckSubject("", client, "");
            var reply = await check
                .Ask<object>(self => new AskCheck(0, subject, false, false, self), timeout, CancellationToken.None)
                .ConfigureAwait(false);
            return reply is CheckAnswered { Answer: DnsblAnswer answer } ? answer : null;
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }
}
