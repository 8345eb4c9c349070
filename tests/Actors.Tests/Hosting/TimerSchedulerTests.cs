using Akka.Actor;
using Akka.TestKit.Xunit2;
using Screening.Actors.Hosting;

namespace Screening.Actors.Tests.Hosting;

public class TimerSchedulerTests : TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public TimerSchedulerTests()
        : base($"""akka.scheduler.implementation = "{typeof(TimerScheduler).AssemblyQualifiedName}" """)
    {
    }

    [Fact]
    public void The_systems_have_it_and_it_tells_once_or_again_and_again_until_cancelled()
    {
        Assert.IsType<TimerScheduler>(Sys.Scheduler);
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.Zero, TestActor, "once", ActorRefs.NoSender);
        ExpectMsg("once", Patience);
        using var ticks = new Cancelable(Sys.Scheduler);
        Sys.Scheduler.ScheduleTellRepeatedly(TimeSpan.Zero, Soon, TestActor, "tick", ActorRefs.NoSender, ticks);
        for (var i = 0; i < 3; i++)
            ExpectMsg("tick", Patience);
        ticks.Cancel();
        TellAfter("last", TimeSpan.FromMilliseconds(20));
        FishForMessage(message => message is "last", Patience);
        TellAfter("end", TimeSpan.FromMilliseconds(20));
        ExpectMsg("end", Patience); // No tick in between.
    }

    [Fact]
    public void An_action_that_fails_is_the_last_of_its_timer_and_harms_no_other()
    {
        var runs = 0;
        Sys.Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.Zero, Soon, () =>
        {
            runs++;
            throw new InvalidOperationException("as it should");
        });
        AwaitCondition(() => runs == 1, Patience);
        TellAfter("after", TimeSpan.FromMilliseconds(20));
        ExpectMsg("after", Patience);
        Assert.Equal(1, runs);
    }

    [Fact]
    public async Task Nothing_is_told_once_the_system_is_over()
    {
        var told = 0;
        Sys.Scheduler.Advanced.ScheduleRepeatedly(TimeSpan.Zero, Soon, () => Interlocked.Increment(ref told));
        AwaitCondition(() => Volatile.Read(ref told) > 1, Patience);
        await Sys.Terminate();
        await Task.Delay(20);
        var before = Volatile.Read(ref told);
        await Task.Delay(20);
        Assert.Equal(before, Volatile.Read(ref told));
    }

    private void TellAfter(string message, TimeSpan delay) =>
        Sys.Scheduler.ScheduleTellOnce(delay, TestActor, message, ActorRefs.NoSender);
}
