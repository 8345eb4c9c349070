using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Screening.Benchmarks.Native;
using Screening.Benchmarks.Processes;

namespace Screening.Benchmarks.Load;

/// <summary>
/// The load client of DNS over UDP: sockets that each keep so many queries in flight, in one thread, with batches of datagrams. Answers
/// are matched by their id; what has no answer after <see cref="Patience"/> is lost, and another query takes its place.
/// </summary>
internal sealed class DatagramLoad : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Epoll _epoll = new();
    private readonly Source[] _sources;
    private readonly DoorTalk _talk;
    private readonly DatagramBatch _out = new();
    private readonly DatagramBatch _in = new();
    private LoadResult _result = new(1);
    private bool _measuring;
    private int _issued;

    public DatagramLoad(EndPoint target, int sockets, DoorTalk talk)
    {
        _talk = talk;
        _sources = [.. Enumerable.Range(0, sockets).Select(_ => new Source(target))];
        for (var tag = 0; tag < sockets; tag++)
            _epoll.Add(_sources[tag].Socket, tag);
    }

    /// <summary>Keeps so many queries in flight at each socket, at most <see cref="DatagramBatch.Capacity"/>.</summary>
    /// <param name="server">Whose CPU time counts; null: nobody's.</param>
    public LoadResult Run(int depth, TimeSpan warmUp, TimeSpan length, ProcessUsage? server = null)
    {
        (_result, _measuring) = (new LoadResult(1), false);
        var window = default(LoadWindow);
        var measureFrom = Stopwatch.GetTimestamp() + (long)(warmUp.TotalSeconds * Stopwatch.Frequency);
        var end = measureFrom + (long)(length.TotalSeconds * Stopwatch.Frequency);
        foreach (var source in _sources)
            Issue(source, depth);
        for (var now = Stopwatch.GetTimestamp(); now < end; now = Stopwatch.GetTimestamp())
        {
            if (!_measuring && now >= measureFrom)
                (_measuring, window) = (true, LoadWindow.Open(server));
            if (!Serve(goesOn: true))
                ReplaceLost();
        }

        _result.Measured = _result.All.Latency.Count;
        window.Close(_result, server);
        _measuring = false;
        Drain();
        return _result;
    }

    public void Dispose()
    {
        foreach (var source in _sources)
            source.Socket.Dispose();
        _epoll.Dispose();
    }

    private void Issue(Source source, int count)
    {
        var now = Stopwatch.GetTimestamp();
        for (var i = 0; i < count; i++)
        {
            var request = _talk.Request(_issued++);
            request.CopyTo(_out[i]);
            var id = source.Begin(now);
            (_out[i][0], _out[i][1]) = ((byte)(id >> 8), (byte)id);
            _out.SetLength(i, request.Length);
        }

        _result.Sent += count;
        _out.Send(source.Socket, count);
    }

    // False when nothing came for a while.
    private bool Serve(bool goesOn)
    {
        var ready = _epoll.Wait(100_000_000);
        for (var i = 0; i < ready; i++)
        {
            var source = _sources[_epoll.TagOf(i)];
            var (answers, now) = (0, Stopwatch.GetTimestamp());
            var count = _in.Receive(source.Socket);
            for (var j = 0; j < count; j++)
                answers += Answer(source, _in[j][.._in.LengthOf(j)], now);
            if (goesOn && answers > 0)
                Issue(source, answers);
        }

        return ready > 0;
    }

    private int Answer(Source source, ReadOnlySpan<byte> answer, long now)
    {
        _talk.ReplyEnd(answer);
        var since = source.End((ushort)((answer[0] << 8) | answer[1]));
        if (since == 0)
        {
            _result.Duplicates++;
            return 0;
        }

        _result.Answered++;
        if (_measuring)
            _result.All.Latency.Add(now - since);
        return 1;
    }

    private void ReplaceLost()
    {
        foreach (var source in _sources)
        {
            if (source.ForgetOlderThan(Patience) is > 0 and var lost)
                Issue(source, lost);
        }
    }

    private void Drain()
    {
        var since = Stopwatch.GetTimestamp();
        while (_sources.Any(s => s.Waiting > 0) && Stopwatch.GetElapsedTime(since) < Patience)
            Serve(goesOn: false);
        foreach (var source in _sources)
            source.ForgetOlderThan(TimeSpan.Zero);
    }

    private sealed class Source
    {
        private readonly long[] _since = new long[1 << 16];
        private ushort _next;

        public Source(EndPoint target)
        {
            Socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
            Socket.Connect(target);
        }

        public Socket Socket { get; }

        public int Waiting { get; private set; }

        public ushort Begin(long now)
        {
            while (_since[_next] != 0)
                _next++;
            _since[_next] = now;
            Waiting++;
            return _next++;
        }

        /// <summary>When the query began; 0 if none with this id waits.</summary>
        public long End(ushort id)
        {
            var since = _since[id];
            _since[id] = 0;
            Waiting -= since == 0 ? 0 : 1;
            return since;
        }

        public int ForgetOlderThan(TimeSpan age)
        {
            var lost = 0;
            for (var id = 0; id < _since.Length && Waiting > 0; id++)
            {
                if (_since[id] == 0 || Stopwatch.GetElapsedTime(_since[id]) < age)
                    continue;
                _since[id] = 0;
                Waiting--;
                lost++;
            }

            return lost;
        }
    }
}
