using System.Diagnostics;
using System.Net.Sockets;
using Screening.Testing.Lab.Fleet;

namespace Screening.Benchmarks.Fleet;

/// <summary>What a watch saw.</summary>
/// <param name="Asked">Queries that were answered.</param>
/// <param name="LetIn">Answers that let a banned client in.</param>
/// <param name="LastLetIn">When that last happened, since the watch began.</param>
/// <param name="Slowest">The longest time to an answer.</param>
internal sealed record BanSightings(long Asked, long LetIn, TimeSpan LastLetIn, TimeSpan Slowest)
{
    public static readonly BanSightings None = new(0, 0, TimeSpan.Zero, TimeSpan.Zero);

    public BanSightings And(BanSightings other) => new(
        Asked + other.Asked, LetIn + other.LetIn, Max(LastLetIn, other.LastLetIn), Max(Slowest, other.Slowest));

    private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
}

/// <summary>
/// Asks one node's plug-in door about random banned clients at a steady pace, from the <c>ready</c> of the node until its connection ends
/// or the watch is ended. A node that shuts down is asked until it closes the connection: its last answers count as well.
/// </summary>
internal sealed class BanWatch
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    private readonly CancellationTokenSource _ending = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Task<BanSightings> _watching;

    private BanWatch(FleetNode node, int bans) => _watching = Task.Run(() => WatchAsync(node, bans));

    /// <summary>Begins to ask.</summary>
    /// <param name="bans">The banned clients are the first of <see cref="WhitelistLines.BannedClient"/>.</param>
    public static BanWatch Begin(FleetNode node, int bans) => new(node, bans);

    public async Task<BanSightings> EndAsync()
    {
        await _ending.CancelAsync();
        return await _watching;
    }

    private async Task<BanSightings> WatchAsync(FleetNode node, int bans)
    {
        var seen = BanSightings.None;
        using var timer = new PeriodicTimer(Interval);
        try
        {
            using var socket = await FleetLoad.ConnectAsync(node);
            while (await timer.WaitForNextTickAsync(_ending.Token))
            {
                var asked = _clock.Elapsed;
                if (await FleetLoad.AskOnceAsync(socket, WhitelistLines.BannedClient(Random.Shared.Next(bans)),
                    CancellationToken.None) is not { } answer)
                {
                    break;
                }

                var isLetIn = !answer.Contains("action=drop\n", StringComparison.Ordinal);
                seen = seen.And(new BanSightings(1, isLetIn ? 1 : 0, isLetIn ? _clock.Elapsed : TimeSpan.Zero, _clock.Elapsed - asked));
            }
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            // Told to end, or the node was killed.
        }

        return seen;
    }
}
