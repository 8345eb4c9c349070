using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Akka.Actor;

namespace Screening.Actors.Checks;

/// <summary>The check actors and their health. Written by the check actors and their supervisor, read by any thread.</summary>
public sealed class CheckDirectory
{
    private readonly ConcurrentDictionary<string, IActorRef> _checks = new();
    private readonly ConcurrentDictionary<ulong, IActorRef> _shared = new();
    private readonly ConcurrentDictionary<string, CheckHealth> _health = new();

    /// <summary>Health of every check, by source id.</summary>
    public IEnumerable<CheckHealth> Health => _health.Values;

    /// <summary>The actor that asks a source.</summary>
    internal bool TryFind(string source, [MaybeNullWhen(false)] out IActorRef check) => _checks.TryGetValue(source, out check);

    /// <summary>The actor that asks a source, found by the hash under which other nodes know the source.</summary>
    internal bool TryFindShared(ulong sharedId, [MaybeNullWhen(false)] out IActorRef check) => _shared.TryGetValue(sharedId, out check);

    internal void Register(string source, IActorRef check) => _checks[source] = _shared[CheckPlan.SharedIdOf(source)] = check;

    internal void Unregister(string source)
    {
        _checks.TryRemove(source, out _);
        _shared.TryRemove(CheckPlan.SharedIdOf(source), out _);
        _health.TryRemove(source, out _);
    }

    internal void Report(CheckHealth health) => _health[health.Source] = health;
}

/// <summary>The state of a check.</summary>
public enum CheckState : byte
{
    /// <summary>It answers.</summary>
    Ok,

    /// <summary>Its last answers failed.</summary>
    Ill,

    /// <summary>Its breaker is open: it is not asked for a while.</summary>
    Open,
}

/// <summary>The words for states of checks.</summary>
public static class CheckStateWords
{
    /// <summary>The state's word in JSON.</summary>
    public static string Word(this CheckState state) => state switch
    {
        CheckState.Ok => "ok",
        CheckState.Ill => "ill",
        _ => "open",
    };
}

/// <summary>The health of a check.</summary>
/// <param name="Source">Its id.</param>
/// <param name="Name">Its public name.</param>
/// <param name="Kind">The word for its kind.</param>
/// <param name="State">Its state.</param>
/// <param name="Reason">The last failure, while it is not ok.</param>
/// <param name="Since">When it entered this state.</param>
public sealed record CheckHealth(string Source, string Name, string Kind, CheckState State, string? Reason, DateTimeOffset Since)
{
    /// <summary>False for a list that is not in the configuration: its health says nothing about this node's verdicts.</summary>
    public bool IsConfigured { get; init; } = true;
}
