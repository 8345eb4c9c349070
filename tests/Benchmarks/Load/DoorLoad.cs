using System.Diagnostics;
using System.Net;
using Screening.Benchmarks.Native;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Load;

/// <summary>
/// The load client of the doors that answer in order: connections that each keep so many requests in flight, in one thread. Every answer
/// is held against the request that waited longest on its connection.
/// </summary>
internal sealed class DoorLoad : IDisposable
{
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(5);

    private readonly Epoll _epoll = new();
    private readonly EndPoint _target;
    private readonly DoorTalk _talk;
    private readonly BufferedConnection[] _connections;
    private readonly Queue<long>[] _waiting;
    private LoadResult _result = new(1);
    private bool _measuring;
    private int _issued;

    public DoorLoad(EndPoint target, int connections, DoorTalk talk)
    {
        (_target, _talk) = (target, talk);
        _connections = [.. Enumerable.Range(0, connections).Select(Open)];
        _waiting = [.. Enumerable.Range(0, connections).Select(_ => new Queue<long>())];
    }

    /// <summary>Keeps so many requests in flight on each connection.</summary>
    /// <param name="server">Whose CPU time counts; null: nobody's.</param>
    public LoadResult Run(int depth, TimeSpan warmUp, TimeSpan length, ProcessUsage? server = null)
    {
        (_result, _measuring) = (new LoadResult(1), false);
        var window = default(LoadWindow);
        var measureFrom = Stopwatch.GetTimestamp() + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        var end = measureFrom + (long)(length.TotalSeconds * Stopwatch.Frequency);
        for (var tag = 0; tag < _connections.Length; tag++)
            Issue(tag, depth);
        for (var now = Stopwatch.GetTimestamp(); now < end && _result.Closed < _connections.Length; now = Stopwatch.GetTimestamp())
        {
            if (!_measuring && now >= measureFrom)
                (_measuring, window) = (true, LoadWindow.Open(server));
            Serve(goesOn: true);
        }

        _result.Measured = _result.All.Latency.Count;
        window.Close(_result, server);
        _measuring = false;
        Drain();
        return _result;
    }

    /// <summary>Asks so many requests, one after the other.</summary>
    public LoadResult RunOnce(int count)
    {
        (_result, _measuring) = (new LoadResult(1), false);
        for (var i = 0; i < count; i++)
        {
            Issue(0, 1);
            Drain();
        }

        return _result;
    }

    public void Dispose()
    {
        foreach (var connection in _connections)
            connection.Dispose();
        _epoll.Dispose();
    }

    private BufferedConnection Open(int tag)
    {
        var connection = new BufferedConnection(BufferedConnection.Connect(_target));
        _epoll.Add(connection.Socket, tag);
        return connection;
    }

    private void Issue(int tag, int count)
    {
        var connection = _connections[tag];
        var now = Stopwatch.GetTimestamp();
        for (; count > 0; count--)
        {
            var request = _talk.Request(_issued++);
            request.CopyTo(connection.Room(request.Length));
            connection.Advance(request.Length);
            _waiting[tag].Enqueue(now);
            _result.Sent++;
        }

        Flush(tag);
    }

    private void Flush(int tag)
    {
        var connection = _connections[tag];
        var heldUp = connection.IsHeldUp;
        connection.Flush();
        if (connection.IsHeldUp != heldUp && !connection.IsClosed)
            _epoll.WatchWrites(connection.Socket, tag, connection.IsHeldUp);
    }

    private void Serve(bool goesOn)
    {
        var ready = _epoll.Wait(100_000_000);
        for (var i = 0; i < ready; i++)
        {
            var tag = _epoll.TagOf(i);
            if (_connections[tag].IsClosed)
                continue;
            if (_connections[tag].IsHeldUp)
                Flush(tag);
            var answers = Receive(tag);
            if (answers > 0 && _talk.ConnectsEach)
                Reconnect(tag);
            else if (_connections[tag].IsClosed)
                Lose(tag);
            if (goesOn && answers > 0 && !_connections[tag].IsClosed)
                Issue(tag, answers);
        }
    }

    private int Receive(int tag)
    {
        var connection = _connections[tag];
        connection.Receive();
        var (now, answers) = (Stopwatch.GetTimestamp(), 0);
        while (connection.Input.Length > 0 && _talk.ReplyEnd(connection.Input) is > 0 and var end)
        {
            connection.Consume(end);
            if (!_waiting[tag].TryDequeue(out var since))
            {
                _result.Duplicates++;
                continue;
            }

            answers++;
            _result.Answered++;
            if (_measuring)
                _result.All.Latency.Add(now - since);
        }

        return answers;
    }

    private void Reconnect(int tag)
    {
        _connections[tag].Dispose();
        _connections[tag] = Open(tag);
    }

    private void Lose(int tag)
    {
        _result.Closed++;
        _waiting[tag].Clear();
        _connections[tag].Dispose();
    }

    private void Drain()
    {
        var since = Stopwatch.GetTimestamp();
        while (_waiting.Any(w => w.Count > 0) && Stopwatch.GetElapsedTime(since) < DrainLimit)
            Serve(goesOn: false);
        foreach (var waiting in _waiting)
            waiting.Clear();
    }
}
