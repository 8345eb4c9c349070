using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Screening.Testing.Lab.Fleet;

/// <summary>
/// Asks nodes about ever new clients at a steady pace, one query at a time on each connection, and notes how long each took.
/// </summary>
public sealed class FleetLoad : IAsyncDisposable
{
    // What has not been answered for so long never will be.
    private static readonly TimeSpan Lost = TimeSpan.FromMinutes(1);

    private static int _nextClient = 0x0B000000;

    private readonly CancellationTokenSource _stopping = new();
    private readonly List<Task> _asking = [];
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>
    /// Every query: node, client, when it was asked, how long it took; negative: no answer; whether the fleet has to keep the answer.
    /// </summary>
    public ConcurrentQueue<(string Node, string Client, TimeSpan At, TimeSpan Took, bool Kept)> Answers { get; } = new();

    /// <summary>Since the load began.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Starts to ask.</summary>
    /// <param name="perSecond">Queries a second at each node.</param>
    public static FleetLoad Start(IEnumerable<FleetNode> nodes, int perSecond, int connections = 4)
    {
        var load = new FleetLoad();
        foreach (var node in nodes)
        {
            for (var i = 0; i < connections; i++)
                load._asking.Add(Task.Run(() => load.AskAsync(node, TimeSpan.FromSeconds((double)connections / perSecond))));
        }

        return load;
    }

    /// <summary>A client that nobody has asked about.</summary>
    public static string NewClient()
    {
        // One to a /24, so that they spread over all buckets.
        var number = Interlocked.Add(ref _nextClient, 256) + 1;
        return new System.Net.IPAddress([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]).ToString();
    }

    /// <summary>Asks once; the reply's text, or null when the connection ended.</summary>
    public static async Task<string?> AskOnceAsync(Socket socket, string client, CancellationToken cancellation = default)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes($"query_id=q\nremote_address={client}\n\n"), cancellation);
        var text = new StringBuilder();
        var buffer = new byte[512];
        while (!text.ToString().EndsWith("\n\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer, cancellation);
            if (read == 0)
                return null;
            text.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    public static async Task<Socket> ConnectAsync(FleetNode node)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(node.PluginSocket));
        return socket;
    }

    /// <summary>Waits for so many queries to be over in all.</summary>
    public Task UntilAnsweredAsync(int count, TimeSpan within) =>
        Poll.UntilAsync(() => Answers.Count >= count, within, $"{count} answers", () => $"{Answers.Count}");

    /// <summary>Ends the load and gives what came of it.</summary>
    public async Task<FleetLoadResult> StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_asking);
        return Result(_ => true);
    }

    /// <summary>Lets the clients come back whose pass was not to be kept, until it is. Gives how many they were.</summary>
    public async Task<int> ComeBackAsync(FleetNode node, TimeSpan patience)
    {
        using var socket = await ConnectAsync(node);
        var again = Answers.Where(a => !a.Kept).Select(a => a.Client).ToList();
        foreach (var client in again)
            await Poll.UntilAsync(async () => IsKept(await AskOnceAsync(socket, client)), patience, $"a complete pass for {client}");
        return again.Count;
    }

    /// <summary>What came of the queries that are meant.</summary>
    public FleetLoadResult Result(Func<(string Node, string Client, TimeSpan At, TimeSpan Took, bool Kept), bool> isMeant)
    {
        var meant = Answers.Where(isMeant).ToList();
        var took = meant.Where(a => a.Took >= TimeSpan.Zero).Select(a => a.Took.TotalMilliseconds).Order().ToList();
        double Percentile(double p) => took.Count == 0 ? 0 : took[Math.Min(took.Count - 1, (int)(took.Count * p))];
        return new FleetLoadResult(meant.Count, meant.Count - took.Count, Percentile(.5), Percentile(.99), took.Count == 0 ? 0 : took[^1]);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
            await StopAsync();
        _stopping.Dispose();
    }

    // A complete pass lives for verdict.pass_ttl_min at least, one that lacks a source's answer only for verdict.default_ttl.
    private static bool IsKept(string? answer) =>
        answer is not null && answer.Contains("action=pass\n", StringComparison.Ordinal)
        && answer.Split('\n').Any(
            line => line.StartsWith("ttl=", StringComparison.Ordinal) && int.Parse(line.AsSpan(4), CultureInfo.InvariantCulture) >= 600);

    private async Task AskAsync(FleetNode node, TimeSpan interval)
    {
        using var socket = await ConnectAsync(node);
        using var timer = new PeriodicTimer(interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stopping.Token))
            {
                var client = NewClient();
                var at = _clock.Elapsed;
                using var patience = new CancellationTokenSource(Lost);
                string? answer = null;
                try
                {
                    answer = await AskOnceAsync(socket, client, patience.Token);
                }
                catch (Exception fault) when (fault is OperationCanceledException or SocketException)
                {
                    // No answer: counted below.
                }

                Answers.Enqueue((node.Name, client, at, answer is null ? TimeSpan.FromSeconds(-1) : _clock.Elapsed - at, IsKept(answer)));
                if (answer is null)
                    return;
            }
        }
        catch (OperationCanceledException)
        {
            // Told to end.
        }
    }
}

/// <summary>Latencies in milliseconds.</summary>
public sealed record FleetLoadResult(int Count, int Unanswered, double P50, double P99, double Max)
{
    public override string ToString() =>
        FormattableString.Invariant($"{Count} queries, {Unanswered} unanswered, p50 {P50:0.0} p99 {P99:0.0} max {Max:0.0} ms");
}
