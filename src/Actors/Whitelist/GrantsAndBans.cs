using Screening.Protocol.Vocabulary;

namespace Screening.Actors.Whitelist;

/// <summary>
/// This node's copy of the fleet's grants and bans, read by the endpoints without any actor. It stays when the fleet is lost, and is there
/// before the first door opens if the node has it on disk. One thread changes it, any number read it; an expired line behaves as absent.
/// </summary>
/// <remarks>
/// Confirmed means that an entity that has recovered told this node that its copy is up to date. While the copy is not confirmed it still
/// decides, but it may lack what was set since.
/// </remarks>
public sealed class GrantsAndBans(TimeProvider time)
{
    /// <summary>How often a node asks whether its copy is up to date.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    // One answer may be lost.
    private static readonly TimeSpan ConfirmedFor = Period * 2;

    private volatile Copy _copy = new(GrantsState.Empty);
    private volatile bool _isBehind = true;
    private readonly TaskCompletionSource _firstConfirmation = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isKnown;
    private long _confirmedAt = time.GetTimestamp();

    /// <summary>Raised on the thread that changes the copy, after each change.</summary>
    internal event Action? Changed;

    /// <summary>False until a copy was read from disk or the entity was heard: then "not banned" says nothing.</summary>
    public bool IsKnown => _isKnown;

    /// <summary>True if this copy is up to date, as far as can be known.</summary>
    public bool IsConfirmed => !_isBehind && UnconfirmedFor <= ConfirmedFor;

    /// <summary>How long ago the copy was confirmed, or this node started.</summary>
    public TimeSpan UnconfirmedFor => time.GetElapsedTime(Volatile.Read(ref _confirmedAt));

    /// <summary>True if the copy is behind for longer than an operator need not know of.</summary>
    public bool IsStale => UnconfirmedFor > ConfirmedFor;

    /// <summary>Ends when this copy is confirmed for the first time.</summary>
    internal Task FirstConfirmation => _firstConfirmation.Task;

    /// <summary>All of them, as one state.</summary>
    internal GrantsState State => _copy.State;

    /// <summary>How many of a kind there are, expired ones included until they are removed.</summary>
    public int Count(GrantKind kind) => _copy.TableOf(kind).Count;

    /// <summary>The unexpired grant or ban with the longest network that contains the client. Allocates nothing.</summary>
    /// <param name="ttlSeconds">What is left of it, at least 1.</param>
    public bool TryMatch(GrantKind kind, ClientAddress client, out int ttlSeconds, out string reason)
    {
        if (_copy.TableOf(kind).Find(client, time) is not { } line)
        {
            (ttlSeconds, reason) = (0, "");
            return false;
        }

        ttlSeconds = (int)Math.Clamp((line.ExpiresMs - time.GetUtcNow().ToUnixTimeMilliseconds()) / 1000, 1, int.MaxValue);
        reason = line.Reason;
        return true;
    }

    /// <summary>Starts with what this node had before it was stopped.</summary>
    internal void Load(GrantsState state)
    {
        _copy = new Copy(state);
        _isKnown = true;
    }

    /// <summary>Takes over all of an entity's state, unless this copy is a later one.</summary>
    internal void Replace(GrantsState state)
    {
        if (state.Version.CompareTo(State.Version) < 0)
            return;
        _copy = new Copy(state);
        Changed?.Invoke();
    }

    /// <summary>Takes over a change.</summary>
    /// <returns>False if changes before it are missing here.</returns>
    internal bool TryApply(GrantsChanged changed)
    {
        var copy = _copy;
        var version = copy.State.Version;
        if (changed.After.Life == version.Life && changed.After.Number <= version.Number)
            return true; // Known: one life numbers each change once.
        if (changed.After.Life < version.Life || !changed.Before.IsSameContent(version))
            return false;
        copy.Apply(changed.Change, changed.After.Life);
        Changed?.Invoke();
        return copy.State.Version == changed.After;
    }

    /// <summary>An entity that has recovered is at this version.</summary>
    /// <returns>False if this copy is of another one.</returns>
    internal bool TryConfirm(GrantsVersion version)
    {
        var copy = _copy;
        if (version.Life < copy.State.Version.Life || !version.IsSameContent(copy.State.Version))
            return false;
        if (version != copy.State.Version)
        {
            copy.State = copy.State.InLife(version.Life);
            Changed?.Invoke();
        }

        Volatile.Write(ref _confirmedAt, time.GetTimestamp());
        _isBehind = false;
        _isKnown = true;
        _firstConfirmation.TrySetResult();
        return true;
    }

    /// <summary>Something is missing here.</summary>
    internal void MarkBehind() => _isBehind = true;

    private sealed class Copy
    {
        private readonly GrantsTable _grants = new();
        private readonly GrantsTable _bans = new();
        private volatile GrantsState _state;

        public Copy(GrantsState state)
        {
            _state = state;
            foreach (var line in state.Lines)
                TableOf(line.Kind).Put(line);
        }

        public GrantsState State
        {
            get => _state;
            set => _state = value;
        }

        public GrantsTable TableOf(GrantKind kind) => kind == GrantKind.Ban ? _bans : _grants;

        public void Apply(GrantsChange change, long life)
        {
            foreach (var line in change.OnlySets ? [] : _state.Lines.Where(change.Removes))
                TableOf(line.Kind).Remove(line.Network);
            foreach (var line in change.Set)
                TableOf(line.Kind).Put(line);
            _state = _state.Apply(change).InLife(life);
        }
    }
}
