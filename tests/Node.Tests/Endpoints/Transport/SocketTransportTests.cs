using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Screening.Node.Configuration;
using Screening.Node.Endpoints;
using Screening.Node.Endpoints.Transport;
using Screening.Testing;
using Screening.Testing.Lab;

namespace Screening.Node.Tests.Endpoints.Transport;

/// <summary>The loops that carry the doors' connections, with real sockets and sessions of the tests' own.</summary>
public sealed class SocketTransportTests : IDisposable
{
    private static readonly int Loops = Environment.ProcessorCount;

    private readonly TemporaryFolder _folder = new();
    private readonly SocketTransport _transport = new(new Listeners(new ScreeningOptions()));

    public void Dispose()
    {
        _transport.Dispose();
        _folder.Dispose();
    }

    /// <summary>Bytes in pieces of all sizes, read and answered in parts of all sizes, by peers that are slow to read.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task All_bytes_arrive_in_order_however_they_are_cut(bool isUnix)
    {
        await using var listener = await ListenAsync(isUnix, connection => EchoAsync(connection, new Random(7)));
        await AssertEchoesAsync(listener, 16 * Loops);
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_up_nobody_else_and_gets_all_when_it_reads()
    {
        var answer = new byte[8 * 1024 * 1024];
        new Random(1).NextBytes(answer);
        await using var listener = await ListenAsync(false, async connection =>
        {
            if ((await connection.Transport.Input.ReadAsync()).Buffer.FirstSpan[0] == 1)
                await connection.Transport.Output.WriteAsync(answer);
            else
                await EchoAsync(connection, new Random(7));
        });
        var deaf = Enumerable.Range(0, 2 * Loops).Select(_ => listener.Connect()).ToList();
        foreach (var peer in deaf)
            await peer.SendAsync(new byte[] { 1 });
        await AssertEchoesAsync(listener, 2 * Loops);
        foreach (var peer in deaf)
            Assert.Equal(answer, await ReadToEndAsync(peer).Within("the whole answer"));
    }

    [Fact]
    public async Task A_peer_that_never_stops_asking_keeps_no_other_from_its_turn()
    {
        await using var listener = await ListenAsync(false, connection => EchoAsync(connection));
        using var end = new CancellationTokenSource();
        var floods = Enumerable.Range(0, 2 * Loops).Select(_ => FloodAsync(listener.Connect(), end.Token)).ToList();
        for (var i = 0; i < 2 * Loops; i++)
        {
            using var peer = listener.Connect();
            var one = new byte[1];
            for (var turn = 0; turn < 100; turn++)
            {
                await peer.SendAsync(one).Within("sending");
                Assert.Equal(1, await peer.ReceiveAsync(one).Within("a turn"));
            }
        }

        await end.CancelAsync();
        await Task.WhenAll(floods).Within("the end of the floods");
    }

    [Fact]
    public async Task Abort_ends_a_flush_and_a_read_that_wait()
    {
        var opened = new TaskCompletionSource<ConnectionContext>();
        var isDone = new TaskCompletionSource<bool>();
        await using var listener = await ListenAsync(false, async connection =>
        {
            opened.SetResult(connection);
            var flush = await connection.Transport.Output.WriteAsync(new byte[16 * 1024 * 1024]);
            await Assert.ThrowsAsync<ConnectionAbortedException>(async () => await connection.Transport.Input.ReadAsync());
            isDone.SetResult(flush.IsCompleted);
        });
        using var peer = listener.Connect();
        var connection = await opened.Task.Within("a connection");
        await Poll.UntilAsync(() => peer.Available > 0, TimeSpan.FromSeconds(30), "the first bytes of what is not read");
        Assert.False(isDone.Task.IsCompleted);

        connection.Abort(new ConnectionAbortedException("a test"));

        Assert.True(await isDone.Task.Within("the end of the flush"));
    }

    [Fact]
    public async Task A_reset_by_the_peer_ends_a_read_that_waits()
    {
        var ended = new TaskCompletionSource<Exception?>();
        await using var listener = await ListenAsync(false, async connection =>
        {
            var input = connection.Transport.Input;
            input.AdvanceTo((await input.ReadAsync()).Buffer.End);
            ended.SetResult(await Record.ExceptionAsync(async () => await input.ReadAsync()));
        });
        var peer = listener.Connect();
        await peer.SendAsync(new byte[1]);
        peer.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        Assert.IsType<ConnectionResetException>(await ended.Task.Within("the end of the read"));
    }

    [Fact]
    public async Task Connections_that_nobody_reads_from_yet_are_bounded()
    {
        await using var listener = await _transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var peers = Enumerable.Range(0, SocketTransport.MaxUnserved + 2).Select(_ => new TcpClient()).ToList();
        foreach (var peer in peers)
            await peer.ConnectAsync((IPEndPoint)listener.EndPoint);
        var accepted = new List<ConnectionContext>();
        for (var i = 0; i < SocketTransport.MaxUnserved; i++)
            accepted.Add((await listener.AcceptAsync().AsTask().Within("a connection"))!);
        var next = listener.AcceptAsync().AsTask();
        Assert.False(next.IsCompleted);

        _ = accepted[0].Transport.Input.ReadAsync();
        accepted.Add((await next.Within("one for the one that is read from"))!);
        next = listener.AcceptAsync().AsTask();
        Assert.False(next.IsCompleted);

        await accepted[1].DisposeAsync();
        accepted.Add((await next.Within("one for the one that is closed"))!);
        peers.ForEach(peer => peer.Dispose());
        foreach (var connection in accepted)
            await connection.DisposeAsync();
    }

    /// <summary>As the heartbeat and a drain do, at any time and from any thread.</summary>
    [Fact]
    public async Task Cancelled_reads_lose_no_byte_and_no_wake()
    {
        const int Bytes = 20_000;
        var opened = new TaskCompletionSource<ConnectionContext>();
        var read = new TaskCompletionSource<(List<byte> Bytes, int Cancelled)>();
        await using var listener = await ListenAsync(false, async connection =>
        {
            opened.SetResult(connection);
            var (bytes, cancelled) = (new List<byte>(), 0);
            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync();
                cancelled += result.IsCanceled ? 1 : 0;
                bytes.AddRange(result.Buffer.ToArray());
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }

            read.SetResult((bytes, cancelled));
        });
        using var peer = listener.Connect();
        var input = (await opened.Task.Within("a connection")).Transport.Input;
        var cancelling = Task.Run(() =>
        {
            for (var i = 0; i < 2_000; i++)
                input.CancelPendingRead();
        });
        var sent = Enumerable.Range(0, Bytes).Select(i => (byte)i).ToArray();
        for (var i = 0; i < Bytes; i += 20)
            await peer.SendAsync(sent.AsMemory(i, 20));
        await cancelling;
        peer.Shutdown(SocketShutdown.Send);
        var (got, count) = await read.Task.Within("all bytes");
        Assert.Equal(sent, got);
        Assert.InRange(count, 1, 2_000);
    }

