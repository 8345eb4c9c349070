using Akka.Actor;

namespace Screening.Actors.Fleet;

/// <summary>What the rest of the node sees of the fleet, at any moment and without asking an actor. Safe for many threads.</summary>
internal sealed class FleetPort(TimeProvider time)
{
    // How far back "slow" looks, in two halves.
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private volatile IActorRef? _region;
    private volatile bool _isLeftAlone;
    private long _windowStart = time.GetTimestamp();
    private (int InTime, int Late) _now;
    private (int InTime, int Late) _before;

    /// <summary>Takes every message to the whitelist; null: this node is in no cluster.</summary>
    public IActorRef? Region => _region;

    /// <summary>The fleet failed repeatedly, and is not asked for a while.</summary>
    public bool IsLeftAlone => _isLeftAlone;

    /// <summary>Part of the questions of the last seconds that had no answer in time, 0..1; 0 as well when hardly any were asked.</summary>
    public double LateShare
    {
        get
        {
            lock (_lock)
            {
                Turn();
                var late = _now.Late + _before.Late;
                var all = late + _now.InTime + _before.InTime;
                return late < 3 ? 0 : (double)late / all;
            }
        }
    }

    public void Set(IActorRef? region, bool isLeftAlone)
    {
        _region = region;
        _isLeftAlone = isLeftAlone;
    }

    public void CountAnswer(bool inTime)
    {
        lock (_lock)
        {
            Turn();
            _now = inTime ? (_now.InTime + 1, _now.Late) : (_now.InTime, _now.Late + 1);
        }
    }

    private void Turn()
    {
        var passed = time.GetElapsedTime(_windowStart);
        if (passed < Window)
            return;
        _before = passed < Window * 2 ? _now : default;
        _now = default;
        _windowStart = time.GetTimestamp();
    }
}
