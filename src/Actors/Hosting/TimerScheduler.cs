using Akka.Actor;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Event;

namespace Screening.Actors.Hosting;

/// <summary>
/// Akka's timers as those of .NET: all actor systems share the process's one thread of timers, which sleeps until one is due. Akka makes it
/// by its name in the configuration.
/// </summary>
/// <remarks>
/// Akka's own scheduler wakes a thread for each system a hundred times a second, whether a timer is due or not, and fires up to 10 ms late.
/// As there, a timer that was cancelled is dropped when it is due.
/// </remarks>
internal sealed class TimerScheduler(Config config, ILoggingAdapter log) : SchedulerBase(config, log), IDisposable
{
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private volatile bool _isOver;

    public override TimeSpan MonotonicClock => _time.GetElapsedTime(_start);

    public override TimeSpan HighResMonotonicClock => MonotonicClock;

    protected override DateTimeOffset TimeNow => _time.GetUtcNow();

    /// <summary>The actor system is over: no timer that is still set does anything.</summary>
    public void Dispose() => _isOver = true;

    protected override void InternalScheduleTellOnce(
        TimeSpan delay, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Set(delay, Timeout.InfiniteTimeSpan, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleTellRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, ICanTell receiver, object message, IActorRef sender, ICancelable cancelable) =>
        Set(initialDelay, interval, () => receiver.Tell(message, sender), cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, Action action, ICancelable cancelable) =>
        Set(delay, Timeout.InfiniteTimeSpan, action, cancelable);

    protected override void InternalScheduleOnce(TimeSpan delay, IRunnable action, ICancelable cancelable) =>
        Set(delay, Timeout.InfiniteTimeSpan, action.Run, cancelable);

    protected override void InternalScheduleRepeatedly(TimeSpan initialDelay, TimeSpan interval, Action action, ICancelable cancelable) =>
        Set(initialDelay, interval, action, cancelable);

    protected override void InternalScheduleRepeatedly(
        TimeSpan initialDelay, TimeSpan interval, IRunnable action, ICancelable cancelable) =>
        Set(initialDelay, interval, action.Run, cancelable);

    private void Set(TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable)
    {
        if (cancelable?.IsCancellationRequested != true)
            _ = new Scheduled(this, delay, interval, action, cancelable);
    }

    // A timer that is set is kept by the runtime, and keeps this.
    private sealed class Scheduled
    {
        private readonly TimerScheduler _scheduler;
        private readonly Action _action;
        private readonly ICancelable? _cancelable;
        private readonly bool _isRepeated;
        private readonly ITimer _timer;

        public Scheduled(TimerScheduler scheduler, TimeSpan delay, TimeSpan interval, Action action, ICancelable? cancelable)
        {
            (_scheduler, _action, _cancelable) = (scheduler, action, cancelable);
            _isRepeated = interval != Timeout.InfiniteTimeSpan;
            _timer = scheduler._time.CreateTimer(
                static state => ((Scheduled)state!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _timer.Change(delay, interval);
        }

        private void Fire()
        {
            if (_scheduler._isOver || _cancelable?.IsCancellationRequested == true)
                _timer.Dispose();
            else
                Run();
        }

        private void Run()
        {
            try
            {
                _action();
            }
            catch (Exception fault)
            {
                _scheduler.Log.Error(fault, "An action that was scheduled failed");
                _timer.Dispose();
            }

            if (!_isRepeated)
                _timer.Dispose();
        }
    }
}