    [Fact]
    public async Task A_request_and_its_answer_allocate_nothing()
    {
        const int Warm = 1_000;
        const int Counted = 10_000;
        var allocated = new TaskCompletionSource<long>();
        await using var listener = await ListenAsync(false, async connection =>
        {
            var before = 0L;
            for (var i = 0; i < Warm + Counted; i++)
            {
                if (i == Warm)
                    before = GC.GetAllocatedBytesForCurrentThread();
                var read = await connection.Transport.Input.ReadAsync();
                connection.Transport.Output.Write(read.Buffer.FirstSpan);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                await connection.Transport.Output.FlushAsync();
            }

            allocated.SetResult(GC.GetAllocatedBytesForCurrentThread() - before);
        });
        using var peer = listener.Connect();
        var one = new byte[1];
        for (var i = 0; i < Warm + Counted; i++)
        {
            peer.Send(one);
            Assert.Equal(1, peer.Receive(one));
        }

        Assert.InRange(await allocated.Task.Within("the count"), 0, Counted); // Under a byte for each.
    }

    // With a random number, takes a part of what came, and now and then wants more before it goes on.
    private static async Task EchoAsync(ConnectionContext connection, Random? random = null)
    {
        while (true)
        {
            var read = await connection.Transport.Input.ReadAsync();
            var taken = read.IsCompleted || random is null ? read.Buffer.Length : random.NextInt64(read.Buffer.Length + 1);
            foreach (var piece in read.Buffer.Slice(0, taken))
                connection.Transport.Output.Write(piece.Span);
            var consumed = read.Buffer.GetPosition(taken);
            var isMoreWanted = taken == 0 && !read.Buffer.IsEmpty && read.Buffer.Length < 1024;
            connection.Transport.Input.AdvanceTo(consumed, isMoreWanted || taken == read.Buffer.Length ? read.Buffer.End : consumed);
            if ((await connection.Transport.Output.FlushAsync()).IsCompleted || read.IsCompleted)
                return;
        }
    }

