namespace Screening.Node.Commands.Demo;

/// <summary>Plays the script on a node, step by step.</summary>
/// <param name="pace">The pause behind each step.</param>
internal sealed class DemoPlay(DemoNode node, DemoSources sources, DemoScreen screen, TimeSpan pace, TimeProvider time)
{
    private const string BanLife = "1h";
    private const int StepsBetweenHints = 20;
    private const double SlowPace = 5;

    // Failures show in the status after a moment; far sooner than this.
    private static readonly TimeSpan StatusTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StatusInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>Plays the script once.</summary>
    public async Task PlayAsync(CancellationToken cancellation)
    {
        foreach (var step in DemoScript.Steps)
        {
            await PlayAsync(step, cancellation).ConfigureAwait(false);
            await Task.Delay(pace, time, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Lets clients come, slowly, until it is cancelled.</summary>
    /// <param name="hints">What to show now and then.</param>
    public async Task KeepPlayingAsync(IReadOnlyList<string> hints, CancellationToken cancellation)
    {
        for (var number = 0; ; number++)
        {
            if (number % StepsBetweenHints == 0)
            {
                await screen.SayAsync(["", .. hints]).ConfigureAwait(false);
                await PlayAsync(new DemoStep.Title("Clients keep coming until Ctrl-C"), cancellation).ConfigureAwait(false);
            }

            await PlayAsync(new DemoStep.Arrival(DemoScript.Later(number)), cancellation).ConfigureAwait(false);
            await Task.Delay(pace * SlowPace, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task PlayAsync(DemoStep step, CancellationToken cancellation)
    {
        switch (step)
        {
            case DemoStep.Title title:
                await screen.TitleAsync(title.Text).ConfigureAwait(false);
                await screen.ColumnsAsync().ConfigureAwait(false);
                break;
            case DemoStep.Arrival arrival:
                await screen.VerdictAsync(await node.ArriveAsync(arrival.Client, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            case DemoStep.Outage outage:
                sources.IsBlocklistSilent = outage.Begins;
                break;
            case DemoStep.Status status:
                await screen.StatusAsync(await StatusAsync(status.IsDegraded, cancellation).ConfigureAwait(false)).ConfigureAwait(false);
                break;
            case DemoStep.Ban ban:
                await node.BanAsync(ban.Client, BanLife, ban.Reason, cancellation).ConfigureAwait(false);
                await screen.CommandAsync($"screening cache ban {ban.Client.Address} --ttl {BanLife} --reason \"{ban.Reason}\"")
                    .ConfigureAwait(false);
                break;
            case DemoStep.Forget forget:
                await node.ForgetAsync(forget.Client, cancellation).ConfigureAwait(false);
                await screen.CommandAsync($"screening cache forget {forget.Client.Address}").ConfigureAwait(false);
                break;
        }
    }

    private async Task<IReadOnlyList<string>> StatusAsync(bool wanted, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var degraded = await node.DegradedAsync(cancellation).ConfigureAwait(false);
            if (degraded.Count > 0 == wanted || time.GetElapsedTime(started) > StatusTimeout)
                return degraded;
            await Task.Delay(StatusInterval, time, cancellation).ConfigureAwait(false);
        }
    }
}
