using System.Diagnostics;
using System.Net;
using Screening.Benchmarks.Native;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Load;

/// <summary>
/// A client of the plug-in protocol that puts load on a server and checks that every <c>query_id</c> is answered exactly once, on the
/// connection it was asked on. One thread; its own cost per query is a fraction of a server's.
/// </summary>
internal sealed class PluginLoad : IDisposable
{
    // More than can ever be in flight, so that a slot still tells a second answer from a wrong one long after.
    private const int SlotCount = 1 << 16;
    private const int DefaultTtlSeconds = 300;

    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly Slot[] _slots = new Slot[SlotCount];
    private readonly LoadConnection[] _connections;
    private readonly Epoll _epoll = new();
    private LoadResult _result = new(1);
    private uint _nextId;
    private int _waiting;
    private bool _measuring;

    public PluginLoad(EndPoint target, int connections)
        : this([.. Enumerable.Repeat(target, connections)])
    {
    }

    /// <summary>A connection to each of these, used in turn.</summary>
    public PluginLoad(IReadOnlyList<EndPoint> targets)
    {
        _connections = [.. targets.Select(LoadConnection.Open)];
        for (var tag = 0; tag < _connections.Length; tag++)
            _epoll.Add(_connections[tag].Socket, tag);
    }

    /// <summary>What the lists took, which is then no part of a query's time; null: all counts.</summary>
    public AnswerTimes? Times { get; init; }

    /// <summary>Keeps so many queries in flight on each connection: what throughput is measured with.</summary>
    /// <param name="client">Whom to ask about, by the query's number.</param>
    /// <param name="server">Whose CPU time counts; null: nobody's.</param>
    public LoadResult RunClosed(int depth, TimeSpan warmUp, TimeSpan length, Func<int, LoadClient> client, ProcessUsage? server = null)
    {
        _result = new LoadResult(1);
        _measuring = false;
        var issued = 0;
        var start = Stopwatch.GetTimestamp();
        var measureFrom = start + TicksOf(warmUp);
        var end = measureFrom + TicksOf(length);
        var window = default(LoadWindow);
        for (var tag = 0; tag < _connections.Length; tag++)
        {
            for (var i = 0; i < depth; i++)
                Issue(tag, client(issued++), Stopwatch.GetTimestamp());
            Flush(tag);
        }

        for (var now = start; now < end; now = Stopwatch.GetTimestamp())
        {
            if (!_measuring && now >= measureFrom)
            {
                _measuring = true;
                window = LoadWindow.Open(server);
            }

            var ready = _epoll.Wait(100_000_000);
            for (var i = 0; i < ready; i++)
            {
                var tag = _epoll.TagOf(i);
                var answers = Receive(tag);
                now = Stopwatch.GetTimestamp();
                for (; answers > 0; answers--)
                    Issue(tag, client(issued++), now);
                Flush(tag);
            }

            if (_result.Closed == _connections.Length)
                break;
        }

        _result.Measured = _result.All.Latency.Count;
        window.Close(_result, server);
        _measuring = false;
        Drain();
        return _result;
    }

    /// <summary>
    /// Asks at a fixed rate, whatever the server does, and measures from the time that a query was due: a server that stalls is charged
    /// with all the queries that had to wait for it.
    /// </summary>
    /// <param name="perSecond">The rate; infinite for all at once.</param>
    /// <param name="client">Whom to ask about, by the query's number.</param>
    /// <param name="groups">How many groups the clients belong to.</param>
    /// <param name="together">How many queries are due at the same moment; the rate is that of all queries.</param>
    public LoadResult RunOpen(
        int count, double perSecond, Func<int, LoadClient> client, int groups = 1, ProcessUsage? server = null, int together = 1)
    {
        _result = new LoadResult(groups);
        _measuring = true;
        var ticksBetween = Stopwatch.Frequency / perSecond;
        var window = LoadWindow.Open(server);
        var start = Stopwatch.GetTimestamp();
        for (var issued = 0; issued < count && _result.Closed < _connections.Length;)
        {
            var now = Stopwatch.GetTimestamp();
            var due = DueOf(issued);
            for (; due <= now && issued < count; due = DueOf(issued))
                Issue(issued % _connections.Length, client(issued++), due);
            FlushAll();
            TakeReady((long)(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due).TotalNanoseconds));
        }