    private static Task AssertEchoesAsync(OpenListener listener, int peers) =>
        Task.WhenAll(Enumerable.Range(1, peers).Select(seed => Task.Run(() => AssertEchoedAsync(listener, seed)))).Within("all echoes");

    private static async Task AssertEchoedAsync(OpenListener listener, int seed)
    {
        var random = new Random(seed);
        var sent = new byte[200_000];
        random.NextBytes(sent);
        using var peer = listener.Connect();
        var echoed = ReadToEndAsync(peer);
        for (var from = 0; from < sent.Length;)
        {
            var size = Math.Min(sent.Length - from, random.Next(2) == 0 ? random.Next(1, 100) : random.Next(1, 40_000));
            await peer.SendAsync(sent.AsMemory(from, size));
            from += size;
        }

        peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(sent, await echoed);
    }

    private static async Task<byte[]> ReadToEndAsync(Socket peer)
    {
        using var stream = new MemoryStream();
        await using var network = new NetworkStream(peer, ownsSocket: false);
        await network.CopyToAsync(stream);
        return stream.ToArray();
    }

    private static async Task FloodAsync(Socket peer, CancellationToken end)
    {
        using (peer)
        {
            await using var network = new NetworkStream(peer, ownsSocket: false);
            var reading = network.CopyToAsync(Stream.Null);
            var bytes = new byte[30_000];
            while (!end.IsCancellationRequested)
                await peer.SendAsync(bytes);
            peer.Shutdown(SocketShutdown.Send);
            await reading;
        }
    }

    private async Task<OpenListener> ListenAsync(bool isUnix, Func<ConnectionContext, Task> serve)
    {
        EndPoint at = isUnix ? new UnixDomainSocketEndPoint(_folder["door"]) : new IPEndPoint(IPAddress.Loopback, 0);
        return new OpenListener(await _transport.BindAsync(at), serve);
    }

    // Serves as Kestrel does: each connection in a task of its own, disposed of in the end.
    private sealed class OpenListener : IAsyncDisposable
    {
        private readonly IConnectionListener _listener;
        private readonly Task _accepting;

        public OpenListener(IConnectionListener listener, Func<ConnectionContext, Task> serve)
        {
            _listener = listener;
            _accepting = AcceptAsync(serve);
        }

        public Socket Connect()
        {
            var at = _listener.EndPoint;
            var protocol = at is UnixDomainSocketEndPoint ? ProtocolType.Unspecified : ProtocolType.Tcp;
            var peer = new Socket(at.AddressFamily, SocketType.Stream, protocol);
            peer.Connect(at);
            return peer;
        }

        public async ValueTask DisposeAsync()
        {
            await _listener.DisposeAsync();
            await _accepting.Within("the end of accepting");
        }

        private async Task AcceptAsync(Func<ConnectionContext, Task> serve)
        {
            while (await _listener.AcceptAsync() is { } connection)
            {
                _ = Task.Run(async () =>
                {
                    await using (connection)
                        await serve(connection);
                });
            }
        }
    }
}
