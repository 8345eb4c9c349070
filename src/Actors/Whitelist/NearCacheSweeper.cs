using Akka.Actor;

namespace Screening.Actors.Whitelist;

/// <summary>Drops the near cache's expired entries once a minute, in its own mailbox so that nobody waits for it.</summary>
internal sealed class NearCacheSweeper(NearCache cache) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props CreateProps(NearCache cache) => Props.Create(() => new NearCacheSweeper(cache));

    protected override void PreStart() => Timers.StartPeriodicTimer(nameof(Sweep), Sweep.Instance, Interval);

    protected override void OnReceive(object message)
    {
        if (message is Sweep)
            cache.Sweep();
        else
            Unhandled(message);
    }

    private sealed class Sweep
    {
        public static readonly Sweep Instance = new();

        private Sweep()
        {
        }
    }
}