        Drain();
        _result.Measured = _result.Groups.Sum(g => g.Latency.Count);
        window.Close(_result, server);
        return _result;

        long DueOf(int number) => start + (long)(number / together * together * ticksBetween);
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _epoll.Dispose();
    }

    private static long TicksOf(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);

    private void Issue(int tag, in LoadClient client, long due)
    {
        while (_slots[_nextId % SlotCount].IsWaiting)
            _nextId++;
        var id = _nextId++;
        _slots[id % SlotCount] = new Slot
        {
            Id = id,
            IsWaiting = true,
            Connection = tag,
            Group = client.Group,
            Due = due,
            Client = client.Address,
        };
        Times?.Clear(client.Address);
        _connections[tag].Append(id, client.Address);
        _waiting++;
        _result.Sent++;
    }

    private void FlushAll()
    {
        for (var tag = 0; tag < _connections.Length; tag++)
        {
            if (_connections[tag].HasOutput && !_connections[tag].IsHeldUp)
                Flush(tag);
        }
    }

    private void Flush(int tag)
    {
        var connection = _connections[tag];
        if (connection.IsClosed)
            return;
        var heldUp = connection.IsHeldUp;
        connection.Flush();
        if (connection.IsHeldUp != heldUp)
            _epoll.WatchWrites(connection.Socket, tag, connection.IsHeldUp);
    }

    private void TakeReady(long nanoseconds)
    {
        var ready = _epoll.Wait(nanoseconds);
        for (var i = 0; i < ready; i++)
        {
            var tag = _epoll.TagOf(i);
            Receive(tag);
            if (_connections[tag].IsHeldUp)
                Flush(tag);
        }
    }

    // Returns how many replies came, right or wrong.
    private int Receive(int tag)
    {
        var connection = _connections[tag];
        if (connection.IsClosed)
            return 0;
        connection.Receive();
        var now = Stopwatch.GetTimestamp();
        var replies = 0;
        for (; connection.TryTakeReply(out var reply); replies++)
            Take(reply, tag, now);
        if (connection.IsClosed)
        {
            _result.Closed++;
            connection.Dispose();
        }

        return replies;
    }

    private void Take(in LoadReply reply, int tag, long now)
    {
        ref var slot = ref _slots[reply.Id % SlotCount];
        if (!reply.Understood || slot.Id != reply.Id || slot.Connection != tag)
        {
            _result.Wrong++;
        }
        else if (!slot.IsWaiting)
        {
            _result.Duplicates++;
        }
        else
        {
            slot.IsWaiting = false;
            _waiting--;
            _result.Answered++;
            if (!_measuring)
                return;
            var own = now - slot.Due - (Times?.Of(slot.Client) ?? 0);
            _result.Groups[slot.Group].Add(own, reply.Action, reply.TtlSeconds, DefaultTtlSeconds);
        }
    }

    // Waits for what is still to come, and a moment longer for what should not.
    private void Drain()
    {
        var limit = Stopwatch.GetTimestamp() + TicksOf(DrainLimit);
        FlushAll();
        while (_waiting > 0 && Stopwatch.GetTimestamp() < limit && _result.Closed < _connections.Length)
            TakeReady(10_000_000);
        TakeReady(5_000_000);
        foreach (ref var slot in _slots.AsSpan())
            slot.IsWaiting = false;
        _waiting = 0;
    }

    private struct Slot
    {
        public uint Id;
        public bool IsWaiting;
        public int Connection;
        public int Group;
        public long Due;
        public uint Client;
    }
}
