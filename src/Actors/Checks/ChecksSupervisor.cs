using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Screening.Actors.Checks.Custom;
using Screening.Actors.Checks.Dnsbl;
using Screening.Actors.Checks.P0f;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>A source of checks, with the transport that reaches it. Equal sources are the same source across reloads.</summary>
public abstract record CheckSource(CheckSettings Check)
{
    internal abstract Props CreateProps(CheckContext context);
}

/// <summary>A DNSBL.</summary>
public sealed record DnsblSource(DnsblSettings Settings, IDnsTransport Dns) : CheckSource(Settings.Check)
{
    internal override Props CreateProps(CheckContext context) => DnsblCheck.CreateProps(Settings, Dns, context);
}

/// <summary>p0f.</summary>
public sealed record P0fSource(CheckSettings Check, IP0fTransport P0f) : CheckSource(Check)
{
    internal override Props CreateProps(CheckContext context) => P0fCheck.CreateProps(Check, P0f, context);
}

/// <summary>A custom check.</summary>
public sealed record CustomSource(CheckSettings Check, ICustomTransport Transport) : CheckSource(Check)
{
    internal override Props CreateProps(CheckContext context) => CustomCheck.CreateProps(Check, Transport, context);
}

/// <summary>The sources to run from now on; those that run already and did not change keep running. Answered with <see cref="Done"/>.</summary>
/// <param name="Sources">All configured sources.</param>
/// <param name="OtherZone">Makes the source of a zone that is not configured, for doors that are asked about it.</param>
/// <param name="Skips">Clients that no list is ever asked about (dnsbl.skip).</param>
public sealed record UseSources(
    ImmutableArray<CheckSource> Sources, Func<string, CheckSource> OtherZone, Func<ClientAddress, bool> Skips);

/// <summary>Makes sure that a zone has an actor. Answered with its reference.</summary>
internal sealed record OpenZone(string Zone);

/// <summary>A zone that has an actor is asked again. Not answered.</summary>
internal sealed record ZoneAsked(string Zone);

/// <summary>Owns the check actors: starts and stops them as the configuration asks, restarts one that fails.</summary>
/// <remarks>
/// Invariant: at most <see cref="MaxOtherZones"/> zones that are not configured have an actor; the one that was asked longest ago makes
/// room. Their names come from Postfix's configuration, but also from anybody else who can connect to the dnsblog door.
/// </remarks>
internal sealed class ChecksSupervisor(CheckContext context) : UntypedActor
{
    /// <summary>Zones that are not configured and have an actor.</summary>
    public const int MaxOtherZones = 256;

    private readonly Dictionary<string, (CheckSource Source, IActorRef Actor)> _running = [];
    private readonly Dictionary<string, long> _otherZones = []; // Number of the latest question, by source.
    private long _questions;
    private Func<string, CheckSource>? _otherZone;

    public static Props CreateProps(CheckContext context) => Props.Create(() => new ChecksSupervisor(context));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case UseSources use:
                Use(use);
                Sender.Tell(Done.Instance);
                break;
            case ForgetAnswers forget:
                foreach (var (source, actor) in _running.Values.Where(r => r.Source is DnsblSource))
                    actor.Tell(forget);
                break;
            case OpenZone open:
                Sender.Tell(Open(open.Zone));
                break;
            case ZoneAsked asked:
                Touch(DnsblSourceId.Of(asked.Zone));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Use(UseSources use)
    {
        _otherZone = use.OtherZone;
        var wanted = use.Sources.ToDictionary(s => s.Check.Source);
        foreach (var (id, (source, _)) in _running.ToList())
        {
            if (!wanted.TryGetValue(id, out var same) || same != source)
                StopCheck(id);
        }

        foreach (var source in use.Sources.Where(s => !_running.ContainsKey(s.Check.Source)))
            StartCheck(source);
    }

    private IActorRef Open(string zone)
    {
        if (_running.TryGetValue(DnsblSourceId.Of(zone), out var running))
            return running.Actor;
        if (_otherZone is null)
            return ActorRefs.Nobody;
        if (_otherZones.Count >= MaxOtherZones)
            StopCheck(_otherZones.MinBy(z => z.Value).Key);
        var source = _otherZone(zone);
        _otherZones[source.Check.Source] = ++_questions;
        return StartCheck(source);
    }

    private void Touch(string source)
    {
        if (_otherZones.ContainsKey(source))
            _otherZones[source] = ++_questions;
    }

    private IActorRef StartCheck(CheckSource source)
    {
        var actor = Context.ActorOf(source.CreateProps(context));
        _running[source.Check.Source] = (source, actor);
        context.Directory.Register(source.Check.Source, actor);
        return actor;
    }

    private void StopCheck(string id)
    {
        Context.Stop(_running[id].Actor);
        _running.Remove(id);
        _otherZones.Remove(id);
        context.Directory.Unregister(id);
    }
}

/// <summary>The directory id of a zone.</summary>
public static class DnsblSourceId
{
    public static string Of(string zone) => "dnsbl:" + zone;
}
