using Akka.Actor;
using Screening.Protocol.Dnsbl;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks.Dnsbl;

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
            var source = DnsblSource.IdOf(zone);
            if (_directory.TryFind(source, out var check))
                _supervisor.Tell(new SourceUsed(source));
            else
                check = await _supervisor.Ask<IActorRef>(new OpenSource(source, zone), timeout).ConfigureAwait(false);
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
