using System.Collections.Immutable;
using Akka;
using Akka.Actor;
using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Checks;

/// <summary>
/// A source of checks, with the transport that reaches it. Each kind of check derives one from this. Equal sources are the same source
/// across reloads: its actor, with the answers that it keeps and its breaker, lives on.
/// </summary>
public abstract record CheckSource(CheckSettings Check)
{
    internal abstract Props CreateProps(CheckContext context);
}

/// <summary>The sources to run from now on; those that run and did not change keep running. Answered with <see cref="Done"/>.</summary>
/// <param name="Sources">All configured sources.</param>
/// <param name="OtherZone">Makes the source of a zone that is not configured, for doors that are asked about it.</param>
/// <param name="Skips">Clients that no list is ever asked about (dnsbl.skip).</param>
public sealed record UseSources(
    ImmutableArray<CheckSource> Sources, Func<string, CheckSource> OtherZone, Func<ClientAddress, bool> Skips);

/// <summary>Makes sure that a source that is not configured has an actor. Answered with its reference, or with nobody.</summary>
/// <param name="Source">The id that the source will have.</param>
/// <param name="Zone">What <see cref="UseSources.OtherZone"/> makes it from.</param>
internal sealed record OpenSource(string Source, string Zone);

/// <summary>A source that is not configured is asked again. Not answered.</summary>
internal sealed record SourceUsed(string Source);
