using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Screening.Testing.Lab.Fleet;

namespace Screening.Testing.Lab.Pods;

/// <summary>One query of <see cref="ServiceLoad"/>.</summary>
/// <param name="At">When it was due, since the load began.</param>
/// <param name="Took">Until the answer; negative: none came.</param>
/// <param name="Action">pass, drop and so on; empty: no answer.</param>
/// <param name="IsKept">The fleet has to keep the answer: a complete pass.</param>
/// <param name="Attempts">1: answered at once. More: a connection was refused or lost, and it was asked again.</param>
/// <param name="IsBanned">The client is a banned one.</param>
/// <param name="Pod">Which pod answered, or was asked last.</param>
/// <param name="Lane">Over a long-lived connection; otherwise over one of its own.</param>
public sealed record ServiceAnswer(
    string Client, TimeSpan At, TimeSpan Took, string Action, bool IsKept, int Attempts, bool IsBanned, string Pod, bool Lane)
{
    public TimeSpan Ended => At + Took;

    /// <summary>It did not go as in a quiet hour.</summary>
    public bool IsBad => Took < TimeSpan.Zero || Took > ServiceLoad.Due || Attempts > 1 || (IsBanned && Action != "drop");
}

/// <summary>
/// What mail servers do to the client Service, in the plug-in protocol: queries about ever new clients and about banned ones at a steady
/// pace, whether answers come or not, each over a connection of its own to some ready pod; and a long-lived connection to each pod, which
/// asks a query at a time. A query whose connection is refused or lost is asked again through the Service.
/// </summary>
public sealed class ServiceLoad : IAsyncDisposable
{
    /// <summary>The answer is due after this: <c>verdict.deadline</c>, and something for the way.</summary>
    public static readonly TimeSpan Due = TimeSpan.FromSeconds(1.1);

    private const int QueriesPerBanned = 20;

    // A client gives up then.
    private static readonly TimeSpan Lost = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LaneInterval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(20);

    private readonly StatefulSetLab _lab;
    private readonly int _port;
    private readonly IReadOnlyList<string> _banned;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly ConcurrentDictionary<Pod, Task> _lanes = new();
    private readonly ConcurrentDictionary<long, Task> _inFlight = new();
    private readonly Task _pacing;
    private readonly Task _following;
    private long _sent;

    private ServiceLoad(StatefulSetLab lab, int perSecond, IReadOnlyList<string> banned)
    {
        (_lab, _banned) = (lab, banned);
        _port = lab.Template.PortOf("plugin");
        _pacing = Task.Run(() => PaceAsync(TimeSpan.FromSeconds(1.0 / perSecond)));
        _following = Task.Run(FollowAsync);
    }

    /// <summary>Everything that was asked.</summary>
    public ConcurrentQueue<ServiceAnswer> Answers { get; } = new();

    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Starts to ask.</summary>
    /// <param name="perSecond">Queries a second over connections of their own.</param>
    /// <param name="banned">Clients that must never pass; every twentieth query is about one.</param>
    public static ServiceLoad Start(StatefulSetLab lab, int perSecond, IReadOnlyList<string> banned) => new(lab, perSecond, banned);

