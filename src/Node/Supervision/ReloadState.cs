using System.Collections.Immutable;
using Screening.Node.Configuration;

namespace Screening.Node.Supervision;

/// <summary>What is read again, each with faults of its own.</summary>
internal enum ReloadPart
{
    Configuration,
    Lists,
}

/// <summary>
/// The settings in use, and what is wrong with those that should replace them. One thread changes it, any number read it.
/// </summary>
/// <remarks>
/// Settings of <see cref="RestartSettings"/> are those of the start, whatever the file contains later. They are compared with the start, so
/// a change that is taken back is not a change.
/// </remarks>
internal sealed class ReloadState
{
    private const string TroublePart = "reload";

    private readonly ScreeningOptions _started;
    private readonly Troubles _troubles;
    private readonly TimeProvider _time;
    private volatile View _view;

    public ReloadState(ConfigurationResult started, Troubles troubles, TimeProvider time)
    {
        _started = started.Options!;
        _troubles = troubles;
        _time = time;
        File = started.File;
        _view = new View(_started, time.GetUtcNow(), ImmutableDictionary<ReloadPart, ImmutableArray<string>>.Empty, []);
    }

    /// <summary>The configuration file, as the operator named it; null: there was none.</summary>
    public string? File { get; }

    /// <summary>The settings in use, but for those that take a restart.</summary>
    public ScreeningOptions Options => _view.Options;

    /// <summary>When the settings in use were loaded.</summary>
    public DateTimeOffset Loaded => _view.Loaded;

    /// <summary>The tables of the file that differ from what runs and take a restart.</summary>
    public IReadOnlyList<string> RestartNeeded => _view.RestartNeeded;

    /// <summary>All faults of the latest reload; empty: it succeeded.</summary>
    public IReadOnlyList<string> Faults => [.. _view.Faults.OrderBy(part => part.Key).SelectMany(part => part.Value)];

    /// <summary>Since when a reload has been failing; null: the latest one succeeded.</summary>
    public DateTimeOffset? FailedSince => _troubles.Find(TroublePart)?.Since;

    /// <summary>True while a part cannot be reloaded.</summary>
    public bool HasFaults(ReloadPart part) => _view.Faults.ContainsKey(part);

    /// <summary>A part was not reloaded.</summary>
    /// <returns>False if exactly this is known already.</returns>
    public bool Fail(ReloadPart part, IReadOnlyList<string> faults)
    {
        var isNew = !_view.Faults.TryGetValue(part, out var known) || !known.SequenceEqual(faults);
        SetFaults(_view.Faults.SetItem(part, [.. faults]));
        return isNew;
    }

    /// <summary>A part was reloaded.</summary>
    public void Mend(ReloadPart part) => SetFaults(_view.Faults.Remove(part));

    /// <summary>New settings are in use.</summary>
    /// <returns>The tables that changed since the latest reload and take a restart.</returns>
    public IReadOnlyList<string> Use(ScreeningOptions options)
    {
        var needed = RestartSettings.Changed(_started, options);
        var changed = RestartSettings.Changed(_view.Options, options);
        _view = _view with { Options = options, Loaded = _time.GetUtcNow(), RestartNeeded = needed };
        Mend(ReloadPart.Configuration);
        return [.. needed.Intersect(changed)];
    }

    private void SetFaults(ImmutableDictionary<ReloadPart, ImmutableArray<string>> faults)
    {
        _view = _view with { Faults = faults };
        if (faults.IsEmpty)
            _troubles.Clear(TroublePart);
        else
            _troubles.Report(
                TroublePart, rung: 0, $"configuration: the latest reload failed, the settings before it stay in use: {Faults[0]}");
    }

    private sealed record View(
        ScreeningOptions Options, DateTimeOffset Loaded, ImmutableDictionary<ReloadPart, ImmutableArray<string>> Faults,
        IReadOnlyList<string> RestartNeeded);
}