    /// <summary>Ends the load; all that was asked is answered or lost by then.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _pacing;
        await _following;
        await Task.WhenAll(_lanes.Values);
        await Task.WhenAll(_inFlight.Values);
    }

    /// <summary>What came of the queries of a span of time.</summary>
    public ServiceResult Result(TimeSpan from, TimeSpan to) => ServiceResult.Of([.. Answers.Where(a => a.At >= from && a.At < to)]);

    public async ValueTask DisposeAsync()
    {
        if (!_stopping.IsCancellationRequested)
            await StopAsync();
        _stopping.Dispose();
    }

    // Open loop: a query is due whether those before it were answered or not.
    private async Task PaceAsync(TimeSpan interval)
    {
        for (var due = _clock.Elapsed; !_stopping.IsCancellationRequested; due += interval)
        {
            while (due - _clock.Elapsed is { Ticks: > 0 } wait)
                await Task.Delay(wait); // Which may end a moment early.
            var (number, at) = (++_sent, due);
            var client = number % QueriesPerBanned == 0 ? _banned[(int)(number % _banned.Count)] : FleetLoad.NewClient();
            _inFlight[number] = Task.Run(async () =>
            {
                await AskAsync(client, at, null, null);
                _inFlight.TryRemove(number, out _);
            });
        }
    }

    // A mail server beside each pod that the Service sends to. Where its connection broke and the pod stayed, it makes another one.
    private async Task FollowAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            foreach (var pod in _lab.Endpoints.Where(p => !_lanes.TryGetValue(p, out var lane) || lane.IsCompletedSuccessfully))
                _lanes[pod] = Task.Run(() => KeepAskingAsync(pod));
            await Task.Delay(LaneInterval);
        }
    }

    private async Task KeepAskingAsync(Pod pod)
    {
        Socket? socket = null;
        while (!_stopping.IsCancellationRequested)
        {
            // The other end has closed it between two queries: nothing is lost.
            if (socket is not null && socket.Poll(0, SelectMode.SelectRead))
            {
                socket.Dispose();
                return;
            }

            socket = await AskAsync(FleetLoad.NewClient(), _clock.Elapsed, pod, socket);
            if (socket is null)
                return;
            await Task.Delay(LaneInterval);
        }

        socket?.Dispose();
    }

    /// <summary>Asks until there is an answer.</summary>
    /// <param name="lane">Asks this pod first, over a connection that stays open; null: any pod.</param>
    /// <param name="open">That connection; null: to be made.</param>
    /// <returns>The lane's connection, if the answer came over it.</returns>
    private async Task<Socket?> AskAsync(string client, TimeSpan at, Pod? lane, Socket? open)
    {
        var (attempts, asked) = (0, lane?.Name ?? "");
        while (_clock.Elapsed - at < Lost)
        {
            var pod = attempts == 0 ? lane ?? Any() : Any();
            if (pod is null)
            {
                await Task.Delay(AgainAfter);
                continue;
            }

            attempts++;
            var isLane = lane is not null && attempts == 1;
            var (socket, answer) = await TryAskAsync(pod, client, isLane ? open : null);
            asked = pod.Name;
            if (answer is null)
            {
                await Task.Delay(AgainAfter);
                continue;
            }

            Answers.Enqueue(AnswerOf(client, at, answer, attempts, asked, lane is not null));
            if (isLane)
                return socket;
            socket!.Dispose();
            return null;
        }

        Answers.Enqueue(new ServiceAnswer(
            client, at, TimeSpan.FromSeconds(-1), "", false, attempts, _banned.Contains(client), asked, lane is not null));
        return null;
    }

    private ServiceAnswer AnswerOf(string client, TimeSpan at, string answer, int attempts, string pod, bool isLane)
    {
        var lines = answer.Split('\n').Select(line => line.Split('=', 2)).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1]);
        var ttl = lines.TryGetValue("ttl", out var text) ? int.Parse(text, CultureInfo.InvariantCulture) : 0;
        var action = lines.GetValueOrDefault("action", "");
        // A complete pass lives for verdict.pass_ttl_min at least, one that lacks a source's answer only for verdict.default_ttl.
        return new ServiceAnswer(
            client, at, _clock.Elapsed - at, action, action == "pass" && ttl >= 600, attempts, _banned.Contains(client), pod, isLane);
    }

    private Pod? Any() => _lab.Endpoints is { Count: > 0 } pods ? pods[Random.Shared.Next(pods.Count)] : null;

    private async Task<(Socket? Socket, string? Answer)> TryAskAsync(Pod pod, string client, Socket? open)
    {
        using var limit = new CancellationTokenSource(AttemptLimit);
        var socket = open;
        try
        {
            if (socket is null)
            {
                socket = _lab.Clients.CreateSocket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(new IPEndPoint(pod.Address, _port), limit.Token);
            }

            if (await FleetLoad.AskOnceAsync(socket, client, limit.Token) is { } answer)
                return (socket, answer);
        }
        catch (Exception fault) when (fault is OperationCanceledException or SocketException)
        {
            // Refused, lost, or silent for too long: asked again.
        }

        socket?.Dispose();
        return (null, null);
    }
}

/// <summary>What came of some queries.</summary>
/// <param name="Again">Queries whose connection was refused or lost before the answer, and that were asked again.</param>
/// <param name="Late">Answered after <see cref="ServiceLoad.Due"/>.</param>
/// <param name="LetIn">Banned clients that were not refused.</param>
/// <param name="LongestGap">The longest time in which no query was answered.</param>
public sealed record ServiceResult(
    int Sent, int Unanswered, int Again, int Late, int LetIn, TimeSpan P50, TimeSpan P99, TimeSpan Longest, TimeSpan LongestGap)
{
    internal static ServiceResult Of(IReadOnlyList<ServiceAnswer> answers)
    {
        var answered = answers.Where(a => a.Took >= TimeSpan.Zero).ToList();
        var took = answered.Select(a => a.Took).Order().ToList();
        var ends = answered.Select(a => a.Ended).Order().ToList();
        var gap = ends.Zip(ends.Skip(1), (before, after) => after - before).DefaultIfEmpty().Max();
        TimeSpan Part(double part) => took.Count == 0 ? default : took[Math.Min(took.Count - 1, (int)(took.Count * part))];
        return new ServiceResult(
            answers.Count, answers.Count - answered.Count, answers.Count(a => a.Attempts > 1),
            answered.Count(a => a.Took > ServiceLoad.Due), answered.Count(a => a.IsBanned && a.Action != "drop"),
            Part(.5), Part(.99), Part(1), gap);
    }

    public override string ToString() => FormattableString.Invariant(
        $"{Sent} queries, {Unanswered} unanswered, {Again} asked again, {Late} late, {LetIn} banned let in; ")
        + FormattableString.Invariant(
            $"p50 {P50.TotalMilliseconds:0.0} p99 {P99.TotalMilliseconds:0.0} max {Longest.TotalMilliseconds:0.0} ms, longest gap ")
        + FormattableString.Invariant($"{LongestGap.TotalMilliseconds:0} ms");
}
